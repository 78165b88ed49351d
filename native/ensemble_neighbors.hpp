// Distances of rows to the k-th nearest of a few reference rows. Per row and reference row, two operations a column and
// twelve to keep the nearest.
#pragma once

#include "simd.hpp"
#include "tile.hpp"

namespace mixtura::ensemble {

inline constexpr int kMostNeighbors = 5;

// A sample of scaled rows, row by row. The distance to the k-th nearest is compared with the median and spread that it
// has in the table, and counts as `weight` of all votes together.
struct Neighborhood {
    Index n_rows;
    int k;  // at most kMostNeighbors, and below n_rows
    const float* values;
    double median, spread, weight;
};

// A reference row at distance zero may be the row itself, and is then left out.
inline void neighbor_distances(const Tile<float>& tile, Index n_columns, const Neighborhood& sample, float* out) {
    constexpr int kTogether = 2;
    constexpr float kFar = 3e38f;
    for (int r = 0; r < kTile<float>; r += kTogether * kLanes<float>) {
        Vector<float> nearest[kTogether][kMostNeighbors + 1];
        for (auto& of_rows : nearest)
            for (auto& distance : of_rows) distance = broadcast<float>(kFar);
        const float* from = sample.values;
        for (Index i = 0; i < sample.n_rows; ++i, from += n_columns) {
            Vector<float> squares[kTogether] = {};
            for (Index j = 0; j < n_columns; ++j) {
                const Vector<float> value = broadcast<float>(from[j]);
                for (int v = 0; v < kTogether; ++v) {
                    const Vector<float> difference = load(tile.column(j) + r + v * kLanes<float>) - value;
                    squares[v] += difference * difference;
                }
            }
            // From the farthest on, each place needs what stood before it only, and does not wait for the others.
            for (int v = 0; v < kTogether; ++v) {
#pragma GCC unroll 8
                for (int place = kMostNeighbors; place > 0; --place)
                    nearest[v][place] = minimum(nearest[v][place], maximum(nearest[v][place - 1], squares[v]));
                nearest[v][0] = minimum(nearest[v][0], squares[v]);
            }
        }
        for (int v = 0; v < kTogether; ++v) {
            const Vector<float> squared = nearest[v][0] == 0.0f ? nearest[v][sample.k] : nearest[v][sample.k - 1];
            for (int l = 0; l < kLanes<float>; ++l) out[r + v * kLanes<float> + l] = std::sqrt(squared[l]);
        }
    }
}

}  // namespace mixtura::ensemble
