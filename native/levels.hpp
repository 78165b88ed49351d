// Categorical columns of a mixture: each component has a probability for each level of each column, independent of the
// other columns. Their logarithms are added to the log densities of a tile, and weights by level are summed: at
// most one load and one addition a row, column and component, each way.
#pragma once

#include <cstdint>
#include <vector>

#include "tile.hpp"

namespace mixtura::mixture {

// What a mixture knows of the levels of its categorical columns.
template <class T>
struct LevelTables {
    Index n_columns = 0;
    const std::int32_t* columns = nullptr;  // where they stand in the rows
    const std::int32_t* sizes = nullptr;    // numbers of levels
    const T* logs = nullptr;    // for each component, column by column: of each level, then of a level never seen
    double* weights = nullptr;  // summed up for each component, column by column: of each level; may be null
};

// Rows hold the number of a level, from 0, NaN where it is missing. Any other value is a level never seen.
//
// Neighbouring columns of few levels are taken together, as one column of all their combinations: their logarithms are
// added up once, and the weights of combinations are divided among the columns at the end.
template <class T>
class Levels {
public:
    Levels(const LevelTables<T>& tables, Index count) : tables_(tables), count_(count) {
        for (Index c = 0; c < tables_.n_columns; ++c) {
            const Index width = tables_.sizes[c] + kMore;
            if (groups_.empty() || groups_.back().width * width > kMostTogether) groups_.push_back({c, c, 0, 1});
            groups_.back().end = c + 1;
            groups_.back().width *= width;
        }
        for (Group& group : groups_) {
            group.offset = width_;
            width_ += group.width;
        }
        column_.resize(kTile<T>);
        combined_.resize(kTile<T>);
        codes_.resize(groups_.size() * kTile<T>);
        logs_.resize(static_cast<std::size_t>(count_ * width_));
        sums_.resize(tables_.weights ? logs_.size() : 0);
        const T* from = tables_.logs;
        for (Index k = 0; k < count_; ++k)
            for (const Group& group : groups_) {
                T* to = logs_.data() + k * width_ + group.offset;
                Index step = 1;
                for (Index c = group.first; c < group.end; ++c) {
                    const Index given = tables_.sizes[c] + 1;
                    for (Index level = given; level >= 0; --level) {        // the first is added to last, in its place
                        const T more = level < given ? from[level] : T(0);  // a missing level adds nothing
                        for (Index i = 0; i < step; ++i) to[level * step + i] = to[i] + more;
                    }
                    from += given;
                    step *= given + 1;
                }
            }
    }

    void read(const Table<T>& table, Index first) {
        const int n_rows = static_cast<int>(std::min<Index>(kTile<T>, table.n_rows - first));
        std::int32_t* to = codes_.data();
        for (const Group& group : groups_) {
            std::fill(combined_.begin(), combined_.end(), T(0));
            T step = 1;
            for (Index c = group.first; c < group.end; ++c) {
                const T* from = table.values + first * table.row_stride + tables_.columns[c] * table.column_stride;
                for (int r = 0; r < n_rows; ++r) column_[r] = from[r * table.row_stride];
                add_codes(static_cast<T>(tables_.sizes[c]), step);
                step *= static_cast<T>(tables_.sizes[c] + kMore);
            }
            for (int r = 0; r < kTile<T>; ++r) to[r] = static_cast<std::int32_t>(combined_[r]);
            to += kTile<T>;
        }
    }

    void add_logs(T* densities, int end) const {
        for (Index k = 0; k < count_; ++k) {
            const std::int32_t* codes = codes_.data();
            T* to = densities + k * kStride<T>;
            for (const Group& group : groups_) {
                const T* logs = logs_.data() + k * width_ + group.offset;
                for (int r = 0; r < end; ++r) to[r] += logs[codes[r]];
                codes += kTile<T>;
            }
        }
    }

    void add_weights(const T* responsibilities, int end) {
        for (Index k = 0; k < count_; ++k) {
            const std::int32_t* codes = codes_.data();
            const T* shares = responsibilities + k * kStride<T>;
            for (const Group& group : groups_) {
                double* sums = sums_.data() + k * width_ + group.offset;
                for (int r = 0; r < end; ++r) sums[codes[r]] += static_cast<double>(shares[r]);
                codes += kTile<T>;
            }
        }
    }

    void finish() const {
        double* to = tables_.weights;
        for (Index k = 0; k < count_; ++k)
            for (const Group& group : groups_) {
                const double* sums = sums_.data() + k * width_ + group.offset;
                Index step = 1;
                for (Index c = group.first; c < group.end; ++c) {
                    const Index size = tables_.sizes[c], width = size + kMore;
                    for (Index outer = 0; outer < group.width; outer += step * width)
                        for (Index level = 0; level < size; ++level)
                            for (Index i = 0; i < step; ++i) to[level] += sums[outer + level * step + i];
                    to += size;
                    step *= width;
                }
            }
    }

private:
    // Adds `step` times the codes of a column of `size` levels: its level, size where that was never seen, size + 1
    // where it is missing. Codes are whole numbers far below the largest that T holds exactly.
    void add_codes(T size, T step) {
        using Whole = typename VectorOf<std::int32_t, kLanes<T>>::type;
        const Vector<T> none = broadcast<T>(size), one = broadcast<T>(T(1));
        for (int r = 0; r < kTile<T>; r += kLanes<T>) {
            const Vector<T> value = load(column_.data() + r);
            const Vector<T> within = value >= T(0) ? (value < size ? value : none) : none;
            const Vector<T> whole = __builtin_convertvector(__builtin_convertvector(within, Whole), Vector<T>);
            const Vector<T> known = whole == within ? whole : none;
            const Vector<T> code = value == value ? known : none + one;
            store<T>(combined_.data() + r, load(combined_.data() + r) + step * code);
        }
    }

    static constexpr Index kMore = 2;             // a level never seen, and a missing one
    static constexpr Index kMostTogether = 1024;  // combinations: a table of them fits in the nearest cache

    // Columns from first to end, of `width` combinations, whose tables start at `offset`.
    struct Group {
        Index first, end, offset, width;
    };

    LevelTables<T> tables_;
    Index count_, width_ = 0;
    std::vector<Group> groups_;
    std::vector<std::int32_t> codes_;
    std::vector<T> column_, combined_, logs_;
    std::vector<double> sums_;
};

}  // namespace mixtura::mixture
