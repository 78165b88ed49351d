// Categorical columns of a mixture: each component has a probability for each level of each column, independent of the
// other columns. Their logarithms are added to the log densities of a tile, and weights by level are summed: one load
// and one addition a row, column and component, each way.
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
template <class T>
class Levels {
public:
    Levels(const LevelTables<T>& tables, Index count) : tables_(tables), count_(count) {
        for (Index c = 0; c < tables_.n_columns; ++c) {
            offsets_.push_back(width_);
            width_ += tables_.sizes[c] + kMore;
        }
        codes_.resize(static_cast<std::size_t>(tables_.n_columns * kTile<T>));
        logs_.resize(static_cast<std::size_t>(count_ * width_));
        sums_.resize(tables_.weights ? logs_.size() : 0);
        const T* from = tables_.logs;
        for (Index k = 0; k < count_; ++k)
            for (Index c = 0; c < tables_.n_columns; ++c) {
                const Index given = tables_.sizes[c] + 1;
                std::copy_n(from, given, logs_.data() + k * width_ + offsets_[c]);  // a missing level adds nothing
                from += given;
            }
    }

    void read(const Table<T>& table, Index first) {
        const int n_rows = static_cast<int>(std::min<Index>(kTile<T>, table.n_rows - first));
        for (Index c = 0; c < tables_.n_columns; ++c) {
            const T* from = table.values + first * table.row_stride + tables_.columns[c] * table.column_stride;
            std::int32_t* to = codes_.data() + c * kTile<T>;
            const std::int32_t size = tables_.sizes[c];
            for (int r = 0; r < n_rows; ++r) {
                const T value = from[r * table.row_stride];
                const std::int32_t whole = value >= T(0) && value < static_cast<T>(size)
                                               ? static_cast<std::int32_t>(value)
                                               : size;
                const std::int32_t known = static_cast<T>(whole) == value ? whole : size;
                to[r] = value != value ? size + 1 : known;
            }
            std::fill(to + n_rows, to + kTile<T>, size + 1);
        }
    }

    void add_logs(T* densities) const {
        for (Index k = 0; k < count_; ++k)
            for (Index c = 0; c < tables_.n_columns; ++c) {
                const T* logs = logs_.data() + k * width_ + offsets_[c];
                const std::int32_t* codes = codes_.data() + c * kTile<T>;
                T* to = densities + k * kStride<T>;
                for (int r = 0; r < kTile<T>; ++r) to[r] += logs[codes[r]];
            }
    }

    void add_weights(const T* responsibilities) {
        for (Index k = 0; k < count_; ++k)
            for (Index c = 0; c < tables_.n_columns; ++c) {
                double* sums = sums_.data() + k * width_ + offsets_[c];
                const std::int32_t* codes = codes_.data() + c * kTile<T>;
                const T* shares = responsibilities + k * kStride<T>;
                for (int r = 0; r < kTile<T>; ++r) sums[codes[r]] += static_cast<double>(shares[r]);
            }
    }

    void finish() const {
        double* to = tables_.weights;
        for (Index k = 0; k < count_; ++k)
            for (Index c = 0; c < tables_.n_columns; ++c)
                for (Index level = 0; level < tables_.sizes[c]; ++level)
                    *to++ += sums_[static_cast<std::size_t>(k * width_ + offsets_[c] + level)];
    }

private:
    static constexpr Index kMore = 2;  // a level never seen, and a missing one

    LevelTables<T> tables_;
    Index count_, width_ = 0;
    std::vector<Index> offsets_;
    std::vector<std::int32_t> codes_;
    std::vector<T> logs_;
    std::vector<double> sums_;
};

}  // namespace mixtura::mixture
