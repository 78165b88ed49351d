// What both searches for nearest neighbours share: the k best rows found so far, the sums that a distance is made of,
// and the comparison of a vector with a limit.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "simd.hpp"

namespace mixtura::neighbors {

inline constexpr Index kNoRow = std::numeric_limits<Index>::max();
inline constexpr double kInfinite = std::numeric_limits<double>::infinity();

// The k rows nearest to one query so far, sorted by distance and, where distances are equal, by row number: whatever
// order rows come in, the same k are left. Insertion moves half of them, which costs less than a heap for the tens of
// neighbours that are asked for.
class Nearest {
public:
    Nearest(double* distances, Index* rows, Index k) : distances_(distances), rows_(rows), last_(k - 1) {
        std::fill_n(distances, k, kInfinite);
        std::fill_n(rows, k, kNoRow);
    }

    double limit() const { return distances_[last_]; }

    // Whether a row at this distance would be among the k nearest.
    bool takes(double distance, Index row) const {
        return distance < distances_[last_] || (distance == distances_[last_] && row < rows_[last_]);
    }

    void insert(double distance, Index row) {
        Index at = last_;
        for (; at > 0 && (distance < distances_[at - 1] || (distance == distances_[at - 1] && row < rows_[at - 1]));
             --at) {
            distances_[at] = distances_[at - 1];
            rows_[at] = rows_[at - 1];
        }
        distances_[at] = distance;
        rows_[at] = row;
    }

private:
    double* distances_;
    Index* rows_;
    Index last_;
};

// A metric adds the differences of the columns up, one after the other; the distance is a monotone function of the sum.
struct Squares {
    Vector<double> operator()(Vector<double> sum, Vector<double> difference) const {
        return sum + difference * difference;
    }
};
struct Sizes {
    Vector<double> operator()(Vector<double> sum, Vector<double> difference) const {
        return sum + maximum(difference, -difference);
    }
};
struct Largest {
    Vector<double> operator()(Vector<double> sum, Vector<double> difference) const {
        return maximum(sum, maximum(difference, -difference));  // in this order what is no number stays so
    }
};
struct Powers {
    double p;
    Vector<double> operator()(Vector<double> sum, Vector<double> difference) const {
        for (int lane = 0; lane < kLanes<double>; ++lane) sum[lane] += std::pow(std::fabs(difference[lane]), p);
        return sum;
    }
};

// One bit for each lane that is at most the limit; none where it is not a number. The vector extensions have no such
// function, and the compilers make poor code of a loop.
inline unsigned at_most(Vector<double> v, Vector<double> limit) {
#if defined(__AVX512F__)
    return _mm512_cmp_pd_mask(bit_cast<__m512d>(v), bit_cast<__m512d>(limit), _CMP_LE_OQ);
#elif defined(__AVX__)
    return static_cast<unsigned>(_mm256_movemask_pd(_mm256_cmp_pd(bit_cast<__m256d>(v), bit_cast<__m256d>(limit),
                                                                  _CMP_LE_OQ)));
#elif defined(__SSE2__)
    return static_cast<unsigned>(_mm_movemask_pd(_mm_cmple_pd(bit_cast<__m128d>(v), bit_cast<__m128d>(limit))));
#else
    unsigned bits = 0;
    for (int lane = 0; lane < kLanes<double>; ++lane) bits |= static_cast<unsigned>(v[lane] <= limit[lane]) << lane;
    return bits;
#endif
}

inline unsigned at_most(Vector<float> v, Vector<float> limit) {
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask(bit_cast<__m512>(v), bit_cast<__m512>(limit), _CMP_LE_OQ);
#elif defined(__AVX__)
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(bit_cast<__m256>(v), bit_cast<__m256>(limit),
                                                                  _CMP_LE_OQ)));
#elif defined(__SSE2__)
    return static_cast<unsigned>(_mm_movemask_ps(_mm_cmple_ps(bit_cast<__m128>(v), bit_cast<__m128>(limit))));
#else
    unsigned bits = 0;
    for (int lane = 0; lane < kLanes<float>; ++lane) bits |= static_cast<unsigned>(v[lane] <= limit[lane]) << lane;
    return bits;
#endif
}

// Rows to look the neighbours of up: those at the given places, each with the row of the reference that is no neighbour
// of it, and where the answers go.
struct Queries {
    const double* values;
    const Index* places;
    Index count;
    const Index* excluded;  // null: no row is excluded
    Index k;
    double* sums;
    Index* rows;

    Index excluded_of(Index place) const { return excluded != nullptr ? excluded[place] : -1; }
    Nearest nearest(Index place) const { return {sums + place * k, rows + place * k, k}; }
};

}  // namespace mixtura::neighbors
