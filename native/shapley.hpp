// Shapley values of the columns of a row in the game v(S) = -log p_S(x_S), where p_S is the marginal density of a
// mixture: what a column adds to the surprise at the columns before it, in the mean over all orders of the columns
// (Shapley 1953).
//
// Columns are in units of their deviation in each component, so that covariances have ones on their diagonal.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "radial.hpp"
#include "tile.hpp"

namespace mixtura::shapley {

// A pivot of a matrix with ones on its diagonal is lost in rounding below this.
inline constexpr double kLeastPivot = std::numeric_limits<double>::epsilon();

// log_constants: of each component, the log of weight times density at the mean in s columns of independent unit scale,
// for s = 0 .. d.
struct Mixture {
    Index count, d;
    const double* log_constants;  // count x (d + 1)
    const double* means;          // count x d
    const double* covariances;    // count x d x d
    const double* degrees;        // of Student's t components; null where they are normal

    const double* degrees_of(Index k) const { return degrees ? degrees + k : nullptr; }
};

// The components in units of their deviations.
struct Standard {
    Buffer<double> correlations, deviations, log_deviations;

    explicit Standard(const Mixture& mixture)
        : correlations(mixture.count * mixture.d * mixture.d),
          deviations(mixture.count * mixture.d),
          log_deviations(mixture.count * mixture.d) {
        const Index d = mixture.d;
        for (Index k = 0; k < mixture.count; ++k) {
            const double* covariance = mixture.covariances + k * d * d;
            double* own = deviations.data() + k * d;
            for (Index j = 0; j < d; ++j) {
                own[j] = std::sqrt(covariance[j * d + j]);
                log_deviations[k * d + j] = std::log(own[j]);
            }
            for (Index i = 0; i < d; ++i)
                for (Index j = 0; j < d; ++j)
                    correlations[(k * d + i) * d + j] = i == j ? 1.0 : covariance[i * d + j] / own[i] / own[j];
        }
    }
};

}  // namespace mixtura::shapley
