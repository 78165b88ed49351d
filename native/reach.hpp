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

// The reach, where `squared` is D^2, `spread` is (t D)^2, and `gap` is twice the difference between the log density of
// p at its mean, less the cut, and that of i: the lowest m with  gap - m^2 <= -(D - t m)^2,  or with  gap <= m^2  if
// that is past m = D / t.
inline double reach_of(double squared, double spread, double gap) {
    const double discriminant = squared - (spread / squared - 1) * gap, margin = squared + gap;
    const double near = margin / (std::sqrt(spread) + std::sqrt(std::max(discriminant, 0.0)));
    const double past = std::sqrt(std::max(gap, 0.0));
    const double reach = gap > 0 && gap * spread >= squared * squared ? past : near;
    return margin > 0 && reach > 0 ? reach : 0;  // zero where it overflowed too
}

// Pairs of components are taken so many at a time, whose chains of sums overlap.
inline constexpr int kReachVectors = 4;
inline constexpr Index kReachLanes = kReachVectors * kLanes<double>;

// One number of each component beside the other, filled up with `filler`.
class ByLane {
public:
    ByLane(const double* from, Index count, Index size, double filler)
        : width_((count + kReachLanes - 1) / kReachLanes * kReachLanes),
          values_(static_cast<std::size_t>(width_ * size), filler) {
        for (Index k = 0; k < count; ++k)
            for (Index a = 0; a < size; ++a) values_[static_cast<std::size_t>(a * width_ + k)] = from[k * size + a];
    }

    // The numbers `a` of components from `first`.
    const double* operator()(Index a, Index first) const { return values_.data() + a * width_ + first; }

private:
    Index width_;
    std::vector<double> values_;
};

// The v-th vector of column j of kReachLanes rows.
inline Vector<double> at(const double* x, Index j, int v) { return load(x + j * kReachLanes + v * kLanes<double>); }
inline void put(double* x, Index j, int v, Vector<double> value) {
    store<double>(x + j * kReachLanes + v * kLanes<double>, value);
}

// What `write_reaches` asks of precisions: for kReachLanes rows x, one a lane, column by column.
class MatrixMetric {
public:
    MatrixMetric(const double* factors, Index count, Index d)
        : factors_(factors), d_(d), by_lane_(factors, count, d * d, 1.0), whitened_(d * kReachLanes) {}

    static Index factors_size(Index d) { return d * d; }

    // squared = |U_i^T x|^2; x becomes U_i U_i^T x.
    void weigh(Index i, double* x, Vector<double>* squared) {
        const double* upper = factors_ + i * d_ * d_;
        for (Index j = 0; j < d_; ++j) {
            Vector<double> sums[kReachVectors] = {};
            for (Index a = 0; a <= j; ++a)
                for (int v = 0; v < kReachVectors; ++v) sums[v] += upper[a * d_ + j] * at(x, a, v);
            for (int v = 0; v < kReachVectors; ++v) {
                put(whitened_.data(), j, v, sums[v]);
                squared[v] += sums[v] * sums[v];
            }
        }
        for (Index a = 0; a < d_; ++a) {
            Vector<double> sums[kReachVectors] = {};
            for (Index j = a; j < d_; ++j)
                for (int v = 0; v < kReachVectors; ++v) sums[v] += upper[a * d_ + j] * at(whitened_.data(), j, v);
            for (int v = 0; v < kReachVectors; ++v) put(x, a, v, sums[v]);
        }
    }

    // squared = |U_p^-1 x|^2 for the components p from `first`; x is used up.
    void spread(Index first, double* x, Vector<double>* squared) const {
        for (Index j = d_ - 1; j >= 0; --j) {
            Vector<double> sums[kReachVectors];
            for (int v = 0; v < kReachVectors; ++v) sums[v] = at(x, j, v);
            for (Index a = j + 1; a < d_; ++a)
                for (int v = 0; v < kReachVectors; ++v)
                    sums[v] -= load(by_lane_(j * d_ + a, first) + v * kLanes<double>) * at(x, a, v);
            for (int v = 0; v < kReachVectors; ++v) {
                sums[v] /= load(by_lane_(j * (d_ + 1), first) + v * kLanes<double>);
                put(x, j, v, sums[v]);
                squared[v] += sums[v] * sums[v];
            }
        }
    }

private:
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

    void weigh(Index i, double* x, Vector<double>* squared) const {
        for (Index j = 0; j < d_; ++j) {
            const double factor = factors_[i * d_ + j];
            for (int v = 0; v < kReachVectors; ++v) {
                const Vector<double> whitened = factor * at(x, j, v);
                squared[v] += whitened * whitened;
                put(x, j, v, factor * whitened);
            }
        }
    }

    void spread(Index first, const double* x, Vector<double>* squared) const {
        for (Index j = 0; j < d_; ++j)
            for (int v = 0; v < kReachVectors; ++v) {
                const Vector<double> unweighed = at(x, j, v) / load(by_lane_(j, first) + v * kLanes<double>);
                squared[v] += unweighed * unweighed;
            }
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
    const ByLane by_lane(means, count, d, 0.0), constants(log_constants, count, 1, 0.0);
    std::vector<double> x(static_cast<std::size_t>(d * kReachLanes));
    for (Index first = 0; first < count; first += kReachLanes)
        for (Index i = 0; i < count; ++i) {
            for (Index j = 0; j < d; ++j)
                for (int v = 0; v < kReachVectors; ++v)
                    put(x.data(), j, v, load(by_lane(j, first) + v * kLanes<double>) - means[i * d + j]);
            Vector<double> squared[kReachVectors] = {}, spread[kReachVectors] = {};
            metric.weigh(i, x.data(), squared);
            metric.spread(first, x.data(), spread);
            double distances[kReachLanes], spreads[kReachLanes], reaches[kReachLanes];
            for (int v = 0; v < kReachVectors; ++v) {
                store<double>(distances + v * kLanes<double>, squared[v]);
                store<double>(spreads + v * kLanes<double>, spread[v]);
            }
            const double less = cut - log_constants[i];
            for (Index l = 0; l < kReachLanes; ++l)
                reaches[l] = reach_of(distances[l], spreads[l], 2 * (constants(0, first)[l] + less));
            for (Index l = 0; l < std::min(kReachLanes, count - first); ++l) out[(first + l) * count + i] = reaches[l];
        }
    for (Index k = 0; k < count; ++k) out[k * (count + 1)] = 0;
}

}  // namespace mixtura::mixture
