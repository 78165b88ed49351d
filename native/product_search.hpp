// Exact nearest neighbours in Euclidean distance among many columns: all pairs, by products.
//
// |x - y|^2 / 2 = |y|^2 / 2 - x.y + |x|^2 / 2 takes one multiply-add for a column, in single precision if it may. Its
// rounding error is at most m (|x|^2 + |y|^2) for the margin m of the caller, so that every row for which it comes out
// above the limit of the query by more than that is farther than the k nearest; the others are measured again, in
// double precision and from their differences. Which rows are found, and how far they are, does not depend on the
// precision of the products. About 2 d flops a pair; the pairs measured again are some 100 a query.
#pragma once

#include "neighbors.hpp"

namespace mixtura::neighbors {

// Queries and vectors of rows multiplied at once: their sums fill the registers, two vectors of rows and one query left
// over. AVX-512 has 32 registers, the others 16.
inline constexpr int kTogether = kVectorBytes == 64 ? 12 : 6;
inline constexpr int kPanelVectors = 2;
template <class T>
inline constexpr Index kPanelRows = kPanelVectors * kLanes<T>;

// Rows of the reference that stay in the second cache while a chunk of queries passes over them.
inline constexpr Index kBlockBytes = 256 * 1024;

template <class T>
struct Products {
    const T* panels;      // value of column j of row r of a panel at (panel * d + j) * kPanelRows + r, scaled
    const T* half_norms;  // |y|^2 (1/2 - m) of the scaled rows
    const double* reference;
    Index n_rows, n_columns;
    double half_scale;  // half of the square of what the values were multiplied by
};

template <class T>
class ProductSearch {
public:
    ProductSearch(const Products<T>& products, const T* scaled, const double* half_norms, const Queries& queries)
        : products_(products),
          queries_(queries),
          groups_((queries.count + kTogether - 1) / kTogether),
          packed_(groups_ * products.n_columns * kTogether),
          limits_(groups_ * kTogether, -std::numeric_limits<T>::infinity()) {
        const Index d = products.n_columns;
        for (Index i = 0; i < queries.count; ++i) {
            const Index place = queries.places[i];
            nearest_.push_back(queries.nearest(place));
            half_norms_.push_back(half_norms[place]);
            limits_[i] = std::numeric_limits<T>::infinity();
            T* to = packed_.data() + (i / kTogether) * d * kTogether + i % kTogether;
            for (Index j = 0; j < d; ++j) to[j * kTogether] = -scaled[place * d + j];
        }
    }

    // Returns the number of pairs that were measured again.
    Index run() {
        const Index d = products_.n_columns, panels = (products_.n_rows + kPanelRows<T> - 1) / kPanelRows<T>;
        const Index panel_bytes = d * kPanelRows<T> * static_cast<Index>(sizeof(T));
        const Index block = std::max<Index>(1, kBlockBytes / panel_bytes);
        for (Index first = 0; first < panels; first += block) {
            for (Index group = 0; group < groups_; ++group) {
                for (Index panel = first; panel < std::min(first + block, panels); ++panel) multiply(group, panel);
            }
        }
        return measured_;
    }

private:
    static constexpr int kWide = kLanes<T>;

    void multiply(Index group, Index panel) {
        const Index d = products_.n_columns;
        const T* x = packed_.data() + group * d * kTogether;
        const T* y = products_.panels + panel * d * kPanelRows<T>;
        Vector<T> sums[kTogether][kPanelVectors];
#pragma GCC unroll 12
        for (int q = 0; q < kTogether; ++q) {
#pragma GCC unroll 2
            for (int v = 0; v < kPanelVectors; ++v) {
                sums[q][v] = load(products_.half_norms + panel * kPanelRows<T> + v * kWide);
            }
        }
        for (Index j = 0; j < d; ++j, x += kTogether, y += kPanelRows<T>) {
            const Vector<T> y0 = load(y), y1 = load(y + kWide);
#pragma GCC unroll 12
            for (int q = 0; q < kTogether; ++q) {
                const Vector<T> negative = broadcast(x[q]);
                sums[q][0] += negative * y0;
                sums[q][1] += negative * y1;
            }
        }
        unsigned near[kTogether], any = 0;
#pragma GCC unroll 12
        for (int q = 0; q < kTogether; ++q) {
            const Vector<T> limit = broadcast(limits_[group * kTogether + q]);
            near[q] = at_most(sums[q][0], limit) | at_most(sums[q][1], limit) << kWide;
            any |= near[q];
        }
        if (any == 0) return;
        for (int q = 0; q < kTogether; ++q) {
            if (near[q] != 0) measure(group * kTogether + q, panel * kPanelRows<T>, near[q]);
        }
    }

    void measure(Index query, Index first, unsigned near) {
        const Index place = queries_.places[query], d = products_.n_columns;
        const Index excluded = queries_.excluded_of(place);
        Nearest& nearest = nearest_[query];
        for (; near != 0; near &= near - 1) {
            const Index row = first + std::countr_zero(near);
            if (row >= products_.n_rows || row == excluded) continue;
            ++measured_;
            const double distance = squared(queries_.values + place * d, products_.reference + row * d);
            if (nearest.takes(distance, row)) nearest.insert(distance, row);
        }
        limits_[query] = rounded_up(nearest.limit() * products_.half_scale - half_norms_[query]);
    }

    double squared(const double* x, const double* y) const {
        constexpr int kWideDouble = kLanes<double>;
        Vector<double> sums{};
        Index j = 0;
        for (; j + kWideDouble <= products_.n_columns; j += kWideDouble) {
            const Vector<double> difference = load(x + j) - load(y + j);
            sums += difference * difference;
        }
        double total = 0;
        for (int lane = 0; lane < kWideDouble; ++lane) total += sums[lane];
        for (; j < products_.n_columns; ++j) total += (x[j] - y[j]) * (x[j] - y[j]);
        return total;
    }

    static T rounded_up(double value) {
        const T nearest = static_cast<T>(std::min(value, static_cast<double>(std::numeric_limits<T>::max())));
        if (value > static_cast<double>(std::numeric_limits<T>::max())) return std::numeric_limits<T>::infinity();
        return static_cast<double>(nearest) < value ? std::nextafter(nearest, std::numeric_limits<T>::infinity())
                                                    : nearest;
    }

    Products<T> products_;
    Queries queries_;
    Index groups_;
    std::vector<T> packed_;  // queries, negative, column-wise in groups
    std::vector<T> limits_;
    std::vector<double> half_norms_;  // |x|^2 (1/2 - m) of the scaled queries
    std::vector<Nearest> nearest_;
    Index measured_ = 0;
};

}  // namespace mixtura::neighbors
