// Passes over blocks of rows that leave out what counts for nothing: of many components, few have a density that tells
// at a row.
//
// The rows of a block are sorted by a component that each is near, its pivot, and the rows of a pivot by their distance
// from it. They are then taken some at a time, under the pivot and those components that count for something at the
// farthest of them, by `reach`.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "mixture.hpp"
#include "reach.hpp"

namespace mixtura::mixture {

// What a pass knows of components beside one another.
struct Pruning {
    const double* reach;      // count x count, from `write_reaches`
    const float* directions;  // of each component a direction v, then an offset b, count x (d + 1): a row is near the
                              // component of highest v . (x - centre) + b
    const double* centre;     // d
};

// The rows of a block, sorted by their pivots.
template <class T>
class Pivots {
public:
    Pivots(const Table<T>& table, Index count, const Pruning& pruning)
        : starts_(static_cast<std::size_t>(count + 1)), order_(static_cast<std::size_t>(table.n_rows)) {
        std::vector<std::int32_t> nearest(order_.size() + kAtOnce);
        find(table, count, pruning, nearest.data());
        nearest.resize(order_.size());
        for (const std::int32_t p : nearest) ++starts_[static_cast<std::size_t>(p) + 1];
        for (std::size_t p = 1; p < starts_.size(); ++p) starts_[p] += starts_[p - 1];
        std::vector<std::int32_t> next(starts_.begin(), starts_.end() - 1);
        for (std::size_t r = 0; r < nearest.size(); ++r)
            order_[static_cast<std::size_t>(next[static_cast<std::size_t>(nearest[r])]++)] =
                static_cast<std::int32_t>(r);
    }

    // The rows whose pivot is p.
    std::span<std::int32_t> rows(Index p) {
        return {order_.data() + starts_[static_cast<std::size_t>(p)],
                order_.data() + starts_[static_cast<std::size_t>(p) + 1]};
    }

private:
    static constexpr int kVectorsAtOnce = 4;
    static constexpr int kAtOnce = kVectorsAtOnce * kLanes<float>;

    // In single precision: a row is as well off with a component that is nearly the nearest.
    static void find(const Table<T>& table, Index count, const Pruning& pruning, std::int32_t* to) {
        const Index d = table.n_columns;
        std::vector<float> values(static_cast<std::size_t>(d * kAtOnce));
        for (Index first = 0; first < table.n_rows; first += kAtOnce) {
            for (int r = 0; r < kAtOnce; ++r) {
                const Index row = std::min(first + r, table.n_rows - 1);
                for (Index j = 0; j < d; ++j)
                    values[static_cast<std::size_t>(j * kAtOnce + r)] =
                        static_cast<float>(static_cast<double>(table.column(j)[row * table.row_stride]) -
                                           pruning.centre[j]);
            }
            Vector<float> best[kVectorsAtOnce], label[kVectorsAtOnce] = {};
            for (Vector<float>& b : best) b = broadcast<float>(Simd<float>::kLowest);
            for (Index k = 0; k < count; ++k) {
                const float* direction = pruning.directions + k * (d + 1);
                Vector<float> sums[kVectorsAtOnce];
                for (Vector<float>& sum : sums) sum = broadcast<float>(direction[d]);
                for (Index j = 0; j < d; ++j)
                    for (int v = 0; v < kVectorsAtOnce; ++v)
                        sums[v] += direction[j] * load(values.data() + j * kAtOnce + v * kLanes<float>);
                for (int v = 0; v < kVectorsAtOnce; ++v) {
                    label[v] = sums[v] > best[v] ? broadcast<float>(static_cast<float>(k)) : label[v];
                    best[v] = maximum(sums[v], best[v]);
                }
            }
            for (int v = 0; v < kVectorsAtOnce; ++v)
                for (int l = 0; l < kLanes<float>; ++l)
                    to[first + v * kLanes<float> + l] = static_cast<std::int32_t>(label[v][l]);
        }
    }

    std::vector<std::int32_t> starts_, order_;
};

// Calls visit(rows, tile, chosen, densities) for all rows of a block, some at a time: the rows, the tile that holds
// them, the components that count for something there, and their log densities.
template <class Shape, class T, class Visit>
class PrunedTiles {
public:
    PrunedTiles(Shape& shape, const Components<T>& components, const Table<T>& table, const Pruning& pruning,
                const Visit& visit)
        : shape_(shape),
          components_(components),
          table_(table),
          pruning_(pruning),
          visit_(visit),
          tile_(table.n_columns),
          densities_(components.count * kStride<T>),
          squares_(kTile<T>) {}

    void run() {
        Pivots<T> pivots(table_, components_.count, pruning_);
        for (Index p = 0; p < components_.count; ++p) {
            const std::span<std::int32_t> rows = pivots.rows(p);
            for (std::size_t first = 0; first < rows.size(); first += kTile<T>)
                take_tile(p, rows.subspan(first, std::min<std::size_t>(kTile<T>, rows.size() - first)));
        }
    }

private:
    static constexpr std::size_t kFew = 4;     // components, for which rows are not worth sorting
    static constexpr std::size_t kPiece = 64;  // rows that are taken at a time when they are sorted

    void take_tile(Index p, std::span<std::int32_t> rows) {
        read(p, rows);
        if (chosen_.size() <= kFew) {
            take(rows);
            return;
        }
        sort(rows);
        for (std::size_t first = 0; first < rows.size(); first += kPiece) {
            const auto piece = rows.subspan(first, std::min(kPiece, rows.size() - first));
            read(p, piece);
            take(piece);
        }
    }

