// Columns of a kernel matrix in single precision: computed from rows or taken from a matrix, for some of the rows, and
// the cache that keeps those used last.
#pragma once

#include <cstdint>
#include <limits>

#include "svm_kernel.hpp"

namespace mixtura::svm {

// Columns are filled up to whole groups of rows, so that loops over them need no end of their own.
inline constexpr Index kGroup = 64;
inline Index filled_up(Index count) { return (count + kGroup - 1) / kGroup * kGroup; }
static_assert(kGroup % kPanelRows == 0);

// The kernel of the rows of a table. A subset of the rows is a copy in panels.
template <class Kernel, class T>
struct RowSource {
    Kernel kernel;
    Table<T> table;
    struct Subset {
        Index count = 0;
        std::vector<double> panels;
    };

    Index n_rows() const { return table.n_rows; }

    Subset subset(const std::vector<Index>& rows) const {
        const Index count = static_cast<Index>(rows.size()), size = table.n_columns * kPanelRows;
        Subset made{count, std::vector<double>(filled_up(count) / kPanelRows * size)};
        Table<T> part = table;
        part.n_rows = count;
        for (Index first = 0; first < count; first += kPanelRows)
            read_panel(part, rows.data(), first, made.panels.data() + first / kPanelRows * size);
        return made;
    }

    // to[k] = K(row, k-th row of the subset)
    void column(Index row, const Subset& subset, float* to) const {
        const Index d = table.n_columns;
        const std::vector<double> values = row_values(row);
        for (Index first = 0; first < subset.count; first += kPanelRows) {
            Doubles kernels[kPanelVectors];
            kernel_values(kernel, subset.panels.data() + first * d, d, values.data(), kernels);
            for (int v = 0; v < kPanelVectors; ++v) {
                const auto narrow = __builtin_convertvector(kernels[v], Narrow);
                std::memcpy(to + first + v * kLanes<double>, &narrow, sizeof narrow);
            }
        }
    }

    float diagonal(Index row) const {
        const std::vector<double> values = row_values(row);
        Doubles sum{};
        for (double value : values) sum = Kernel::add(sum, broadcast(value), value);
        return static_cast<float>(kernel.value(sum)[0]);
    }

private:
    using Narrow = VectorOf<float, kLanes<double>>::type;

    std::vector<double> row_values(Index row) const {
        std::vector<double> values(table.n_columns);
        const T* from = table.values + row * table.row_stride;
        for (Index j = 0; j < table.n_columns; ++j) values[j] = static_cast<double>(from[j * table.column_stride]);
        return values;
    }
};

// A kernel matrix that was given, symmetric.
template <class T>
struct MatrixSource {
    Table<T> matrix;
    using Subset = std::vector<Index>;

    Index n_rows() const { return matrix.n_rows; }
    Subset subset(const std::vector<Index>& rows) const { return rows; }
    void column(Index row, const Subset& subset, float* to) const {
        const T* from = matrix.values + row * matrix.row_stride;
        for (std::size_t k = 0; k < subset.size(); ++k)
            to[k] = static_cast<float>(from[subset[k] * matrix.column_stride]);
    }
    float diagonal(Index row) const {
        return static_cast<float>(matrix.values[row * (matrix.row_stride + matrix.column_stride)]);
    }
};

// Columns of the rows of a subset, as many as fit into the bytes given and at least two; the one used longest ago goes
// first. Looking for it costs a comparison a column, little beside computing a column.
class ColumnCache {
public:
    ColumnCache(double bytes, Index count) : bytes_(bytes) { clear(count); }

    void clear(Index count) {
        slots_.clear();
        slot_of_.assign(count, kNone);
        width_ = filled_up(count);
        const double fitting = bytes_ / (sizeof(float) * static_cast<double>(width_));
        capacity_ = static_cast<std::size_t>(std::min(std::max(fitting, 2.0), static_cast<double>(count)));
        capacity_ = std::max<std::size_t>(capacity_, 2);
    }

    // The column of the k-th row, computed by fill(to) when it is not there. The column given before stays valid.
    template <class Fill>
    const float* column(Index k, const Fill& fill) {
        if (slot_of_[k] == kNone) {
            slot_of_[k] = vacant();
            Slot& slot = slots_[slot_of_[k]];
            slot.owner = k;
            fill(slot.values.data());
        }
        Slot& slot = slots_[slot_of_[k]];
        slot.used = ++clock_;
        return slot.values.data();
    }

    // Goes on with some of the rows, in their order: what is cached of the others is dropped.
    void keep(const std::vector<Index>& kept) {
        std::vector<Slot> old = std::move(slots_);
        const std::vector<Index> slot_of = std::move(slot_of_);
        clear(static_cast<Index>(kept.size()));
        for (std::size_t k = 0; k < kept.size(); ++k) {
            if (slot_of[kept[k]] == kNone) continue;
            const Slot& from = old[slot_of[kept[k]]];
            slot_of_[k] = static_cast<Index>(slots_.size());
            Slot& to = slots_.emplace_back(Slot{std::vector<float>(width_), static_cast<Index>(k), from.used});
            for (std::size_t l = 0; l < kept.size(); ++l) to.values[l] = from.values[kept[l]];
        }
    }

private:
    static constexpr Index kNone = -1;
    struct Slot {
        std::vector<float> values;
        Index owner;
        std::uint64_t used;
    };

    Index vacant() {
        if (slots_.size() < capacity_) {
            slots_.push_back(Slot{std::vector<float>(width_), kNone, 0});
            return static_cast<Index>(slots_.size()) - 1;
        }
        const auto oldest = std::min_element(slots_.begin(), slots_.end(),
                                             [](const Slot& a, const Slot& b) { return a.used < b.used; });
        slot_of_[oldest->owner] = kNone;
        return oldest - slots_.begin();
    }

    double bytes_;
    Index width_ = 0;
    std::size_t capacity_ = 2;
    std::uint64_t clock_ = 0;
    std::vector<Slot> slots_;
    std::vector<Index> slot_of_;
};

}  // namespace mixtura::svm
