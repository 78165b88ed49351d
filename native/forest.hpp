// Isolation forests (Liu, Ting and Zhou 2008; with hyperplanes, Hariri, Carrasco Kind and Brunner 2019).
//
// A tree is a heap of a fixed depth: node 1 is the root, nodes 2 i and 2 i + 1 are the children of i, and a row goes
// right where its value is above the threshold. A leaf above the last level has threshold infinity, so that every row
// takes the same number of steps, without a branch, and the place it ends in tells its path length. The depth is at
// most log2 of the rows a tree sees, rounded up, and so the heap holds at most twice as many nodes as rows.
//
// Trees work in units of their own, single precision: (value - center) * scale, which keeps the order of values, and
// for columns that are far from zero (times, identifiers) their differences.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include "forest_lanes.hpp"

namespace mixtura::forest {

using Place = std::int64_t;

inline constexpr float kLargest = std::numeric_limits<float>::max();
inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Rows as they are given, and the units of the trees.
template <class T>
struct Rows {
    const T* values;
    Place n_rows, n_columns, row_stride, column_stride;
    const double* center;
    const double* scale;

    // Beyond single precision values are as large as possible: nothing is infinite, and missing values stay NaN.
    float at(Place row, Place column) const {
        const double value = values[row * row_stride + column * column_stride];
        const double scaled = (value - center[column]) * scale[column];
        return static_cast<float>(scaled < -kLargest ? -kLargest : scaled > kLargest ? kLargest : scaled);
    }
};

struct Forest {
    Place n_trees, depth;
    Place width;                   // columns of a split: 1 along an axis, more for hyperplanes
    const std::int32_t* features;  // (n_trees, 2^depth, width)
    const float* coefficients;     // the same, or null along an axis
    const float* thresholds;       // (n_trees, 2^depth)
    const std::int32_t* counts;    // (n_trees, 2^(depth + 1)): rows of the sample in each node
    const float* lengths;          // (n_trees, 2^depth): path length of the rows that end in a place of the last level

    Place n_leaves() const { return Place{1} << depth; }
};

struct Tree {
    Place n_leaves, width;
    const std::int32_t* features;
    const float* coefficients;
    const float* thresholds;
    const std::int32_t* counts;
    const float* lengths;

    Tree(const Forest& forest, Place t)
        : n_leaves(forest.n_leaves()),
          width(forest.width),
          features(forest.features + t * n_leaves * width),
          coefficients(forest.coefficients ? forest.coefficients + t * n_leaves * width : nullptr),
          thresholds(forest.thresholds + t * n_leaves),
          counts(forest.counts + 2 * t * n_leaves),
          lengths(forest.lengths + t * n_leaves) {}

    double length(Place node) const { return static_cast<double>(lengths[node - n_leaves]); }

    // What a row is compared by in a node: NaN where a value it needs is missing.
    float split_value(Place node, const float* row) const {
        if (!coefficients) return row[features[node]];
        double sum = 0;
        for (Place j = node * width; j < (node + 1) * width; ++j)
            sum += static_cast<double>(coefficients[j]) * static_cast<double>(row[features[j]]);
        return static_cast<float>(sum < -kLargest ? -kLargest : sum > kLargest ? kLargest : sum);
    }
};

// Average path lengths of rows that a leaf does not tell apart: of `sizes`, in increasing order, all that there are.
class AverageLengths {
public:
    AverageLengths(const std::int64_t* sizes, const double* averages, Place count)
        : sizes_(sizes), averages_(averages), count_(count) {
        while (direct_ < count && sizes[direct_] == direct_) ++direct_;
    }