    // Puts rows into the tile under their pivot, and chooses it and the components within whose reach none of them is.
    void read(Index p, std::span<const std::int32_t> rows) {
        tile_.gather(table_, rows.data(), static_cast<int>(rows.size()));
        shape_.log_densities(tile_, Chosen(&p, 1), densities_.data());
        double farthest = 0;
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const double square = 2 * (components_.log_constants[p] - static_cast<double>(densities_[r]));
            squares_[r] = square < kFar ? square : kFar;  // one that overflowed too
            farthest = std::max(farthest, squares_[r]);
        }
        const double distance = std::sqrt(farthest);
        const double* reach = pruning_.reach + p * components_.count;
        chosen_.assign(1, p);
        for (Index k = 0; k < components_.count; ++k)
            if (k != p && reach[k] <= distance) chosen_.push_back(k);
    }

    void take(std::span<const std::int32_t> rows) {
        const Chosen chosen(chosen_);
        shape_.log_densities(tile_, chosen.subspan(1), densities_.data() + kStride<T>);
        visit_(rows, tile_, chosen, densities_.data());
    }

    void sort(std::span<std::int32_t> rows) {
        sorted_.clear();
        for (std::size_t r = 0; r < rows.size(); ++r) sorted_.emplace_back(squares_[r], rows[r]);
        std::sort(sorted_.begin(), sorted_.end());
        for (std::size_t r = 0; r < rows.size(); ++r) rows[r] = sorted_[r].second;
    }

    static constexpr double kFar = std::numeric_limits<double>::infinity();

    Shape& shape_;
    const Components<T>& components_;
    const Table<T>& table_;
    const Pruning& pruning_;
    const Visit& visit_;
    Tile<T> tile_;
    Buffer<T> densities_;
    std::vector<double> squares_;
    std::vector<Index> chosen_;
    std::vector<std::pair<double, std::int32_t>> sorted_;
};

// As `accumulate`, of normal components and rows without levels.
template <template <class> class Shape, class T>
double accumulate_pruned(const Components<T>& components, const Table<T>& table, const Pruning& pruning,
                         double log_background, const Totals& totals) {
    constexpr T kNone = -std::numeric_limits<T>::infinity();
    Shape<T> shape(components, table.n_columns);
    Buffer<T> log_density(kTile<T>), weights(kTile<T>);
    const Buffer<T> background(kTile<T>, static_cast<T>(log_background));
    const bool all_claimed = background[0] == kNone;
    double log_likelihood = 0;
    const auto visit = [&](std::span<const std::int32_t>, Tile<T>& tile, Chosen chosen, T* shares) {
        const Index count = static_cast<Index>(chosen.size());
        std::copy(tile.weights.begin(), tile.weights.end(), weights.begin());
        normalise(shares, count, background.data(), kNone, weights.data(), tile.weights.data(), log_density.data(),
                  tile.end);
        log_likelihood += multiply_column(log_density.data(), weights.data(), log_density.data(), tile.end);
        if (!all_claimed) sum_responsibilities(shares, count, tile.weights.data(), tile.end);
        shape.add(tile, chosen, shares, totals);
    };
    PrunedTiles(shape, components, table, pruning, visit).run();
    finish_shape(shape, totals);
    return log_likelihood;
}

// The component of highest density at a row, the first of equals; where all overflow, the first.
template <class T>
inline std::int64_t likeliest(const T* densities, Chosen chosen) {
    T top = densities[0];
    Index best = chosen[0];
    for (const Index k : chosen.subspan(1)) {
        densities += kStride<T>;
        if (densities[0] > top || (densities[0] == top && k < best)) best = k;
        top = std::max(top, densities[0]);
    }
    return best;
}

// As `score`, of normal components and rows without levels.
template <template <class> class Shape, class T>
void score_pruned(const Components<T>& components, const Table<T>& table, const Pruning& pruning,
                  const Scores<T>& scores) {
    constexpr T kNone = -std::numeric_limits<T>::infinity();
    Shape<T> shape(components, table.n_columns);
    Buffer<T> log_density(kTile<T>), weights(kTile<T>);
    const Buffer<T> background(kTile<T>, kNone);
    if (scores.responsibilities) std::fill_n(scores.responsibilities, table.n_rows * components.count, T(0));
    const auto visit = [&](std::span<const std::int32_t> rows, Tile<T>& tile, Chosen chosen, T* densities) {
        const Index count = static_cast<Index>(chosen.size());
        for (std::size_t r = 0; r < rows.size() && scores.labels; ++r)
            scores.labels[rows[r]] = likeliest(densities + r, chosen);
        if (!scores.log_density && !scores.responsibilities) return;
        std::fill(weights.begin(), weights.end(), T(1));
        normalise(densities, count, background.data(), kNone, weights.data(), tile.weights.data(), log_density.data(),
                  tile.end);
        for (std::size_t r = 0; r < rows.size(); ++r) {
            if (scores.log_density) scores.log_density[rows[r]] = log_density[r];
            for (Index s = 0; s < count && scores.responsibilities; ++s)
                scores.responsibilities[rows[r] * components.count + chosen[s]] = densities[s * kStride<T> + r];
        }
    };
    PrunedTiles(shape, components, table, pruning, visit).run();
}

}  // namespace mixtura::mixture
