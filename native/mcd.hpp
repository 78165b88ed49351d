// Concentration steps of the minimum covariance determinant (Rousseeuw and Van Driessen 1999): the h rows nearest to a
// centre, in the metric of a covariance, have a covariance of no larger determinant.
//
// The table is a sequence of tiles, each kTile<double> rows stored column-wise: it is laid out once and read in every
// step. The rows that fill up the last tile are never chosen.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "random.hpp"
#include "tile.hpp"

namespace mixtura::mcd {

inline constexpr int kRows = kTile<double>;

// A pivot of a Cholesky factorisation is lost in rounding below this part of the variance it is left of.
inline constexpr double kSingular = 1e-13;
inline constexpr double kFarthest = std::numeric_limits<double>::max();
// The variance below which a column that is scaled to about one does not vary at all.
inline constexpr double kConstant = 1e-26;

struct TiledTable {
    const double* values;
    Index n_tiles, n_columns, n_rows;

    const double* tile(Index t) const { return values + t * n_columns * kStride<double>; }
    int rows_in(Index t) const { return static_cast<int>(std::min<Index>(kRows, n_rows - t * kRows)); }
};

// A location and a covariance, and what distances need of them: the upper triangular U with U U^T the inverse.
struct Ellipsoid {
    Index d;
    Buffer<double> location, covariance, upper, lower;
    double log_determinant = std::numeric_limits<double>::infinity();
    Index n_flat = 0;  // directions in which the covariance does not reach

    explicit Ellipsoid(Index n_columns) : d(n_columns), location(d), covariance(d * d), upper(d * d), lower(d * d) {}

    // Factors the covariance, d^3 / 6 multiply-adds. A pivot lost in rounding becomes the least one that is not: rows
    // beside the hyperplane of a flat covariance are then far, and a step takes them only after all rows on it.
    void factor() {
        lower = covariance;
        log_determinant = 0;
        n_flat = 0;
        for (Index k = 0; k < d; ++k) {
            double* row = lower.data() + k * d;
            const double variance = covariance[k * d + k];
            const double least = kSingular * (variance > kConstant ? variance : 1.0);
            double pivot = row[k];
            if (!(pivot > least)) {
                pivot = least;
                ++n_flat;
            }
            log_determinant += std::log(pivot);
            const double root = std::sqrt(pivot), inverse = 1 / root;
            // Row k of the factor's transpose, from the diagonal on.
            row[k] = root;
            for (Index j = k + 1; j < d; ++j) row[j] *= inverse;
            for (Index i = k + 1; i < d; ++i) {
                double* below = lower.data() + i * d;
                const double times = row[i];
                for (Index j = i; j < d; ++j) below[j] -= times * row[j];
            }
        }
    }

    // The inverse of the factor, an upper triangular R with R^T R the covariance, from its last row up: d^3 / 6
    // multiply-adds, which only distances need.
    void invert() {
        std::fill(upper.begin(), upper.end(), 0.0);
        for (Index i = d - 1; i >= 0; --i) {
            double* to = upper.data() + i * d;
            const double* row = lower.data() + i * d;
            const double inverse = 1 / row[i];
            for (Index k = i + 1; k < d; ++k) {
                const double times = -row[k] * inverse;
                const double* from = upper.data() + k * d;
                for (Index j = k; j < d; ++j) to[j] += times * from[j];
            }
            to[i] = inverse;
        }
    }
};

// Squared distances of the rows of a tile: d (d + 1) / 2 multiply-adds a row.
inline void tile_distances(const TiledTable& table, const Ellipsoid& e, Index t, Buffer<double>& scratch, double* out) {
    constexpr int V = kVectors<double>;
    const Index d = e.d;
    const Centred<double> centred{table.tile(t), e.location.data()};
    const auto measure = [&](const auto& source) {
        for (int r = 0; r < table.rows_in(t); r += V * kLanes<double>) {
            Vector<double> squares[V] = {};
            Index j = 0;
            for (; j + kColumns <= d; j += kColumns)
                add_squared_columns<kColumns>(e.upper.data(), d, j, source, r, squares);
            switch (d - j) {
                case 1: add_squared_columns<1>(e.upper.data(), d, j, source, r, squares); break;
                case 2: add_squared_columns<2>(e.upper.data(), d, j, source, r, squares); break;
                case 3: add_squared_columns<3>(e.upper.data(), d, j, source, r, squares); break;
                default: break;
            }
            // What overflows is as far as can be, and no choice of rows ever sees a number that is not one.
            for (int v = 0; v < V; ++v)
                store<double>(out + r + v * kLanes<double>, squares[v] < kFarthest ? squares[v] : broadcast(kFarthest));
        }
    };
    if (d <= kStoreAbove) return measure(centred);
    store_columns<double>(centred, d, scratch.data());
    measure(Columns<double>{scratch.data()});
}

// What the steps on one table work in.
class Concentration {
public:
    explicit Concentration(const TiledTable& table)
        : table_(table),
          distances_(table.n_tiles * kRows),
          order_(table.n_rows),
          shares_(table.n_tiles * kRows),
          scratch_(table.n_columns * kStride<double>),
          first_(table.n_columns),
          second_(packed_size(table.n_columns)) {}