    double of(Place size) const {
        if (size >= 0 && size < direct_) return averages_[size];
        const Place place = std::lower_bound(sizes_, sizes_ + count_, size) - sizes_;
        if (place == count_ || sizes_[place] != size)
            throw std::invalid_argument("a leaf has a size that is not known");
        return averages_[place];
    }

private:
    const std::int64_t* sizes_;
    const double* averages_;
    Place count_, direct_ = 0;
};

// Writes the path length of every place of the last level of a tree: the depth of its leaf and the average of its rows,
// rounded to single precision. Sums over trees are then exact in double precision, whatever their order.
inline void leaf_lengths(const std::int32_t* counts, Place depth, const AverageLengths& averages, float* out) {
    out[0] = 0.0f;
    // Level by level the depth of the leaf that a node is in, or its own, spreads out over its children.
    for (Place level = 0, width = 1; level < depth; ++level, width *= 2)
        for (Place i = width - 1; i >= 0; --i) {
            const bool splits = counts[2 * (width + i) + 1] > 0 && out[i] == static_cast<float>(level);
            out[2 * i] = out[2 * i + 1] = splits ? static_cast<float>(level + 1) : out[i];
        }
    const Place leaves = Place{1} << depth;
    for (Place i = 0; i < leaves; ++i)
        out[i] = static_cast<float>(static_cast<double>(out[i]) + averages.of(counts[leaves + i]));
}

// Writes the mean path length of the rows of the sample that come through each node of a tree to `means` (2 n_leaves).
inline void node_lengths(const Tree& tree, double* means) {
    for (Place node = 2 * tree.n_leaves - 1; node >= tree.n_leaves; --node) means[node] = tree.length(node);
    for (Place node = tree.n_leaves - 1; node > 0; --node) {
        const double left = tree.counts[2 * node], right = tree.counts[2 * node + 1];
        const double sum = left * means[2 * node] + right * means[2 * node + 1];
        means[node] = sum / std::max(left + right, 1.0);
    }
}

// Mean path length of a row from a node on; a missing value takes both ways, by their shares of the sample.
inline double length_from(const Tree& tree, Place node, const float* row) {
    while (node < tree.n_leaves) {
        const float value = tree.split_value(node, row);
        const double left = tree.counts[2 * node], right = tree.counts[2 * node + 1];
        if (std::isnan(value) && right > 0)
            return (left * length_from(tree, 2 * node, row) + right * length_from(tree, 2 * node + 1, row)) /
                   (left + right);
        node = 2 * node + (value > tree.thresholds[node]);
    }
    return tree.length(node);
}

// Adds to `parts` by how much each split shortens the path that is left to expect: in all, the mean path length of the
// sample less that of the row. A hyperplane credits its columns by the sizes of their terms.
inline void credit_from(const Tree& tree, const double* means, Place node, double weight, const float* row,
                        double* parts) {
    while (node < tree.n_leaves) {
        const double left = tree.counts[2 * node], right = tree.counts[2 * node + 1];
        const float value = tree.split_value(node, row);
        if (std::isnan(value) && right > 0) {
            credit_from(tree, means, 2 * node + 1, weight * right / (left + right), row, parts);
            weight *= left / (left + right);
            node = 2 * node;
            continue;
        }
        const Place next = 2 * node + (value > tree.thresholds[node]);
        const double gain = weight * (means[node] - means[next]);
        const std::int32_t* features = tree.features + node * tree.width;
        if (!tree.coefficients) {
            parts[features[0]] += gain;
        } else if (gain != 0) {
            const float* coefficients = tree.coefficients + node * tree.width;
            const auto term = [&](Place j) {
                return std::abs(static_cast<double>(coefficients[j]) * static_cast<double>(row[features[j]]));
            };
            double sum = 0;
            for (Place j = 0; j < tree.width; ++j) sum += term(j);
            // With every term zero, all is the first column's.
            for (Place j = 0; j < tree.width; ++j) parts[features[j]] += gain * (sum > 0 ? term(j) / sum : j == 0);
        }
        node = next;
    }
}

// Rows that go down a tree together: their steps do not wait for one another.
inline constexpr int kTogether = Lanes::kCount == 1 ? 8 : 4;
inline constexpr int kSmallestTile = kTogether * (Lanes::kCount == 1 ? 8 : Lanes::kCount);  // a power of two
inline constexpr int kLargestTile = 256;

// log2 of the rows in a tile: a power of two, of which the values stay near a processor.
inline int tile_shift(Place n_columns) {
    constexpr Place kValues = 8192;
    int shift = 8;
    while ((1 << shift) > kSmallestTile && (n_columns << shift) > kValues) --shift;
    return shift;
}

// A tile as a tree sees it: value of column j of row r at j << shift | r.
struct Tile {
    const float* values;
    int shift;
};

// Some rows of a tile on their way down a tree. Of up to `Columns` columns, if that is above zero, a value is selected
// among vectors of all of them, and else gathered.
template <class L, int Columns>
struct Walk {
    const Tile& tile;
    const Tree& tree;
    int first;
    typename L::Ints node[kTogether];

