// Passes over blocks of rows that leave out what counts for nothing: of many components, few have a density that tells
// at a row.
//
// The rows of a block are sorted by a component that each is near, its pivot, and are taken a tile at a time. The log
// density of another component is computed of the rows that are as far from the pivot as its reach, those that are
// sorted last, and the component takes part in the tile if its density then counts for something at any row.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
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
    std::span<const std::int32_t> guides;         // components, of which a row is told the nearest first
    std::span<const std::int32_t> member_starts;  // where the members of a guide start, and the last of them end
    std::span<const std::int32_t> members;        // components that are nearest to rows whose nearest guide it is
};

// The rows of a block, sorted by their pivots.
template <class T>
class Pivots {
public:
    Pivots(const Table<T>& table, Index count, const Pruning& pruning)
        : table_(table), pruning_(pruning), order_(static_cast<std::size_t>(table.n_rows)), labels_(order_.size()) {
        std::iota(order_.begin(), order_.end(), 0);
        if (pruning.guides.size() > 1) find(0, order_.size(), pruning.guides);
        sort(pruning.guides.size());
        for (std::size_t g = 0; g < pruning.guides.size(); ++g) {
            const std::size_t start = static_cast<std::size_t>(pruning.member_starts[g]);
            const std::size_t end = static_cast<std::size_t>(pruning.member_starts[g + 1]);
            const auto members = pruning.members.subspan(start, end - start);
            find(starts_[g], starts_[g + 1], members);
            for (std::size_t r = starts_[g]; r < starts_[g + 1]; ++r)
                labels_[r] = members[static_cast<std::size_t>(labels_[r])];
        }
        sort(static_cast<std::size_t>(count));
    }

    // The rows whose pivot is p.
    std::span<std::int32_t> rows(Index p) { return std::span(order_).subspan(starts_[p], starts_[p + 1] - starts_[p]); }

private:
    static constexpr int kVectorsAtOnce = 4;
    static constexpr int kAtOnce = kVectorsAtOnce * kLanes<float>;

    // Labels the rows from `first` to `end` of the order by their nearest component, as its place among `components`.
    // In single precision: a row is as well off with a component that is nearly the nearest.
    void find(std::size_t first, std::size_t end, std::span<const std::int32_t> components) {
        const Index d = table_.n_columns;
        values_.resize(static_cast<std::size_t>(d * kAtOnce));
        for (; first < end; first += kAtOnce) {
            const std::size_t n_rows = std::min<std::size_t>(kAtOnce, end - first);
            for (std::size_t r = 0; r < kAtOnce; ++r) {
                const Index row = order_[first + (r < n_rows ? r : 0)];
                for (Index j = 0; j < d; ++j) {
                    const double value = static_cast<double>(table_.column(j)[row * table_.row_stride]);
                    values_[static_cast<std::size_t>(j * kAtOnce) + r] = static_cast<float>(value - pruning_.centre[j]);
                }
            }
            alignas(64) float labels[kAtOnce];
            label(components, d, labels);
            for (std::size_t r = 0; r < n_rows; ++r) labels_[first + r] = static_cast<std::int32_t>(labels[r]);
        }
    }

    void label(std::span<const std::int32_t> components, Index d, float* to) const {
        Vector<float> best[kVectorsAtOnce], labels[kVectorsAtOnce] = {};
        for (Vector<float>& b : best) b = broadcast<float>(Simd<float>::kLowest);
        float place = 0;
        for (const std::int32_t k : components) {
            const float* direction = pruning_.directions + k * (d + 1);
            Vector<float> sums[kVectorsAtOnce];
            for (Vector<float>& sum : sums) sum = broadcast<float>(direction[d]);
            for (Index j = 0; j < d; ++j)
                for (int v = 0; v < kVectorsAtOnce; ++v)
                    sums[v] += direction[j] * load(values_.data() + j * kAtOnce + v * kLanes<float>);
            for (int v = 0; v < kVectorsAtOnce; ++v) {
                labels[v] = sums[v] > best[v] ? broadcast<float>(place) : labels[v];
                best[v] = maximum(sums[v], best[v]);
            }
            ++place;
        }
        for (int v = 0; v < kVectorsAtOnce; ++v) store<float>(to + v * kLanes<float>, labels[v]);
    }

