// The scores of a block of rows under an ensemble: small Gaussian mixtures, each over some of the columns, and small
// samples of rows, to which others are near or far.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "ensemble_neighbors.hpp"
#include "mixture.hpp"

namespace mixtura::ensemble {

// Where each column lies and how far it spreads. A scale of zero marks a column that members and samples do not see.
struct Units {
    const double* center;
    const double* scale;  // values less the centre are multiplied by it
    double limit;         // and clipped at this
};

// One member. Its outlyingness, minus the log density, is compared with the median and spread that it has in the table,
// and counts as `weight` of all members together.
struct Member {
    bool full;
    Index n_columns;
    const std::int32_t* columns;
    mixture::Components<float> components;
    double median, spread, weight;
};

// The rows of a block, scaled, tile by tile. A missing value is put at the centre of its column.
template <class T>
class ScaledRows {
public:
    ScaledRows(const Table<T>& table, const Units& units) {
        for (Index first = 0; first < table.n_rows; first += kTile<float>) {
            Tile<float>& tile = tiles.emplace_back(table.n_columns);
            tile.n_rows = static_cast<int>(std::min<Index>(kTile<float>, table.n_rows - first));
            for (Index j = 0; j < table.n_columns; ++j) read(table, units, first, j, tile);
        }
    }

    std::vector<Tile<float>> tiles;

private:
    void read(const Table<T>& table, const Units& units, Index first, Index j, Tile<float>& tile) {
        const T* from = table.values + first * table.row_stride + j * table.column_stride;
        float* to = tile.values.data() + j * kStride<float>;
        const double center = units.center[j], scale = units.scale[j], limit = units.limit;
        for (int r = 0; r < tile.n_rows; ++r) {
            const double x = (static_cast<double>(from[r * table.row_stride]) - center) * scale;
            to[r] = x == x ? static_cast<float>(std::min(std::max(x, -limit), limit)) : 0.0f;
        }
        std::fill(to + tile.n_rows, to + kTile<float>, to[0]);
    }
};

// Log densities of all rows under one member, a tile after the other. Per row a gather of the columns, and for each
// component half a square of multiply-adds where the member is full, and one exp.
template <template <class> class Shape>
inline void member_densities(const std::vector<Tile<float>>& tiles, const Member& member, float* out) {
    constexpr float kNone = -std::numeric_limits<float>::infinity();
    Tile<float> tile(member.n_columns);
    Shape<float> shape(member.components, member.n_columns);
    Buffer<float> densities(member.components.count * kStride<float>), weights(kTile<float>), claimed(kTile<float>);
    const Buffer<float> background(kTile<float>, kNone);
    const std::vector<Index> all = mixture::every_component(member.components.count);
    for (const Tile<float>& from : tiles) {
        for (Index j = 0; j < member.n_columns; ++j)
            std::copy_n(from.column(member.columns[j]), kTile<float>, tile.values.data() + j * kStride<float>);
        shape.log_densities(tile, all, densities.data());
        std::fill(weights.begin(), weights.end(), 1.0f);
        mixture::normalise(densities.data(), member.components.count, background.data(), kNone, weights.data(),
                           claimed.data(), out);
        out += kTile<float>;
    }
}

inline void member_densities(const std::vector<Tile<float>>& tiles, const Member& member, float* out) {
    if (member.full) member_densities<mixture::Full>(tiles, member, out);
    else member_densities<mixture::Diagonal>(tiles, member, out);
}

inline void sample_distances(const std::vector<Tile<float>>& tiles, Index n_columns, const Neighborhood& sample,
                             float* out) {
    for (const Tile<float>& tile : tiles) {
        neighbor_distances(tile, n_columns, sample, out);
        out += kTile<float>;
    }
}

// Log densities of each member for each row: members x rows.
template <class T>
void write_densities(const Table<T>& table, const Units& units, const std::vector<Member>& members, float* out) {
    const ScaledRows<T> rows(table, units);
    std::vector<float> densities(rows.tiles.size() * kTile<float>);
    for (const Member& member : members) {
        member_densities(rows.tiles, member, densities.data());
        out = std::copy_n(densities.begin(), table.n_rows, out);
    }
}

// Distances to the k-th nearest row of each sample for each row: samples x rows.
template <class T>
void write_distances(const Table<T>& table, const Units& units, const std::vector<Neighborhood>& samples, float* out) {
    const ScaledRows<T> rows(table, units);
    std::vector<float> distances(rows.tiles.size() * kTile<float>);
    for (const Neighborhood& sample : samples) {
        sample_distances(rows.tiles, table.n_columns, sample, distances.data());
        out = std::copy_n(distances.begin(), table.n_rows, out);
    }
}

// sign(z) log(1 + |z|) with z = (outlyingness - median) / spread: what finds a row absurd does not outvote all others.
inline Vector<float> compressed(Vector<float> outlyingness, float median, float inverse_spread) {
    constexpr float kFarthest = 1e30f;
    const Vector<float> z = (outlyingness - median) * inverse_spread;
    const Vector<float> size = maximum(z, -z);
    const Vector<float> kept = size < kFarthest ? size : broadcast<float>(kFarthest);
    const Vector<float> logarithm = log_from_one<float>(1.0f + kept);
    return z < 0.0f ? -logarithm : logarithm;
}

// Adds the votes of one member or sample, by what it finds of each row times `sign`.
template <class Voter>
void add_votes(const std::vector<float>& found, float sign, const Voter& voter, std::vector<double>& sums) {
    const float median = static_cast<float>(voter.median), inverse = static_cast<float>(1 / voter.spread);
    float votes[kLanes<float>];
    for (std::size_t r = 0; r < found.size(); r += kLanes<float>) {
        store<float>(votes, compressed(sign * load(&found[r]), median, inverse));
        for (int l = 0; l < kLanes<float>; ++l) sums[r + l] += voter.weight * static_cast<double>(votes[l]);
    }
}

// Weighted mean of the votes of members and samples for each row.
template <class T>
void write_scores(const Table<T>& table, const Units& units, const std::vector<Member>& members,
                  const std::vector<Neighborhood>& samples, double* out) {
    const ScaledRows<T> rows(table, units);
    std::vector<float> values(rows.tiles.size() * kTile<float>);
    std::vector<double> sums(values.size());
    for (const Member& member : members) {
        member_densities(rows.tiles, member, values.data());
        add_votes(values, -1.0f, member, sums);
    }
    for (const Neighborhood& sample : samples) {
        sample_distances(rows.tiles, table.n_columns, sample, values.data());
        add_votes(values, 1.0f, sample, sums);
    }
    std::copy_n(sums.begin(), table.n_rows, out);
}

}  // namespace mixtura::ensemble
