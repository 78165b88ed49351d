// The growth of one isolation tree; forest.hpp says how it is kept.
#pragma once

#include <numeric>

#include "forest.hpp"
#include "forest_draw.hpp"

namespace mixtura::forest {

// Where a tree is written: arrays as in `Forest`, of one tree.
struct TreeArrays {
    Place depth, width;
    std::int32_t* features;
    float* coefficients;  // null along an axis
    float* thresholds;
    std::int32_t* counts;
};

// Every split takes a random column among those that differ in the node, or for hyperplanes up to `width` of them, and
// a threshold uniform between the ends of the values. Rows whose value is missing go left or right at random, by the
// shares of the others. A tree costs O(size * depth), and twice the values of its rows in memory, which all trees of a
// grower share.
class Grower {
public:
    Grower(Place size, Place n_columns)
        : size_(size),
          values_(static_cast<std::size_t>(size * n_columns)),
          order_(static_cast<std::size_t>(size)),
          live_(static_cast<std::size_t>(n_columns)),
          by_(static_cast<std::size_t>(size)) {}

    // Grows a tree on the rows at the positions `sample`, as many as the grower has room for, and the columns given.
    template <class T>
    void grow(const Rows<T>& rows, const std::int64_t* sample, const std::int32_t* columns, std::uint64_t seed,
              const TreeArrays& tree) {
        constexpr Place kRows = 64;  // that a column takes from rows which are near the processor
        const Place n_columns = static_cast<Place>(live_.size());
        for (Place first = 0; first < size_; first += kRows)
            for (Place j = 0; j < n_columns; ++j)
                for (Place i = first; i < std::min(first + kRows, size_); ++i)
                    values_[static_cast<std::size_t>(j * size_ + i)] = rows.at(sample[i], columns[j]);
        std::iota(order_.begin(), order_.end(), 0);
        std::iota(live_.begin(), live_.end(), 0);
        random_ = Random(seed, 0);
        tree_ = tree;
        columns_ = columns;
        const Place leaves = Place{1} << tree_.depth;
        std::fill(tree_.features, tree_.features + leaves * tree_.width, columns_[0]);
        if (tree_.coefficients) std::fill(tree_.coefficients, tree_.coefficients + leaves * tree_.width, 0.0f);
        std::fill(tree_.thresholds, tree_.thresholds + leaves, kInfinity);
        std::fill(tree_.counts, tree_.counts + 2 * leaves, 0);
        grow(1, 0, size_, n_columns);
    }

private:
    struct Range {
        float low = kInfinity, high = -kInfinity;
        Place missing = 0;
        bool differs() const { return low < high; }
    };

    const float* column(Place j) const { return values_.data() + j * size_; }

    // Grows the subtree of a node with the rows order_[first ... last) and the columns live_[0 ... n_live): those that
    // are constant are moved behind and stay constant below.
    void grow(Place node, Place first, Place last, Place n_live) {
        const Place leaves = Place{1} << tree_.depth;
        tree_.counts[node] = static_cast<std::int32_t>(last - first);
        if (node >= leaves) return;
        Range range;
        if (last - first > 1)
            range =
                tree_.coefficients ? choose_plane(node, first, last, n_live) : choose_axis(node, first, last, n_live);
        if (!range.differs()) {
            // A leaf: its rows go left to the last level.
            for (Place left = 2 * node; left < 2 * leaves; left *= 2)
                tree_.counts[left] = static_cast<std::int32_t>(last - first);
            return;
        }
        const double at = range.low + random_.uniform() * (static_cast<double>(range.high) - range.low);
        float threshold = static_cast<float>(at);
        if (!(threshold < range.high)) threshold = range.low;  // rounded up
        tree_.thresholds[node] = threshold;
        const Place middle = divide(first, last, threshold, range.missing);
        grow(2 * node, first, middle, n_live);
        grow(2 * node + 1, middle, last, n_live);
    }

    // A random column that differs in the node, whose values are then in by_; without one the range is empty.
    Range choose_axis(Place node, Place first, Place last, Place& n_live) {
        while (n_live > 0) {
            const std::size_t pick = static_cast<std::size_t>(random_.below(n_live));
            const Range range = range_of(column(live_[pick]), first, last);
            if (range.differs()) {
                tree_.features[node] = columns_[live_[pick]];
                return range;
            }
            std::swap(live_[pick], live_[static_cast<std::size_t>(--n_live)]);
        }
        return {};
    }

