// Normal and Student's t densities as functions of the squared distance from the mean.
#pragma once

#include <algorithm>
#include <cmath>

#include "simd.hpp"

namespace mixtura {

// The farthest that a value is taken to be from a mean, in deviations: squares stay finite, and nothing this far off
// can be told apart anyway.
inline constexpr double kFarthestValue = 1e100;

inline double within_reach(double deviations) { return std::clamp(deviations, -kFarthestValue, kFarthestValue); }
inline Vector<double> within_reach(Vector<double> deviations) {
    return minimum(maximum(deviations, broadcast(-kFarthestValue)), broadcast(kFarthestValue));
}

// log(1 + x) for x >= 0; the part of x that is lost in 1 + x is added to first order.
inline Vector<double> log_plus_one(Vector<double> x) {
    const Vector<double> sum = 1.0 + x;
    return log_from_one<double>(sum) + (x - (sum - 1.0)) / sum;
}

inline Vector<double> square_root(Vector<double> x) {
    for (int l = 0; l < kLanes<double>; ++l) x[l] = std::sqrt(x[l]);
    return x;
}

// The log density at a squared distance in `columns` columns. `degrees` points to the degrees of freedom of a t
// distribution, and is null for a normal one.
template <class Constant>
inline Vector<double> radial_density(Constant constant, const double* degrees, Index columns, Vector<double> distance) {
    if (!degrees) return constant - 0.5 * distance;
    return constant - 0.5 * (*degrees + static_cast<double>(columns)) * log_plus_one(distance / *degrees);
}

// The log of the sum of the exponentials of `count` log densities, `stride` apart.
inline Vector<double> log_sum(const double* densities, Index count, Index stride) {
    Vector<double> top = broadcast(Simd<double>::kLowest), sum{};
    for (Index k = 0; k < count; ++k) top = maximum(load(densities + k * stride), top);
    for (Index k = 0; k < count; ++k) sum += exp_negative<double>(load(densities + k * stride) - top);
    return top + log_from_one<double>(maximum(sum, broadcast(1.0)));
}

}  // namespace mixtura