    const double* distances() const { return distances_.data(); }
    double* shares() { return shares_.data(); }  // 1 for each chosen row and 0 for the others

    void measure(const Ellipsoid& e) {
        for (Index t = 0; t < table_.n_tiles; ++t)
            tile_distances(table_, e, t, scratch_, distances_.data() + t * kRows);
    }

    // Chooses the h rows of the smallest distances; of equal ones, those that come first.
    void choose(Index h) {
        std::copy_n(distances_.begin(), table_.n_rows, order_.begin());
        std::nth_element(order_.begin(), order_.begin() + (h - 1), order_.end());
        const double cut = order_[h - 1];
        Index nearer = 0;
        for (Index r = 0; r < table_.n_rows; ++r) {
            const bool chosen = distances_[r] < cut;
            shares_[r] = chosen ? 1.0 : 0.0;
            nearer += chosen ? 1 : 0;
        }
        for (Index r = 0, left = h - nearer; left > 0 && r < table_.n_rows; ++r)
            if (distances_[r] == cut) {
                shares_[r] = 1;
                --left;
            }
        std::fill(shares_.begin() + table_.n_rows, shares_.end(), 0.0);
    }

    // Mean and covariance, with divisor h - 1, of the h chosen rows: d (d + 1) / 2 multiply-adds for each row. Sums are
    // about the old location; where that is far from the new one, they are lost in rounding and done again about it.
    void average(Index h, Ellipsoid& e) {
        const Index d = e.d;
        const double count = static_cast<double>(h);
        for (int attempt = 0; attempt < 3; ++attempt) {
            sum_about(e.location);
            bool far = false;
            for (Index j = 0; j < d; ++j) {
                const double shift = first_[j] / count;
                const double square = second_[packed_size(j) + j] / count;
                far = far || shift * shift > 0.9999 * square;
                e.location[j] += shift;
            }
            if (!far) break;
        }
        for (Index j = 0; j < d; ++j)
            for (Index i = 0; i <= j; ++i) {
                const double centred = second_[packed_size(j) + i] - first_[j] * first_[i] / count;
                e.covariance[j * d + i] = e.covariance[i * d + j] = centred / std::max(count - 1, 1.0);
            }
    }

    // Steps until the determinant no longer falls, at most so many; returns how many were taken.
    int run(Index h, int most, Ellipsoid& e) {
        e.factor();
        for (int step = 1; step <= most; ++step) {
            const double before = e.log_determinant;
            e.invert();
            measure(e);
            choose(h);
            average(h, e);
            e.factor();
            // The start is the covariance of other rows than h, so that the first determinant says nothing.
            if (step > 1 && !(e.log_determinant < before - 1e-12 * (1 + std::abs(before)))) return step;
        }
        return most;
    }

private:
    void sum_about(const Buffer<double>& location) {
        const Index d = table_.n_columns;
        std::fill(first_.begin(), first_.end(), 0.0);
        std::fill(second_.begin(), second_.end(), 0.0);
        if (d > kStoreAbove) return sum_gathered(location);
        for (Index t = 0; t < table_.n_tiles; ++t) {
            const Centred<double> centred{table_.tile(t), location.data()};
            const Weighted<double> weighted{centred, shares_.data() + t * kRows};
            add_first(weighted, d, first_.data());
            add_products<double>(weighted, centred, d, second_.data());
        }
    }

