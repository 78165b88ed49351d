// A row under each component of a mixture, some of its cells replaced by what the component predicts given the others.
//
// With P the precision of a component and c = x - m, the squared distance of a row whose cells T are replaced is that
// of the others alone: c'Pc - g_T' (P_TT)^-1 g_T with g = Pc (Bishop 2006, section 2.3.1). Columns are in units of
// their deviation given all others, so that P has ones on its diagonal and squares stay finite.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "radial.hpp"
#include "tile.hpp"

namespace mixtura::repairs {

struct Mixture {
    Index count, d;
    const double* log_constants;
    const double* means;       // count x d
    const double* precisions;  // count x d x d
    const double* degrees;     // of Student's t components; null where they are normal
};

// A distance is measured anew where subtraction has left less than a millionth of what was measured, and with it fewer
// than ten digits. Where that was below a million, what is lost is too little to change a density.
inline constexpr double kLost = 1e6;
// What elimination leaves of a diagonal of ones is lost in rounding below this.
inline constexpr double kLeastPivot = std::numeric_limits<double>::epsilon();

inline bool lost(double measured, double left) { return measured > kLost * std::max(left, 1.0); }

// Cells are replaced one by one. With q the diagonal of what elimination has left of P, and u its row s over sqrt(q_s),
// the replacement of cell s takes e^2 from the distance, e u from g and u^2 from q, where e = g_s / sqrt(q_s): 3 + size
// multiply-adds for each column and component.
class ReplacedCells {
public:
    ReplacedCells(const Mixture& mixture, Index most_cells)
        : mixture_(mixture),
          stride_((mixture.d + kLanes<double> - 1) / kLanes<double> * kLanes<double>),
          deviations_(mixture.count * mixture.d),
          precisions_(mixture.count * mixture.d * stride_),
          centred_(mixture.count * mixture.d),
          distances_((most_cells + 1) * mixture.count),
          measured_((most_cells + 1) * mixture.count),
          rows_(most_cells * mixture.count * stride_),
          gradients_((most_cells + 1) * mixture.count * stride_),
          pivots_((most_cells + 1) * mixture.count * stride_, 1.0),
          steps_(most_cells),
          others_(mixture.d),
          gradient_(stride_),
          extended_(stride_),
          best_(stride_) {
        cells_.reserve(most_cells);
        for (Index k = 0; k < mixture.count; ++k) {
            const double* precision = mixture.precisions + k * mixture.d * mixture.d;
            double* deviation = deviations_.data() + k * mixture.d;
            for (Index j = 0; j < mixture.d; ++j) deviation[j] = 1 / std::sqrt(precision[j * mixture.d + j]);
            for (Index i = 0; i < mixture.d; ++i)
                for (Index j = 0; j < mixture.d; ++j)
                    precisions_[(k * mixture.d + i) * stride_ + j] =
                        i == j ? 1.0 : precision[i * mixture.d + j] * deviation[i] * deviation[j];
        }
    }

    const std::vector<std::int32_t>& cells() const { return cells_; }

    // Goes on to a row, no cell of which is replaced.
    void start(const double* row) {
        cells_.clear();
        for (Index k = 0; k < mixture_.count; ++k) {
            const Index at = k * mixture_.d;
            for (Index j = 0; j < mixture_.d; ++j)
                centred_[at + j] = within_reach((row[j] - mixture_.means[at + j]) / deviations_[at + j]);
            measure(k);
        }
    }

    void restore(Index size) { cells_.resize(size); }

    void replace(std::int32_t cell) {
        const Index size = n_replaced();
        cells_.push_back(cell);
        for (Index k = 0; k < mixture_.count; ++k) {
            const double* from = precisions_.data() + (k * mixture_.d + cell) * stride_;
            const double *gradient = at(gradients_, size, k), *pivots = at(pivots_, size, k);
            double *row = at(rows_, size, k), *next_gradient = at(gradients_, size + 1, k);
            double* next_pivots = at(pivots_, size + 1, k);
            const double root = std::sqrt(pivots[cell]), inverse = 1 / root, e = gradient[cell] * inverse;
            for (Index j = 0; j < stride_; j += kLanes<double>) {
                Vector<double> u = load(from + j);
                for (Index i = 0; i < size; ++i) u -= at(rows_, i, k)[cell] * load(at(rows_, i, k) + j);
                u *= inverse;
                store<double>(row + j, u);
                store<double>(next_gradient + j, load(gradient + j) - e * u);
                store<double>(next_pivots + j, maximum(load(pivots + j) - u * u, broadcast(kLeastPivot)));
            }
            row[cell] = root;
            next_gradient[cell] = 0;
            next_pivots[cell] = 1;
            const Index before = size * mixture_.count + k, after = before + mixture_.count;
            distances_[after] = std::max(distances_[before] - e * e, 0.0);
            measured_[after] = measured_[before];
            if (lost(measured_[after], distances_[after])) measure(k);
        }
    }

