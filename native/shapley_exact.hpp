// Exact Shapley values, from the marginal densities in all subsets of the columns.
#pragma once

#include <bit>

#include "shapley.hpp"

namespace mixtura::shapley {

// Subsets are nodes of a tree, each its parent with one more column of higher number, which borders the Cholesky
// factors of the parent's covariances by a row: size^2 / 2 multiply-adds for a component, and size for each row of the
// table. Rows are in lanes.
class Exact {
public:
    static constexpr Index kRows = 32;
    static constexpr Index kMostColumns = 16;  // whose subsets take 2^16 x kRows doubles

    explicit Exact(const Mixture& mixture)
        : mixture_(mixture),
          standard_(mixture),
          factors_(mixture.count * mixture.d * mixture.d),
          logs_(mixture.count * (mixture.d + 1)),
          centred_(mixture.count * mixture.d * kRows),
          whitened_(mixture.count * mixture.d * kRows),
          distances_(mixture.count * (mixture.d + 1) * kRows),
          densities_(mixture.count * kRows),
          surprises_((Index{1} << mixture.d) * kRows) {}

    void run(const double* rows, Index n_rows, double* values) {
        for (Index first = 0; first < n_rows; first += kRows) {
            const Index count = std::min(kRows, n_rows - first);
            used_ = (count + kLanes<double> - 1) / kLanes<double> * kLanes<double>;
            centre(rows + first * mixture_.d, count);
            visit(0, 0, 0);
            share(count, values + first * mixture_.d);
        }
    }

private:
    void centre(const double* rows, Index count) {
        const Index d = mixture_.d;
        for (Index k = 0; k < mixture_.count; ++k)
            for (Index j = 0; j < d; ++j)
                for (Index r = 0; r < used_; ++r) {
                    const double value = rows[std::min(r, count - 1) * d + j];
                    centred_[(k * d + j) * kRows + r] =
                        within_reach((value - mixture_.means[k * d + j]) / standard_.deviations[k * d + j]);
                }
    }

    // Goes through all subsets that begin with `chosen_`, `size` columns of which `mask` has the bits.
    void visit(Index size, Index first, Index mask) {
        for (Index j = first; j < mixture_.d; ++j) {
            chosen_[size] = j;
            for (Index k = 0; k < mixture_.count; ++k) border(k, size);
            double* surprise = surprises_.data() + (mask | Index{1} << j) * kRows;
            for (Index r = 0; r < used_; r += kLanes<double>)
                store<double>(surprise + r, -log_sum(densities_.data() + r, mixture_.count, kRows));
            visit(size + 1, j + 1, mask | Index{1} << j);
        }
    }

    // Adds row `size` to the factor of a component, and finds the log densities of the rows in one more column.
    void border(Index k, Index size) {
        const Index d = mixture_.d, j = chosen_[size];
        const double* correlation = standard_.correlations.data() + (k * d + j) * d;
        const double* factor = factors_.data() + k * d * d;
        double* row = factors_.data() + (k * d + size) * d;
        double pivot = 1;
        for (Index i = 0; i < size; ++i) {
            double sum = correlation[chosen_[i]];
            for (Index l = 0; l < i; ++l) sum -= row[l] * factor[i * d + l];
            row[i] = sum * factor[i * d + i];
            pivot -= row[i] * row[i];
        }
        const double root = std::sqrt(std::max(pivot, kLeastPivot));
        row[size] = 1 / root;  // the diagonal is kept as its inverse
        double* logs = logs_.data() + k * (d + 1) + size;
        logs[1] = logs[0] + std::log(root) + standard_.log_deviations[k * d + j];
        const double constant = mixture_.log_constants[k * (d + 1) + size + 1] - logs[1];
        const double* centred = centred_.data() + (k * d + j) * kRows;
        double* whitened = whitened_.data() + k * d * kRows;
        double* distances = distances_.data() + (k * (d + 1) + size) * kRows;
        for (Index r = 0; r < used_; r += kLanes<double>) {
            Vector<double> z = load(centred + r);
            for (Index i = 0; i < size; ++i) z -= row[i] * load(whitened + i * kRows + r);
            z *= row[size];
            const Vector<double> distance = load(distances + r) + z * z;
            store<double>(whitened + size * kRows + r, z);
            store<double>(distances + kRows + r, distance);
            store<double>(densities_.data() + k * kRows + r,
                          radial_density(constant, mixture_.degrees_of(k), size + 1, distance));
        }
    }

    // The sum over subsets S without a column of |S|! (d - |S| - 1)! / d! (v(S and the column) - v(S)).
    void share(Index count, double* values) const {
        const Index d = mixture_.d;
        double weights[kMostColumns] = {1 / static_cast<double>(d)};
        for (Index s = 1; s < d; ++s) weights[s] = weights[s - 1] * static_cast<double>(s) / static_cast<double>(d - s);
        for (Index j = 0; j < d; ++j) {
            const std::size_t bit = std::size_t{1} << j;
            for (Index r = 0; r < used_; r += kLanes<double>) {
                Vector<double> sum{};
                for (std::size_t mask = 0; mask < std::size_t{1} << d; ++mask) {
                    if ((mask & bit) != 0) continue;
                    const double *with = surprises_.data() + (mask | bit) * kRows,
                                 *without = surprises_.data() + mask * kRows;
                    sum += weights[std::popcount(mask)] * (load(with + r) - load(without + r));
                }
                for (Index l = 0; l < kLanes<double> && r + l < count; ++l) values[(r + l) * d + j] = sum[l];
            }
        }
    }

    Mixture mixture_;
    Standard standard_;
    Index used_ = 0;
    Index chosen_[kMostColumns] = {};
    Buffer<double> factors_, logs_;                              // of the columns chosen, for each component
    Buffer<double> centred_, whitened_, distances_, densities_;  // of the rows
    Buffer<double> surprises_;                                   // of the rows, for each subset
};

}  // namespace mixtura::shapley