    // A random direction in up to `width` columns that differ in the node, each in units of its standard deviation
    // there; the projections in by_. If they do not differ, or no row has them all, the first of the columns alone.
    Range choose_plane(Place node, Place first, Place last, Place& n_live) {
        Place chosen = 0;
        double largest = 0;
        terms_.clear();
        while (chosen < std::min(tree_.width, n_live)) {
            const std::size_t pick = static_cast<std::size_t>(chosen + random_.below(n_live - chosen));
            const Range range = range_of(column(live_[pick]), first, last);
            if (!range.differs()) {
                std::swap(live_[pick], live_[static_cast<std::size_t>(--n_live)]);
                continue;
            }
            std::swap(live_[pick], live_[static_cast<std::size_t>(chosen)]);
            const float* values = column(live_[static_cast<std::size_t>(chosen)]);
            const double coefficient = random_.normal() / deviation(values, first, last);
            terms_.push_back(coefficient);
            largest = std::max(largest, std::abs(coefficient));
            ++chosen;
        }
        if (chosen == 0) return {};
        std::int32_t* features = tree_.features + node * tree_.width;
        float* coefficients = tree_.coefficients + node * tree_.width;
        for (Place j = 0; j < tree_.width; ++j) {
            // Columns too few for the width are the first once more, at coefficient zero.
            features[j] = columns_[live_[static_cast<std::size_t>(j < chosen ? j : 0)]];
            coefficients[j] = j < chosen ? static_cast<float>(terms_[static_cast<std::size_t>(j)] / largest) : 0.0f;
        }
        Range range = project(node, first, last, chosen);
        if (range.differs()) return range;
        std::fill(coefficients, coefficients + tree_.width, 0.0f);
        std::fill(features, features + tree_.width, features[0]);
        coefficients[0] = 1.0f;
        return project(node, first, last, 1);
    }

    // Fills by_ with the projections of the rows, summed in the order in which rows are scored.
    Range project(Place node, Place first, Place last, Place n_terms) {
        const float* coefficients = tree_.coefficients + node * tree_.width;
        Range range;
        for (Place i = first; i < last; ++i) {
            double sum = 0;
            for (Place j = 0; j < n_terms; ++j)
                sum += static_cast<double>(coefficients[j]) *
                       static_cast<double>(column(live_[static_cast<std::size_t>(j)])[order_[i]]);
            by_[i] = static_cast<float>(sum < -kLargest ? -kLargest : sum > kLargest ? kLargest : sum);
            range.low = by_[i] < range.low ? by_[i] : range.low;
            range.high = by_[i] > range.high ? by_[i] : range.high;
            range.missing += std::isnan(by_[i]);
        }
        return range;
    }

    // Fills by_ with the values of the rows too. Comparisons with NaN do not hold, so that missing values are passed
    // over. Several ranges side by side do not wait for one another.
    Range range_of(const float* values, Place first, Place last) {
        constexpr int kRanges = 8;
        Range range;
        const auto add = [&](float value, float& low, float& high) {
            low = value < low ? value : low;
            high = value > high ? value : high;
            range.missing += value != value;
        };
        Place i = first;
        if (last - first >= 4 * kRanges) {
            float low[kRanges], high[kRanges];
            std::fill(low, low + kRanges, kInfinity);
            std::fill(high, high + kRanges, -kInfinity);
            for (; i + kRanges <= last; i += kRanges)
                for (int k = 0; k < kRanges; ++k) add(by_[i + k] = values[order_[i + k]], low[k], high[k]);
            range.low = *std::min_element(low, low + kRanges);
            range.high = *std::max_element(high, high + kRanges);
        }
        for (; i < last; ++i) add(by_[i] = values[order_[i]], range.low, range.high);
        return range;
    }

    // The standard deviation of values that differ, never zero.
    double deviation(const float* values, Place first, Place last) const {
        double mean = 0, sum = 0;
        Place count = 0;
        for (Place i = first; i < last; ++i) {
            const double value = values[order_[i]];
            if (std::isnan(value)) continue;
            const double off = value - mean;
            mean += off / static_cast<double>(++count);
            sum += off * (value - mean);
        }
        return std::max(std::sqrt(sum / static_cast<double>(count)), std::numeric_limits<double>::min());
    }

    // Moves the rows that go left to the front, and returns where those that go right begin.
    Place divide(Place first, Place last, float threshold, Place missing) {
        double share = 0;
        if (missing > 0) {
            Place left = 0;
            for (Place i = first; i < last; ++i) left += by_[i] <= threshold;
            share = static_cast<double>(left) / static_cast<double>(last - first - missing);
        }
        Place middle = first;
        for (Place i = first; i < last; ++i) {
            const bool left = missing > 0 && std::isnan(by_[i]) ? random_.uniform() < share : by_[i] <= threshold;
            // Swapped whether or not the row goes left: a branch would be guessed wrong half of the time.
            std::swap(order_[i], order_[middle]);
            middle += left;
        }
        return middle;
    }

    Random random_{0, 0};
    TreeArrays tree_{};
    Place size_;
    const std::int32_t* columns_ = nullptr;
    std::vector<float> values_;
    std::vector<std::int32_t> order_, live_;
    std::vector<float> by_;
    std::vector<double> terms_;
};

}  // namespace mixtura::forest