    // Sorts the order by the labels, of which there are `count`, rows of one label as they stand.
    void sort(std::size_t count) {
        starts_.assign(count + 1, 0);
        for (const std::int32_t label : labels_) ++starts_[static_cast<std::size_t>(label) + 1];
        std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
        next_.assign(starts_.begin(), starts_.end());
        sorted_.resize(order_.size());
        for (std::size_t r = 0; r < order_.size(); ++r)
            sorted_[next_[static_cast<std::size_t>(labels_[r])]++] = order_[r];
        order_.swap(sorted_);
    }

    const Table<T>& table_;
    const Pruning& pruning_;
    std::vector<std::int32_t> order_, labels_, sorted_;
    std::vector<std::size_t> starts_, next_;
    std::vector<float> values_;
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
          cut_(static_cast<T>(std::log(kNegligible / static_cast<double>(components.count)))),
          tile_(table.n_columns),
          densities_(components.count * kStride<T>),
          distances_(kTile<T>) {}

    void run() {
        Pivots<T> pivots(table_, components_.count, pruning_);
        for (Index p = 0; p < components_.count; ++p) {
            const std::span<std::int32_t> rows = pivots.rows(p);
            for (std::size_t first = 0; first < rows.size(); first += kTile<T>)
                take(p, rows.subspan(first, std::min<std::size_t>(kTile<T>, rows.size() - first)));
        }
    }

private:
    static constexpr std::size_t kFew = 4;  // components, for which rows are not worth sorting
    static constexpr int kRings = 64;

    void take(Index p, std::span<std::int32_t> rows) {
        read(p, rows);
        find_candidates(p);
        const bool sorted = candidates_.size() > kFew;
        if (sorted) {
            sort(rows);
            read(p, rows);
        }
        chosen_.assign(1, p);
        const double* reach = pruning_.reach + p * components_.count;
        for (const Index k : candidates_) {
            T* to = densities_.data() + static_cast<Index>(chosen_.size()) * kStride<T>;
            tile_.begin = sorted ? ring_starts_[ring_of(reach[k])] / kStep<T> * kStep<T> : 0;
            std::fill(to, to + tile_.begin, -std::numeric_limits<T>::infinity());
            shape_.log_densities(tile_, Chosen(&k, 1), to);
            if (keep(to)) chosen_.push_back(k);
        }
        visit_(rows, tile_, Chosen(chosen_), densities_.data());
    }

    // Puts rows into the tile under their pivot, and measures how far they are from it.
    void read(Index p, std::span<const std::int32_t> rows) {
        tile_.gather(table_, rows.data(), static_cast<int>(rows.size()));
        prepare_shape(shape_, tile_);
        shape_.log_densities(tile_, Chosen(&p, 1), densities_.data());
        farthest_ = 0;
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const double square = 2 * (components_.log_constants[p] - static_cast<double>(densities_[r]));
            distances_[r] = square < kFar ? std::sqrt(std::max(square, 0.0)) : kFar;  // one that overflowed too
            farthest_ = std::max(farthest_, distances_[r]);
        }
    }

    // The components beside the pivot that count for something at the distance of the farthest row.
    void find_candidates(Index p) {
        const double* reach = pruning_.reach + p * components_.count;
        candidates_.clear();
        for (Index k = 0; k < components_.count; ++k)
            if (k != p && reach[k] <= farthest_) candidates_.push_back(k);
    }

    // Sorts rows by the rings around their pivot that they lie in, each as wide as the others; far ones share the last.
    void sort(std::span<std::int32_t> rows) {
        rings_a_distance_ = farthest_ < kFar ? kRings / farthest_ : 0;
        ring_starts_.fill(0);
        for (std::size_t r = 0; r < rows.size(); ++r) ++ring_starts_[ring_of(distances_[r]) + 1];
        for (std::size_t ring = 1; ring < ring_starts_.size(); ++ring) ring_starts_[ring] += ring_starts_[ring - 1];
        std::array<int, kRings + 1> next = ring_starts_;
        unsorted_.assign(rows.begin(), rows.end());
        for (std::size_t r = 0; r < rows.size(); ++r)
            rows[static_cast<std::size_t>(next[ring_of(distances_[r])]++)] = unsorted_[r];
    }

    std::size_t ring_of(double distance) const {
        const double ring = distance * rings_a_distance_;
        return ring < kRings - 1 ? static_cast<std::size_t>(ring) : kRings - 1;
    }

    // Returns whether the density of a component tells beside that of the pivot at any row of the tile; where it does
    // not, it becomes zero.
    bool keep(T* densities) const {
        BitVector<T> any{};
        for (int r = tile_.begin; r < tile_.end; r += kLanes<T>) {
            const Vector<T> density = load(densities + r);
            const auto dropped = density < load(densities_.data() + r) + cut_;
            store<T>(densities + r, dropped ? broadcast<T>(-std::numeric_limits<T>::infinity()) : density);
            any |= ~bit_cast<BitVector<T>>(dropped);
        }
        for (int l = 0; l < kLanes<T>; ++l)
            if (any[l]) return true;
        return false;
    }

    static constexpr double kFar = std::numeric_limits<double>::infinity();

    Shape& shape_;
    const Components<T>& components_;
    const Table<T>& table_;
    const Pruning& pruning_;
    const Visit& visit_;
    T cut_;
    double farthest_ = 0, rings_a_distance_ = 0;
    Tile<T> tile_;
    Buffer<T> densities_;
    std::vector<double> distances_;
    std::vector<Index> candidates_, chosen_;
    std::array<int, kRings + 1> ring_starts_{};
    std::vector<std::int32_t> unsorted_;
};

