// Exact nearest neighbours by a k-d tree in which every node has eight children (Friedman, Bentley and Finkel, "An
// algorithm for finding best matches in logarithmic expected time", 1977).
//
// Rows are halved at the median of the column that reaches farthest until at most kLeafRows are left, so that the tree
// is complete: there are no pointers in it. Three halvings make one level, and the boxes around the rows of the eight
// children lie side by side: one pass over the columns bounds the distances of a query to all eight. The rows of a leaf
// lie column-wise: one pass gives all their distances. Both cost about three instructions for a column and vector.
#pragma once

#include <utility>

#include "neighbors.hpp"

namespace mixtura::neighbors {

inline constexpr Index kLeafRows = 32;
inline constexpr int kFanBits = 3;
inline constexpr Index kFan = 1 << kFanBits;
inline constexpr Index kPadding = 8;  // doubles in the widest vector: the rows of a leaf are filled up to a multiple

// Where things lie in the tree over so many rows.
struct TreeShape {
    Index n_rows, n_columns;
    int height = 0;  // halvings

    TreeShape(Index n, Index d) : n_rows(n), n_columns(d) {
        while (((n - 1) >> height) + 1 > kLeafRows) ++height;
    }

    Index leaves() const { return Index{1} << height; }
    Index width() const { return ((((n_rows - 1) >> height) + kPadding) / kPadding) * kPadding; }
    Index first_row(Index leaf) const { return (leaf * n_rows) >> height; }
    int levels() const { return (height + kFanBits - 1) / kFanBits; }
    // Halvings above the children of a level.
    int bits(int level) const { return height - kFanBits * (levels() - 1 - level); }
    Index parents(int level) const { return level == 0 ? 1 : Index{1} << bits(level - 1); }
    int fan(int level) const { return 1 << (level == 0 ? bits(0) : kFanBits); }
    Index parents_above(int level) const {
        Index sum = 0;
        for (int l = 0; l < level; ++l) sum += parents(l);
        return sum;
    }
    Index leaves_size() const { return leaves() * n_columns * width(); }
    Index rows_size() const { return leaves() * width(); }
    Index boxes_size() const { return parents_above(levels()) * n_columns * 2 * kFan; }
    Index lowest_size() const { return parents_above(levels()) * kFan; }
};

// The arrays of a tree.
template <class Value, class Row>
struct TreeArrays {
    Value* leaves;  // value of column j of row r of a leaf at (leaf * d + j) * width + r
    Row* rows;      // number of row r of a leaf at leaf * width + r, or -1 where the leaf is filled up
    Value* boxes;   // for each parent and column the least values of the children, then the largest
    Row* lowest;    // for each parent the lowest row numbers of the children
};

class TreeBuilder {
public:
    TreeBuilder(const double* values, TreeShape shape, TreeArrays<double, Index> out)
        : values_(values), shape_(shape), out_(out), order_(shape.n_rows), keys_(shape.n_rows) {
        for (Index i = 0; i < shape.n_rows; ++i) order_[i] = i;
        halve(0, shape.height);
        fill_leaves();
        fill_boxes();
    }

private:
    void halve(Index leaf, int height) {
        const Index first = shape_.first_row(leaf), last = shape_.first_row(leaf + (Index{1} << height));
        if (height == 0) {
            std::sort(order_.begin() + first, order_.begin() + last);
            return;
        }
        const Index column = widest(first, last), middle = shape_.first_row(leaf + (Index{1} << (height - 1)));
        for (Index i = first; i < last; ++i) {
            keys_[i] = {values_[order_[i] * shape_.n_columns + column], order_[i]};
        }
        // Equal values are told apart by the row number: a leaf among copies of one row then holds the lowest numbers,
        // and a search that has found k copies can leave the others out.
        std::nth_element(keys_.begin() + first, keys_.begin() + middle, keys_.begin() + last);
        for (Index i = first; i < last; ++i) order_[i] = keys_[i].second;
        halve(leaf, height - 1);
        halve(leaf + (Index{1} << (height - 1)), height - 1);
    }

    Index widest(Index first, Index last) const {
        const Index d = shape_.n_columns;
        std::vector<double> least(d, kInfinite), largest(d, -kInfinite);
        for (Index i = first; i < last; ++i) {
            const double* row = values_ + order_[i] * d;
            for (Index j = 0; j < d; ++j) {
                least[j] = std::min(least[j], row[j]);
                largest[j] = std::max(largest[j], row[j]);
            }
        }
        Index best = 0;
        for (Index j = 1; j < d; ++j) {
            if (largest[j] - least[j] > largest[best] - least[best]) best = j;
        }
        return best;
    }

