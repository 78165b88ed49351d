// How far from one component of a mixture another one counts for nothing: one number for two components.
//
// Take a row x at the distance m = |U_p^T (x - mu_p)| from component p, with U U^T a precision. Let D be the distance
// of mu_p from component i in the metric of i, and v the unit vector U_i^T (mu_p - mu_i) / D. The distance of the row
// from i is at least v . U_i^T (x - mu_i) = D + v . U_i^T (x - mu_p), which is at least D - t m with
// t = |U_p^-1 U_i v|. So the density of i is below a given part of that of p while m is below a bound, the reach of p
// and i.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "simd.hpp"

namespace mixtura::mixture {

// What all components that are left out of a row have of its density, together and at most.
inline constexpr double kNegligible = 1e-12;

// The reach, where D = `distance` and t = `slope`, and `gap` is twice the difference between the log density of p at
// its mean, less the cut, and that of i: the lowest m with  gap - m^2 <= -(D - t m)^2,  or with  gap <= m^2  if that is
// past m = D / t.
inline double reach_of(double distance, double slope, double gap) {
    const double squared = distance * distance, slope_squared = slope * slope;
    if (gap > 0 && gap * slope_squared >= squared) return std::sqrt(gap);
    const double margin = squared + gap;
    if (!(margin > 0)) return 0;
    return margin / (slope * distance + std::sqrt(std::max(squared - (slope_squared - 1) * gap, 0.0)));
}

// One number of each component beside the other, filled up with `filler` to whole vectors.
class ByLane {
public:
    ByLane(const double* from, Index count, Index size, double filler)
        : width_((count + kLanes<double> - 1) / kLanes<double> * kLanes<double>),
          values_(static_cast<std::size_t>(width_ * size), filler) {
        for (Index k = 0; k < count; ++k)
            for (Index a = 0; a < size; ++a) values_[static_cast<std::size_t>(a * width_ + k)] = from[k * size + a];
    }

    Vector<double> operator()(Index a, Index first) const { return load(values_.data() + a * width_ + first); }

private:
    Index width_;
    std::vector<double> values_;
};

// What `write_reaches` asks of precisions: for vectors of rows, one number a lane, column by column.
class MatrixMetric {
public:
    MatrixMetric(const double* factors, Index count, Index d)
        : factors_(factors), d_(d), by_lane_(factors, count, d * d, 1.0), whitened_(size(d)) {}

    static Index factors_size(Index d) { return d * d; }

    // Returns |U_i^T x|^2; x becomes U_i U_i^T x.
    Vector<double> weigh(Index i, double* x) {
        const double* upper = factors_ + i * d_ * d_;
        Vector<double> squared{};
        for (Index j = 0; j < d_; ++j) {
            Vector<double> sum{};
            for (Index a = 0; a <= j; ++a) sum += upper[a * d_ + j] * load(x + a * kLanes<double>);
            store<double>(whitened_.data() + j * kLanes<double>, sum);
            squared += sum * sum;
        }
        for (Index a = 0; a < d_; ++a) {
            Vector<double> sum{};
            for (Index j = a; j < d_; ++j) sum += upper[a * d_ + j] * load(whitened_.data() + j * kLanes<double>);
            store<double>(x + a * kLanes<double>, sum);
        }
        return squared;
    }

    // Returns |U_p^-1 x|^2 for the components p from `first`, one a lane; x is used up.
    Vector<double> spread(Index first, double* x) const {
        Vector<double> squared{};
        for (Index j = d_ - 1; j >= 0; --j) {
            Vector<double> sum = load(x + j * kLanes<double>);
            for (Index a = j + 1; a < d_; ++a) sum -= by_lane_(j * d_ + a, first) * load(x + a * kLanes<double>);
            sum /= by_lane_(j * (d_ + 1), first);
            store<double>(x + j * kLanes<double>, sum);
            squared += sum * sum;
        }
        return squared;
    }

private:
    static std::size_t size(Index d) { return static_cast<std::size_t>(d * kLanes<double>); }

    const double* factors_;
    Index d_;
    ByLane by_lane_;
    std::vector<double> whitened_;
};

// The same of diagonal factors, of which the diagonals are given.
class DiagonalMetric {
public:
    DiagonalMetric(const double* factors, Index count, Index d)
        : factors_(factors), d_(d), by_lane_(factors, count, d, 1.0) {}

    static Index factors_size(Index d) { return d; }

    Vector<double> weigh(Index i, double* x) const {
        Vector<double> squared{};
        for (Index j = 0; j < d_; ++j) {
            const double factor = factors_[i * d_ + j];
            const Vector<double> whitened = factor * load(x + j * kLanes<double>);
            squared += whitened * whitened;
            store<double>(x + j * kLanes<double>, factor * whitened);
        }
        return squared;
    }

    Vector<double> spread(Index first, const double* x) const {
        Vector<double> squared{};
        for (Index j = 0; j < d_; ++j) {
            const Vector<double> unweighed = load(x + j * kLanes<double>) / by_lane_(j, first);
            squared += unweighed * unweighed;
        }
        return squared;
    }

private:
    const double* factors_;
    Index d_;
    ByLane by_lane_;
};

// Writes the reach of each component p, row p, and each component i. 3 d^2 / 2 multiply-adds for two components.
template <class Metric>
void write_reaches(Metric metric, Index count, Index d, const double* log_constants, const double* means, double* out) {
    const double cut = std::log(kNegligible / static_cast<double>(count));
    const ByLane by_lane(means, count, d, 0.0);
    std::vector<double> x(static_cast<std::size_t>(d * kLanes<double>));
    for (Index i = 0; i < count; ++i)
        for (Index first = 0; first < count; first += kLanes<double>) {
            for (Index j = 0; j < d; ++j)
                store<double>(x.data() + j * kLanes<double>, by_lane(j, first) - means[i * d + j]);
            const Vector<double> squared = metric.weigh(i, x.data()), spread = metric.spread(first, x.data());
            for (int l = 0; l < kLanes<double> && first + l < count; ++l) {
                const Index p = first + l;
                const double distance = std::sqrt(squared[l]);
                const double slope = distance > 0 ? std::sqrt(spread[l]) / distance : 0;
                const double gap = 2 * (log_constants[p] + cut - log_constants[i]);
                out[p * count + i] = p == i ? 0 : reach_of(distance, slope, gap);
            }
        }
}

}  // namespace mixtura::mixture