    Walk(const Tile& tile, const Tree& tree, int first) : tile(tile), tree(tree), first(first) {
        for (int k = 0; k < kTogether; ++k) node[k] = L::all(1);
    }

    void step(int k, typename L::Ints feature, typename L::Floats threshold) {
        const int row = first + k * L::kCount;
        if constexpr (Columns > 0) {
            node[k] = L::child(node[k], L::template select<Columns>(tile.values + row, tile.shift, feature), threshold);
        } else {
            const typename L::Ints place = L::shift_add(feature, tile.shift, L::from(row));
            node[k] = L::child(node[k], L::take(tile.values, place), threshold);
        }
    }

    void step() {
#pragma GCC unroll 8
        for (int k = 0; k < kTogether; ++k) step(k, L::take(tree.features, node[k]), L::take(tree.thresholds, node[k]));
    }

    template <int Level>
    void step_held() {
#pragma GCC unroll 8
        for (int k = 0; k < kTogether; ++k)
            step(k, L::template look_up<Level>(tree.features, node[k]),
                 L::template look_up<Level>(tree.thresholds, node[k]));
    }

    template <int... Level>
    void steps_held(std::integer_sequence<int, Level...>) {
        (step_held<Level>(), ...);
    }

    void add_lengths(double* sums) const {
#pragma GCC unroll 8
        for (int k = 0; k < kTogether; ++k)
            L::add_taken(sums + first + k * L::kCount, tree.lengths, L::less(node[k], static_cast<int>(tree.n_leaves)));
    }
};

// Adds the path lengths of the rows of a tile in one tree split along axes.
template <int Columns>
void add_lengths(const Tree& tree, Place depth, const Tile& tile, double* sums) {
    const bool held = depth >= Lanes::kHeld;
    for (int first = 0; first < (1 << tile.shift); first += kTogether * Lanes::kCount) {
        Walk<Lanes, Columns> walk(tile, tree, first);
        if (held) walk.steps_held(std::make_integer_sequence<int, Lanes::kHeld>{});
        for (Place level = held ? Lanes::kHeld : 0; level < depth; ++level) walk.step();
        walk.add_lengths(sums);
    }
}

inline void add_lengths(const Tree& tree, Place depth, const Tile& tile, Place n_columns, double* sums) {
    const int columns = n_columns <= Lanes::kSelected ? static_cast<int>((n_columns + 3) / 4) : 0;
    if constexpr (Lanes::kSelected > 0) {
        if (columns == 1) return add_lengths<4>(tree, depth, tile, sums);
        if (columns == 2) return add_lengths<8>(tree, depth, tile, sums);
        if (columns == 3) return add_lengths<12>(tree, depth, tile, sums);
        if (columns == 4) return add_lengths<16>(tree, depth, tile, sums);
    }
    add_lengths<0>(tree, depth, tile, sums);
}

// The same in a tree split by hyperplanes, the values row by row.
inline void add_lengths_of_rows(const Tree& tree, const float* tile, Place n_columns, int n_rows, double* sums) {
    std::array<Place, kLargestTile> node;
    node.fill(1);
    for (Place first = 1; first < tree.n_leaves; first *= 2)
        for (int r = 0; r < n_rows; ++r)
            node[r] = 2 * node[r] + (tree.split_value(node[r], tile + r * n_columns) > tree.thresholds[node[r]]);
    for (int r = 0; r < n_rows; ++r) sums[r] += tree.length(node[r]);
}

// Tiles that go down one tree after the other: the values of many where trees are large and should stay near the
// processor, of one where they all stay there.
inline Place tiles_together(const Forest& forest) {
    constexpr Place kNear = Place{1} << 15;  // nodes
    return forest.n_trees * forest.n_leaves() <= kNear ? 1 : 128;
}

// The mean path length of every row over the trees. About n_trees * depth gathers of a value, a feature and a threshold
// for each row.
template <class T>
void path_lengths(const Rows<T>& rows, const Forest& forest, double* out) {
    const Place d = rows.n_columns;
    const int shift = tile_shift(d), size = 1 << shift;
    const bool by_columns = !forest.coefficients;
    const Place n_tiles = std::min(tiles_together(forest), (rows.n_rows + size - 1) >> shift);
    const Place at_once = n_tiles << shift;
    // Columns that are not there are selected among too, and never taken.
    const Place tile_values = std::max<Place>(d, Lanes::kSelected) << shift;
    std::vector<float> values(static_cast<std::size_t>(n_tiles * tile_values), 0.0f);
    std::vector<float> row(static_cast<std::size_t>(d));
    std::vector<double> sums(static_cast<std::size_t>(at_once));
    std::vector<char> incomplete(static_cast<std::size_t>(at_once));
    for (Place first = 0; first < rows.n_rows; first += at_once) {
        const Place count = std::min(at_once, rows.n_rows - first);
        for (Place i = 0; i < count; ++i) {
            float* tile = values.data() + (i >> shift) * tile_values;
            const Place r = i & (size - 1);
            bool missing = false;
            for (Place j = 0; j < d; ++j) {
                const float value = rows.at(first + i, j);
                tile[by_columns ? (j << shift) + r : r * d + j] = value;
                missing |= std::isnan(value);
            }
            incomplete[static_cast<std::size_t>(i)] = missing;
        }
        std::fill(sums.begin(), sums.end(), 0.0);
        for (Place t = 0; t < forest.n_trees; ++t) {
            const Tree tree(forest, t);
            for (Place i = 0; i < count; i += size) {
                const float* tile = values.data() + (i >> shift) * tile_values;
                const int n_rows = static_cast<int>(std::min<Place>(size, count - i));
                if (by_columns) add_lengths(tree, forest.depth, {tile, shift}, d, sums.data() + i);
                else add_lengths_of_rows(tree, tile, d, n_rows, sums.data() + i);
            }
        }
        for (Place i = 0; i < count; ++i) {
            double& sum = sums[static_cast<std::size_t>(i)];
            if (incomplete[static_cast<std::size_t>(i)]) {
                sum = 0.0;
                for (Place j = 0; j < d; ++j) row[static_cast<std::size_t>(j)] = rows.at(first + i, j);
                for (Place t = 0; t < forest.n_trees; ++t) sum += length_from(Tree(forest, t), 1, row.data());
            }
            out[first + i] = sum / static_cast<double>(forest.n_trees);
        }
    }
}

// For every row the parts of the columns in the mean path length of the sample less that of the row, in `parts`
// (n_rows, n_columns).
template <class T>
void credits(const Rows<T>& rows, const Forest& forest, double* parts) {
    const Place d = rows.n_columns;
    std::vector<float> row(static_cast<std::size_t>(d));
    std::vector<double> means(static_cast<std::size_t>(2 * forest.n_leaves()));
    std::fill(parts, parts + rows.n_rows * d, 0.0);
    for (Place t = 0; t < forest.n_trees; ++t) {
        const Tree tree(forest, t);
        node_lengths(tree, means.data());
        for (Place r = 0; r < rows.n_rows; ++r) {
            for (Place j = 0; j < d; ++j) row[static_cast<std::size_t>(j)] = rows.at(r, j);
            credit_from(tree, means.data(), 1, 1.0, row.data(), parts + r * d);
        }
    }
    for (Place i = 0; i < rows.n_rows * d; ++i) parts[i] /= static_cast<double>(forest.n_trees);
}

}  // namespace mixtura::forest