// Adds the moments of a tile, given shares that are zero at most rows: to those of a component go the rows where its
// own are not, wherever a shape takes one component at a time.
template <class Shape, class T>
void add_sparse(Shape& shape, const Tile<T>& tile, Chosen chosen, const T* shares, Tile<T>& part, Buffer<T>& own,
                const Totals& totals) {
    if constexpr (requires { shape.prepare(tile); }) {
        shape.add(tile, chosen, shares, totals);
    } else {
        std::array<int, kTile<T>> rows;
        for (std::size_t s = 0; s < chosen.size(); ++s, shares += kStride<T>) {
            int count = 0;
            for (int r = 0; r < tile.n_rows; ++r) {
                rows[static_cast<std::size_t>(count)] = r;
                count += shares[r] > T(0) ? 1 : 0;
            }
            if (2 * count > tile.n_rows) {
                shape.add(tile, chosen.subspan(s, 1), shares, totals);
                continue;
            }
            part.end = (count + kStep<T> - 1) / kStep<T> * kStep<T>;
            for (int r = 0; r < part.end; ++r) {
                const int row = r < count ? rows[static_cast<std::size_t>(r)] : rows[0];
                for (Index j = 0; j < tile.n_columns; ++j) part.values[j * kStride<T> + r] = tile.column(j)[row];
                own[r] = r < count ? shares[row] : T(0);
            }
            shape.add(part, chosen.subspan(s, 1), own.data(), totals);
        }
    }
}

// As `accumulate`, of normal components and rows without levels.
template <template <class> class Shape, class T>
double accumulate_pruned(const Components<T>& components, const Table<T>& table, const Pruning& pruning,
                         double log_background, const Totals& totals) {
    constexpr T kNone = -std::numeric_limits<T>::infinity();
    Shape<T> shape(components, table.n_columns);
    Buffer<T> log_density(kTile<T>), weights(kTile<T>);
    const Buffer<T> background(kTile<T>, static_cast<T>(log_background));
    const bool all_claimed = background[0] == kNone;
    Tile<T> part(table.n_columns);
    Buffer<T> own(kTile<T>);
    double log_likelihood = 0;
    const auto visit = [&](std::span<const std::int32_t>, Tile<T>& tile, Chosen chosen, T* shares) {
        const Index count = static_cast<Index>(chosen.size());
        std::copy(tile.weights.begin(), tile.weights.end(), weights.begin());
        normalise(shares, count, background.data(), kNone, weights.data(), tile.weights.data(), log_density.data(),
                  tile.end);
        log_likelihood += multiply_column(log_density.data(), weights.data(), log_density.data(), tile.end);
        if (!all_claimed) sum_responsibilities(shares, count, tile.weights.data(), tile.end);
        add_sparse(shape, tile, chosen, shares, part, own, totals);
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
