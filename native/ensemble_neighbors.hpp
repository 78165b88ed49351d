// Distances of rows to the k-th nearest of a few reference rows. Per row and reference row, two operations a column and
// twelve to keep the nearest.
#pragma once

#include <algorithm>
#include <cmath>

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

// Some rows of a tile, column after column without the gaps that lie between the columns of the tile.
inline constexpr int kStripVectors = 2;
inline constexpr int kStrip = kStripVectors * kLanes<float>;

// Adds what some columns give to the squared distances of the rows of a strip to the reference rows. Columns are added
// in their order, so that neither the size of the parts nor of the strips changes a sum.
inline void add_squares(const float* strip, Index n_columns, const float* references, Index stride, Index n_references,
                        float* squares) {
    constexpr int kTogether = 4;
    const auto add = [&]<int Together>(Index first) {
        Vector<float> sums[Together][kStripVectors];
        for (int i = 0; i < Together; ++i)
            for (int v = 0; v < kStripVectors; ++v)
                sums[i][v] = load(squares + (first + i) * kStrip + v * kLanes<float>);
        const float* from = references + first * stride;
        for (Index j = 0; j < n_columns; ++j) {
            for (int i = 0; i < Together; ++i) {
                const Vector<float> value = broadcast<float>(from[i * stride + j]);
                for (int v = 0; v < kStripVectors; ++v) {
                    const Vector<float> difference = load(strip + j * kStrip + v * kLanes<float>) - value;
                    sums[i][v] += difference * difference;
                }
            }
        }
        for (int i = 0; i < Together; ++i)
            for (int v = 0; v < kStripVectors; ++v)
                store<float>(squares + (first + i) * kStrip + v * kLanes<float>, sums[i][v]);
    };
    Index i = 0;
    for (; i + kTogether <= n_references; i += kTogether) add.template operator()<kTogether>(i);
    for (; i < n_references; ++i) add.template operator()<1>(i);
}

// Distances of the rows of a tile to the k-th nearest reference row; what fills the tile up has none. A reference row
// at distance zero may be the row itself, and is then left out.
inline void neighbor_distances(const Tile<float>& tile, Index n_columns, const Neighborhood& sample, float* out) {
    constexpr Index kColumns = 128;  // a strip of them fits into the nearest cache beside some reference rows
    constexpr float kFar = 3e38f;
    Buffer<float> strip(kColumns * kStrip), squares(sample.n_rows * kStrip);
    for (int r = 0; r < tile.n_rows; r += kStrip) {
        std::fill(squares.begin(), squares.end(), 0.0f);
        for (Index first = 0; first < n_columns; first += kColumns) {
            const Index width = std::min(kColumns, n_columns - first);
            for (Index j = 0; j < width; ++j) std::copy_n(tile.column(first + j) + r, kStrip, &strip[j * kStrip]);
            add_squares(strip.data(), width, sample.values + first, n_columns, sample.n_rows, squares.data());
        }
        for (int v = 0; v < kStripVectors; ++v) {
            Vector<float> nearest[kMostNeighbors + 1];
            for (auto& distance : nearest) distance = broadcast<float>(kFar);
            for (Index i = 0; i < sample.n_rows; ++i) {
                const Vector<float> squared = load(&squares[i * kStrip + v * kLanes<float>]);
                // From the farthest on, each place needs what stood before it only, and does not wait for the others.
#pragma GCC unroll 8
                for (int place = kMostNeighbors; place > 0; --place)
                    nearest[place] = minimum(nearest[place], maximum(nearest[place - 1], squared));
                nearest[0] = minimum(nearest[0], squared);
            }
            const Vector<float> squared = nearest[0] == 0.0f ? nearest[sample.k] : nearest[sample.k - 1];
            for (int l = 0; l < kLanes<float>; ++l) out[r + v * kLanes<float> + l] = std::sqrt(squared[l]);
        }
    }
}

}  // namespace mixtura::ensemble