    void fill_leaves() {
        const Index d = shape_.n_columns, width = shape_.width();
        // No comparison with what is not a number holds, so that the places filled up are never among the nearest.
        std::fill_n(out_.leaves, shape_.leaves_size(), std::numeric_limits<double>::quiet_NaN());
        std::fill_n(out_.rows, shape_.rows_size(), Index{-1});
        for (Index leaf = 0; leaf < shape_.leaves(); ++leaf) {
            const Index first = shape_.first_row(leaf), count = shape_.first_row(leaf + 1) - first;
            for (Index r = 0; r < count; ++r) {
                const Index row = order_[first + r];
                out_.rows[leaf * width + r] = row;
                for (Index j = 0; j < d; ++j) out_.leaves[(leaf * d + j) * width + r] = values_[row * d + j];
            }
        }
    }

    void fill_boxes() {
        const Index d = shape_.n_columns, width = shape_.width();
        Index nodes = shape_.leaves();
        std::vector<double> least(nodes * d, kInfinite), largest(nodes * d, -kInfinite);
        std::vector<Index> lowest(nodes, kNoRow);
        for (Index leaf = 0; leaf < nodes; ++leaf) {
            const Index count = shape_.first_row(leaf + 1) - shape_.first_row(leaf);
            for (Index r = 0; r < count; ++r) lowest[leaf] = std::min(lowest[leaf], out_.rows[leaf * width + r]);
            for (Index j = 0; j < d; ++j) {
                const double* column = out_.leaves + (leaf * d + j) * width;
                least[leaf * d + j] = *std::min_element(column, column + count);
                largest[leaf * d + j] = *std::max_element(column, column + count);
            }
        }
        for (int level = shape_.levels() - 1; level >= 0; --level) {
            const Index parents = shape_.parents(level), fan = shape_.fan(level), above = shape_.parents_above(level);
            for (Index parent = 0; parent < parents; ++parent) {
                double* box = out_.boxes + (above + parent) * d * 2 * kFan;
                Index* low = out_.lowest + (above + parent) * kFan;
                std::fill_n(low, kFan, kNoRow);
                Index lowest_of_all = kNoRow;
                for (Index c = 0; c < fan; ++c) {
                    low[c] = lowest[parent * fan + c];
                    lowest_of_all = std::min(lowest_of_all, low[c]);
                }
                lowest[parent] = lowest_of_all;
                for (Index j = 0; j < d; ++j) {
                    double low_of_all = kInfinite, high_of_all = -kInfinite;
                    for (Index c = 0; c < kFan; ++c) {
                        const Index child = (parent * fan + c) * d + j;
                        box[j * 2 * kFan + c] = c < fan ? least[child] : kInfinite;
                        box[j * 2 * kFan + kFan + c] = c < fan ? largest[child] : -kInfinite;
                        if (c < fan) {
                            low_of_all = std::min(low_of_all, least[child]);
                            high_of_all = std::max(high_of_all, largest[child]);
                        }
                    }
                    least[parent * d + j] = low_of_all;
                    largest[parent * d + j] = high_of_all;
                }
            }
        }
    }

    const double* values_;
    TreeShape shape_;
    TreeArrays<double, Index> out_;
    std::vector<Index> order_;
    std::vector<std::pair<double, Index>> keys_;
};

template <class Metric>
class TreeSearch {
public:
    TreeSearch(TreeShape shape, TreeArrays<const double, const Index> tree, Metric metric)
        : shape_(shape),
          tree_(tree),
          metric_(metric),
          shrink_(1 - 1e-12 - 1e-15 * static_cast<double>(shape.n_columns)) {
        for (int level = 0; level < shape.levels(); ++level) above_.push_back(shape.parents_above(level));
        pending_.reserve(shape.levels() * kFan + 1);
    }

    void run(const Queries& queries) {
        for (Index i = 0; i < queries.count; ++i) {
            const Index place = queries.places[i];
            Nearest nearest = queries.nearest(place);
            find(queries.values + place * shape_.n_columns, queries.excluded_of(place), nearest);
        }
    }

private:
    static constexpr int kWide = kLanes<double>;

