// Exact Shapley values, from the marginal densities in all subsets of the columns.
#pragma once

#include <bit>
#include <cstddef>

#include "shapley.hpp"

namespace mixtura::shapley {

// Subsets are nodes of a tree, each its parent with one more column of higher number. That column borders the Cholesky
// factors of the parent's covariances by a row: size^2 / 2 multiply-adds for a component, with components in lanes,
// then size for a component and row of the table, with rows in lanes.
class Exact {
public:
    static constexpr Index kRows = 32;
    static constexpr Index kMostColumns = 16;  // whose subsets take 2^16 x kRows doubles

    explicit Exact(const Mixture& mixture)
        : mixture_(mixture),
          padded_((mixture.count + kLanes<double> - 1) / kLanes<double> * kLanes<double>),
          deviations_(mixture.d * padded_, 1.0),
          log_deviations_(mixture.d * padded_),
          correlations_(mixture.d * mixture.d * padded_),
          factors_(mixture.d * mixture.d * padded_),
          logs_((mixture.d + 1) * padded_),
          centred_(mixture.count * mixture.d * kRows),
          whitened_(mixture.count * mixture.d * kRows),
          distances_(mixture.count * (mixture.d + 1) * kRows),
          densities_(mixture.count * kRows),
          surprises_((Index{1} << mixture.d) * kRows) {
        const Index d = mixture.d;
        const Standard standard(mixture);
        for (Index k = 0; k < mixture.count; ++k)
            for (Index i = 0; i < d; ++i) {
                deviations_[i * padded_ + k] = standard.deviations[k * d + i];
                log_deviations_[i * padded_ + k] = standard.log_deviations[k * d + i];
                for (Index j = 0; j < d; ++j)
                    correlations_[(i * d + j) * padded_ + k] = standard.correlations[(k * d + i) * d + j];
            }
    }

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
                        within_reach((value - mixture_.means[k * d + j]) / deviations_[j * padded_ + k]);
                }
    }

    // Goes through all subsets that begin with `chosen_`, `size` columns of which `mask` has the bits.
    void visit(Index size, Index first, Index mask) {
        for (Index j = first; j < mixture_.d; ++j) {
            chosen_[size] = j;
            for (Index k = 0; k < padded_; k += kLanes<double>) border(k, size);
            for (Index k = 0; k < mixture_.count; ++k) measure(k, size);
            double* surprise = surprises_.data() + (mask | Index{1} << j) * kRows;
            for (Index r = 0; r < used_; r += kLanes<double>)
                store<double>(surprise + r, -log_sum(densities_.data() + r, mixture_.count, kRows));
            visit(size + 1, j + 1, mask | Index{1} << j);
        }
    }

    // Entry (i, j) of the factors of all components, diagonals inverted.
    double* factor(Index i, Index j) { return factors_.data() + (i * mixture_.d + j) * padded_; }

    // Adds row `size` to the factors of components k, k + 1, ... in lanes.
    void border(Index k, Index size) {
        const Index j = chosen_[size];
        Vector<double> pivot = broadcast(1.0);
        for (Index i = 0; i < size; ++i) {
            Vector<double> sum = load(correlations_.data() + (j * mixture_.d + chosen_[i]) * padded_ + k);
            for (Index l = 0; l < i; ++l) sum -= load(factor(size, l) + k) * load(factor(i, l) + k);
            sum *= load(factor(i, i) + k);
            store<double>(factor(size, i) + k, sum);
            pivot -= sum * sum;
        }
        const Vector<double> inverse = 1.0 / square_root(maximum(pivot, broadcast(kLeastPivot)));
        store<double>(factor(size, size) + k, inverse);
        const double* logs = logs_.data() + size * padded_ + k;
        const Vector<double> added = load(&log_deviations_[j * padded_ + k]) - log_from_one<double>(inverse);
        store<double>(&logs_[(size + 1) * padded_ + k], load(logs) + added);
    }

    // Finds the log densities of the rows under a component in the columns chosen, the last of which is new.
    void measure(Index k, Index size) {
        const Index d = mixture_.d;
        const double constant = mixture_.log_constants[k * (d + 1) + size + 1] - logs_[(size + 1) * padded_ + k];
        const double* centred = centred_.data() + (k * d + chosen_[size]) * kRows;
        double* whitened = whitened_.data() + k * d * kRows;
        double* distances = distances_.data() + (k * (d + 1) + size) * kRows;
        for (Index r = 0; r < used_; r += kLanes<double>) {
            Vector<double> z = load(centred + r);
            for (Index i = 0; i < size; ++i) z -= factor(size, i)[k] * load(whitened + i * kRows + r);
            z *= factor(size, size)[k];
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
    Index padded_;  // components, filled up to whole vectors
    Buffer<double> deviations_, log_deviations_, correlations_;
    Index used_ = 0;  // rows at hand, filled up to whole vectors
    Index chosen_[kMostColumns] = {};
    Buffer<double> factors_, logs_;                              // of the columns chosen, for each component
    Buffer<double> centred_, whitened_, distances_, densities_;  // of the rows
    Buffer<double> surprises_;                                   // of the rows, for each subset
};

}  // namespace mixtura::shapley
