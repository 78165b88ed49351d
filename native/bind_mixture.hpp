// What the bindings of passes over complete rows and over rows that miss values share: the arrays they take.
#pragma once

#include <algorithm>

#include "bindings.hpp"
#include "mixture.hpp"

namespace mixtura::mixture {

// A column with more levels than this is no category.
inline constexpr std::int32_t kMostLevels = 1 << 20;

using Weights = std::optional<Dense<double, 1>>;
using Places = std::optional<Dense<std::int32_t, 1>>;

template <class T>
inline void check_places(const Dense<std::int32_t, 1>& places, const Strided<T, 2>& values) {
    const auto is_there = [&](std::int32_t j) { return j >= 0 && static_cast<std::size_t>(j) < values.shape(1); };
    require(std::all_of(places.data(), places.data() + places.shape(0), is_there), "the rows have no such column");
}

// The rows with the columns at `places`, or with all columns.
template <class T>
inline Table<T> table_of(const Strided<T, 2>& values, const Weights& weights, const Places& places) {
    require(!weights || weights->shape(0) == values.shape(0), "weights must have one value for each row");
    if (places) check_places(*places, values);
    return {values.data(),
            static_cast<Index>(values.shape(0)),
            static_cast<Index>(places ? places->shape(0) : values.shape(1)),
            static_cast<Index>(values.stride(0)),
            static_cast<Index>(values.stride(1)),
            weights ? weights->data() : nullptr,
            places ? places->data() : nullptr};
}

// What Python gives of categorical columns: where they stand, how many levels they have, the logarithms of their
// probabilities, and in a pass that sums moments where weights by level go.
template <class T>
inline LevelTables<T> levels_of(const Strided<T, 2>& values, Index count, const Places& columns, const Places& sizes,
                                const std::optional<Dense<T, 2>>& logs,
                                const std::optional<Output<double, 2>>& weights) {
    if (!columns || !sizes || !logs) {
        require(!columns && !sizes && !logs, "columns, sizes and logs of levels go together");
        require(!weights, "weights of levels go with their columns");
        return {};
    }
    check_places(*columns, values);
    require(columns->shape(0) == sizes->shape(0), "sizes must have one value for each column of levels");
    Index total = 0;
    for (std::size_t c = 0; c < sizes->shape(0); ++c) {
        require(sizes->data()[c] > 0 && sizes->data()[c] < kMostLevels, "a column has no such number of levels");
        total += sizes->data()[c];
    }
    const Index n_columns = static_cast<Index>(columns->shape(0));
    const auto has = [&](const auto& array, Index width) {
        return static_cast<Index>(array.shape(0)) == count && static_cast<Index>(array.shape(1)) == width;
    };
    require(has(*logs, total + n_columns), "logs of levels have the wrong shape");
    require(!weights || has(*weights, total), "weights of levels have the wrong shape");
    return {n_columns, columns->data(), sizes->data(), logs->data(), weights ? weights->data() : nullptr};
}

// Where Python wants scores to be written.
template <class T>
inline Scores<T> scores_of(Index n_rows, Index count, const std::optional<Output<T, 1>>& log_density,
                           const std::optional<Output<T, 2>>& responsibilities,
                           const std::optional<Output<std::int64_t, 1>>& labels) {
    const auto has_rows = [&](Index rows) { return rows == n_rows; };
    require(!log_density || has_rows(log_density->shape(0)), "log_density has the wrong size");
    require(!labels || has_rows(labels->shape(0)), "labels has the wrong size");
    require(!responsibilities ||
                (has_rows(responsibilities->shape(0)) && static_cast<Index>(responsibilities->shape(1)) == count),
            "responsibilities has the wrong shape");
    return {log_density ? log_density->data() : nullptr, responsibilities ? responsibilities->data() : nullptr,
            labels ? labels->data() : nullptr};
}

}  // namespace mixtura::mixture