    struct Node {
        double bound;
        Index lowest;
        int level;  // of its children
        Index number;
    };

    // No row of a node is nearer than its bound: where that is the distance of the last one found, only a lower number
    // would put it out.
    static bool may_hold(const Nearest& nearest, double bound, Index lowest) { return nearest.takes(bound, lowest); }

    void find(const double* query, Index excluded, Nearest& nearest) {
        pending_.assign(1, Node{0.0, 0, 0, 0});
        while (!pending_.empty()) {
            const Node node = pending_.back();
            pending_.pop_back();
            if (!may_hold(nearest, node.bound, node.lowest)) continue;
            if (node.level == shape_.levels()) {
                scan(query, node.number, excluded, nearest);
            } else {
                open(query, node, nearest);
            }
        }
    }

    // Puts the children that may hold a neighbour on the stack, the nearest on top.
    void open(const double* query, const Node& node, const Nearest& nearest) {
        const Index parent = above_[node.level] + node.number, fan = shape_.fan(node.level);
        const double* box = tree_.boxes + parent * shape_.n_columns * 2 * kFan;
        const Index* lowest = tree_.lowest + parent * kFan;
        constexpr int kVectors = static_cast<int>(kFan) / kWide;
        Vector<double> sums[kVectors] = {};
        for (Index j = 0; j < shape_.n_columns; ++j, box += 2 * kFan) {
            const Vector<double> x = broadcast(query[j]);
            for (int v = 0; v < kVectors; ++v) {
                const Vector<double> outside = maximum(load(box + v * kWide) - x, x - load(box + kFan + v * kWide));
                sums[v] = metric_(sums[v], maximum(outside, Vector<double>{}));
            }
        }
        double bounds[kFan];
        // The sums are rounded like those of the rows, but not always in the same direction: powers and fused products.
        for (int v = 0; v < kVectors; ++v) store(bounds + v * kWide, sums[v] * shrink_);
        const auto bottom = static_cast<std::ptrdiff_t>(pending_.size());
        for (Index c = 0; c < fan; ++c) {
            if (!may_hold(nearest, bounds[c], lowest[c])) continue;
            const Node child{bounds[c], lowest[c], node.level + 1, node.number * fan + c};
            auto at = pending_.end();
            while (at - pending_.begin() > bottom && after(child, *(at - 1))) --at;
            pending_.insert(at, child);
        }
    }

    static bool after(const Node& a, const Node& b) {
        return a.bound > b.bound || (a.bound == b.bound && a.lowest > b.lowest);
    }

    void scan(const double* query, Index leaf, Index excluded, Nearest& nearest) const {
        const Index width = shape_.width();
        const double* values = tree_.leaves + leaf * shape_.n_columns * width;
        const Index* rows = tree_.rows + leaf * width;
        Index first = 0;
        for (; first + 4 * kWide <= width; first += 4 * kWide) {
            scan<4>(query, values + first, rows + first, width, excluded, nearest);
        }
        for (; first + 2 * kWide <= width; first += 2 * kWide) {
            scan<2>(query, values + first, rows + first, width, excluded, nearest);
        }
        for (; first < width; first += kWide) scan<1>(query, values + first, rows + first, width, excluded, nearest);
    }

    template <int Count>
    void scan(const double* query, const double* values, const Index* rows, Index width, Index excluded,
              Nearest& nearest) const {
        Vector<double> sums[Count] = {};
        for (Index j = 0; j < shape_.n_columns; ++j, values += width) {
            const Vector<double> x = broadcast(query[j]);
#pragma GCC unroll 4
            for (int v = 0; v < Count; ++v) sums[v] = metric_(sums[v], load(values + v * kWide) - x);
        }
        const Vector<double> limit = broadcast(nearest.limit());
        for (int v = 0; v < Count; ++v) {
            for (unsigned bits = at_most(sums[v], limit); bits != 0; bits &= bits - 1) {
                const int lane = std::countr_zero(bits);
                const Index row = rows[v * kWide + lane];
                if (row != excluded && nearest.takes(sums[v][lane], row)) nearest.insert(sums[v][lane], row);
            }
        }
    }

    TreeShape shape_;
    TreeArrays<const double, const Index> tree_;
    Metric metric_;
    double shrink_;
    std::vector<Index> above_;
    std::vector<Node> pending_;
};

}  // namespace mixtura::neighbors