    // Log densities with each column replaced as well, the highest of any component.
    const double* extended() {
        std::fill(best_.begin(), best_.end(), -std::numeric_limits<double>::infinity());
        const Index size = n_replaced();
        for (Index k = 0; k < mixture_.count; ++k) {
            const double distance = distances_[size * mixture_.count + k];
            const double measured = measured_[size * mixture_.count + k];
            const double *gradient = at(gradients_, size, k), *pivots = at(pivots_, size, k);
            for (Index j = 0; j < stride_; j += kLanes<double>) {
                const Vector<double> g = load(gradient + j);
                store<double>(extended_.data() + j, maximum(distance - g * g / load(pivots + j), Vector<double>{}));
            }
            for (Index j = 0; measured > kLost && j < mixture_.d; ++j)
                if (lost(measured, extended_[j])) extended_[j] = distance_of_others(k, j);
            for (Index j = 0; j < stride_; j += kLanes<double>)
                store<double>(best_.data() + j, maximum(log_density(k, load(extended_.data() + j)), load(&best_[j])));
        }
        return best_.data();
    }

    // The highest log density of any component, measured anew, and what it replaces the cells by.
    double repair(std::vector<double>& values) {
        double highest = -std::numeric_limits<double>::infinity();
        Index best = 0;
        for (Index k = 0; k < mixture_.count; ++k) {
            const double density = log_density(k, broadcast(distance_of_others(k)))[0];
            if (density > highest) {
                highest = density;
                best = k;
            }
        }
        distance_of_others(best);
        for (Index i = n_replaced() - 1; i >= 0; --i) {
            const double* row = at(rows_, i, best);
            for (Index l = i + 1; l < n_replaced(); ++l) steps_[i] -= row[cells_[l]] * steps_[l];
            steps_[i] /= row[cells_[i]];
            const Index j = best * mixture_.d + cells_[i];
            values[i] = mixture_.means[j] - deviations_[j] * steps_[i];
        }
        return highest;
    }

private:
    Index n_replaced() const { return static_cast<Index>(cells_.size()); }

    double* at(Buffer<double>& buffer, Index level, Index k) const {
        return buffer.data() + (level * mixture_.count + k) * stride_;
    }

    Vector<double> log_density(Index k, Vector<double> distance) const {
        const double* degrees = mixture_.degrees ? mixture_.degrees + k : nullptr;
        return radial_density(mixture_.log_constants[k], degrees, mixture_.d, distance);
    }

    // The distance with the replaced cells, and one more if there is one, from the values of the others alone: d^2
    // multiply-adds. Leaves g in gradient_, and e of each cell in steps_.
    double distance_of_others(Index k, Index one_more = -1) {
        const Index d = mixture_.d;
        std::copy_n(centred_.begin() + k * d, d, others_.begin());
        for (const std::int32_t cell : cells_) others_[cell] = 0;
        if (one_more >= 0) others_[one_more] = 0;
        for (Index j = 0; j < stride_; j += kLanes<double>) {
            const double* column = precisions_.data() + k * d * stride_ + j;
            Vector<double> sum{};
            for (Index i = 0; i < d; ++i) sum += others_[i] * load(column + i * stride_);
            store<double>(gradient_.data() + j, sum);
        }
        double distance = 0;
        for (Index j = 0; j < d; ++j) distance += others_[j] * gradient_[j];
        for (Index i = 0; i < n_replaced(); ++i) {
            const double* row = at(rows_, i, k);
            steps_[i] = gradient_[cells_[i]] / row[cells_[i]];
            distance -= steps_[i] * steps_[i];
            for (Index j = 0; j < stride_; j += kLanes<double>)
                store<double>(&gradient_[j], load(&gradient_[j]) - steps_[i] * load(row + j));
        }
        if (one_more >= 0)
            distance -= gradient_[one_more] * gradient_[one_more] / at(pivots_, n_replaced(), k)[one_more];
        return std::max(distance, 0.0);
    }

    void measure(Index k) {
        const Index place = n_replaced() * mixture_.count + k;
        distances_[place] = measured_[place] = distance_of_others(k);
        std::copy(gradient_.begin(), gradient_.end(), at(gradients_, n_replaced(), k));
    }

    Mixture mixture_;
    Index stride_;
    std::vector<std::int32_t> cells_;
    Buffer<double> deviations_, precisions_;  // of the components
    Buffer<double> centred_;                  // the row
    // For each number of replaced cells and component, the last is what a distance was subtracted from.
    Buffer<double> distances_, measured_;
    Buffer<double> rows_, gradients_, pivots_;                    // u, g and q of them
    Buffer<double> steps_, others_, gradient_, extended_, best_;  // what single methods work in
};

}  // namespace mixtura::repairs