    // The same sums where products cost more than copies: chosen rows are gathered, centred, into full tiles.
    void sum_gathered(const Buffer<double>& location) {
        const Index d = table_.n_columns;
        int chosen[kRows], filled = 0;
        const auto flush = [&] {
            for (Index j = 0; j < d; ++j) {
                double* column = scratch_.data() + j * kStride<double>;
                std::fill(column + filled, column + kRows, 0.0);
                first_[j] += sum_column(column);
            }
            const Columns<double> columns{scratch_.data()};
            add_products<double>(columns, columns, d, second_.data());
            filled = 0;
        };
        for (Index t = 0; t < table_.n_tiles; ++t) {
            int count = 0;
            for (int r = 0; r < kRows; ++r)
                if (shares_[t * kRows + r] > 0) chosen[count++] = r;
            for (int done = 0; done < count;) {
                const int more = std::min(count - done, kRows - filled);
                for (Index j = 0; j < d; ++j) {
                    const double* from = table_.tile(t) + j * kStride<double>;
                    double* to = scratch_.data() + j * kStride<double> + filled;
                    for (int k = 0; k < more; ++k) to[k] = from[chosen[done + k]] - location[j];
                }
                done += more;
                filled += more;
                if (filled == kRows) flush();
            }
        }
        if (filled > 0) flush();
    }

    const TiledTable& table_;
    Buffer<double> distances_, order_, shares_, scratch_, first_, second_;
};

// Starts from d + 1 rows drawn without replacement, and more of them while they lie on a hyperplane.
class RandomStart {
public:
    explicit RandomStart(const TiledTable& table)
        : table_(table), rows_(table.n_rows), drawn_((table.n_columns + 1) * table.n_columns) {
        std::iota(rows_.begin(), rows_.end(), Index{0});
    }

    void draw(std::uint64_t seed, Ellipsoid& e) {
        const Index d = table_.n_columns;
        Random random(seed);
        undo_.clear();
        Index count = std::min(d + 1, table_.n_rows);
        for (Index k = 0; k < count; ++k) take(k, random);
        while (true) {
            describe(count, e);
            e.factor();
            if (e.n_flat == 0 || count == table_.n_rows) break;
            // One by one, as the paper does; where d + 1 more did not help, few will, and twice as many are tried.
            const Index wanted = std::min(count <= 2 * d + 1 ? count + 1 : 2 * count, table_.n_rows);
            while (count < wanted) take(count++, random);
        }
        // The rows go back to their places, so that a start depends on its seed alone.
        for (Index k = static_cast<Index>(undo_.size()) - 1; k >= 0; --k) std::swap(rows_[k], rows_[undo_[k]]);
    }

private:
    void take(Index k, Random& random) {
        // The bias, a part of 2^-53 for each row, is far below one in any number of draws made here.
        const Index other = k + static_cast<Index>(random.uniform() * static_cast<double>(table_.n_rows - k));
        std::swap(rows_[k], rows_[other]);
        undo_.push_back(other);
    }

    void describe(Index count, Ellipsoid& e) {
        const Index d = table_.n_columns;
        drawn_.resize(static_cast<std::size_t>(count * d));
        std::fill(e.location.begin(), e.location.end(), 0.0);
        for (Index k = 0; k < count; ++k) {
            const double* from = table_.tile(rows_[k] / kRows) + rows_[k] % kRows;
            for (Index j = 0; j < d; ++j) {
                drawn_[k * d + j] = from[j * kStride<double>];
                e.location[j] += drawn_[k * d + j] / static_cast<double>(count);
            }
        }
        std::fill(e.covariance.begin(), e.covariance.end(), 0.0);
        for (Index k = 0; k < count; ++k) {
            double* row = drawn_.data() + k * d;
            for (Index j = 0; j < d; ++j) row[j] -= e.location[j];
            for (Index j = 0; j < d; ++j) {
                double* to = e.covariance.data() + j * d;
                const double times = row[j] / static_cast<double>(count);
                for (Index i = 0; i < d; ++i) to[i] += times * row[i];
            }
        }
    }

    const TiledTable& table_;
    Buffer<Index> rows_, undo_;
    Buffer<double> drawn_;
};

// The order statistic of Qn (Rousseeuw and Croux 1993): the k-th smallest of the n (n - 1) / 2 differences of sorted
// values, k = h (h - 1) / 2 with h = n / 2 + 1. The bits of positive doubles are in their order, so that a bisection
// over them ends at the difference itself; each of its 63 steps counts in 2 n comparisons.
inline double pairwise_quartile(const double* sorted, Index n) {
    const Index half = n / 2 + 1;
    const Index wanted = half * (half - 1) / 2;
    const auto at_most = [&](double limit) {
        Index count = 0;
        for (Index i = 0, j = 0; j < n; ++j) {
            while (sorted[j] - sorted[i] > limit) ++i;
            count += j - i;
        }
        return count;
    };
    std::uint64_t low = 0, high = bit_cast<std::uint64_t>(std::max(sorted[n - 1] - sorted[0], 0.0));
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        if (at_most(bit_cast<double>(middle)) >= wanted) high = middle;
        else low = middle + 1;
    }
    return bit_cast<double>(high);
}

}  // namespace mixtura::mcd
