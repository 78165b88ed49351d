// The passes over a mixture, for Python: arrays are checked here, and only here, before a pass runs without the
// interpreter.
#include <algorithm>

#include "bindings.hpp"
#include "factor.hpp"
#include "mixture.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace mixtura::mixture {
namespace {

// A column with more levels than this is no category.
constexpr std::int32_t kMostLevels = 1 << 20;

using Weights = std::optional<Dense<double, 1>>;
using Places = std::optional<Dense<std::int32_t, 1>>;

template <class T>
void check_places(const Dense<std::int32_t, 1>& places, const Strided<T, 2>& values) {
    const auto is_there = [&](std::int32_t j) { return j >= 0 && static_cast<std::size_t>(j) < values.shape(1); };
    require(std::all_of(places.data(), places.data() + places.shape(0), is_there), "the rows have no such column");
}

// The rows with the columns at `places`, or with all columns.
template <class T>
Table<T> table_of(const Strided<T, 2>& values, const Weights& weights, const Places& places) {
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
LevelTables<T> levels_of(const Strided<T, 2>& values, Index count, const Places& columns, const Places& sizes,
                         const std::optional<Dense<T, 2>>& logs, const std::optional<Output<double, 2>>& weights) {
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

template <template <class> class Shape, class T>
Components<T> components_of(Index d, const Dense<double, 1>& log_constants, const Dense<T, 2>& means,
                            const Dense<T, 1>& factors, const Weights& degrees_of_freedom) {
    const Index count = static_cast<Index>(log_constants.shape(0));
    require(static_cast<Index>(means.shape(0)) == count, "means must have one row for each component");
    require(static_cast<Index>(means.shape(1)) == d, "means must have one column for each column of the rows");
    const Index size = static_cast<Index>(factors.shape(0));
    require(size == Shape<T>::factors_size(count, d, size), "factors has the wrong size");
    require(!degrees_of_freedom || static_cast<Index>(degrees_of_freedom->shape(0)) == count,
            "degrees_of_freedom must have one value for each component");
    return {count,
            log_constants.data(),
            means.data(),
            factors.data(),
            degrees_of_freedom ? degrees_of_freedom->data() : nullptr,
            size};
}

template <template <class> class Shape, class T>
void bind(nb::module_& m, const char* accumulate_name, const char* score_name) {
    m.def(
        accumulate_name,
        [](Strided<T, 2> values, Weights weights, Dense<double, 1> log_constants, Dense<T, 2> means,
           Dense<T, 1> factors, Output<double, 1> counts, Output<double, 2> first, Output<double, 1> second,
           Weights degrees_of_freedom, double log_background, double floor, std::optional<Output<T, 1>> log_density,
           std::optional<Output<double, 2>> tails, Places columns, Places level_columns, Places level_sizes,
           std::optional<Dense<T, 2>> level_logs, std::optional<Output<double, 2>> level_weights) {
            const Table<T> table = table_of<T>(values, weights, columns);
            const Components<T> components =
                components_of<Shape, T>(table.n_columns, log_constants, means, factors, degrees_of_freedom);
            require(static_cast<Index>(counts.shape(0)) == components.count, "counts has the wrong size");
            require(static_cast<Index>(first.shape(0)) == components.count &&
                        static_cast<Index>(first.shape(1)) == table.n_columns,
                    "first has the wrong shape");
            require(static_cast<Index>(second.shape(0)) ==
                        Shape<T>::second_size(components.count, table.n_columns, components.factors_size),
                    "second has the wrong size");
            require(!log_density || static_cast<Index>(log_density->shape(0)) == table.n_rows,
                    "log_density has the wrong size");
            require(degrees_of_freedom.has_value() == tails.has_value(), "tails go with degrees_of_freedom");
            require(!tails || (tails->shape(0) == 2 && static_cast<Index>(tails->shape(1)) == components.count),
                    "tails has the wrong shape");
            require(level_columns.has_value() == level_weights.has_value(), "a pass sums the weights of levels");
            const LevelTables<T> levels =
                levels_of<T>(values, components.count, level_columns, level_sizes, level_logs, level_weights);
            const Totals totals{counts.data(), first.data(), second.data(), tails ? tails->data() : nullptr};
            nb::gil_scoped_release release;
            return accumulate<Shape, T>(table, components, levels, {log_background, floor}, totals,
                                        log_density ? log_density->data() : nullptr);
        },
        "values"_a.noconvert(), "weights"_a.none(), "log_constants"_a, "means"_a.noconvert(), "factors"_a.noconvert(),
        "counts"_a.noconvert(), "first"_a.noconvert(), "second"_a.noconvert(), "degrees_of_freedom"_a.none(),
        "log_background"_a, "floor"_a, "log_density"_a.none().noconvert(), "tails"_a.none().noconvert(),
        "columns"_a.none(), "level_columns"_a.none(), "level_sizes"_a.none(), "level_logs"_a.none().noconvert(),
        "level_weights"_a.none().noconvert());
    m.def(
        score_name,
        [](Strided<T, 2> values, Dense<double, 1> log_constants, Dense<T, 2> means, Dense<T, 1> factors,
           std::optional<Output<T, 1>> log_density, std::optional<Output<T, 2>> responsibilities,
           std::optional<Output<std::int64_t, 1>> labels, Weights degrees_of_freedom, Places columns,
           Places level_columns, Places level_sizes, std::optional<Dense<T, 2>> level_logs) {
            const Table<T> table = table_of<T>(values, std::nullopt, columns);
            const Components<T> components =
                components_of<Shape, T>(table.n_columns, log_constants, means, factors, degrees_of_freedom);
            const auto has_rows = [&](Index rows) { return rows == table.n_rows; };
            require(!log_density || has_rows(log_density->shape(0)), "log_density has the wrong size");
            require(!labels || has_rows(labels->shape(0)), "labels has the wrong size");
            require(!responsibilities || (has_rows(responsibilities->shape(0)) &&
                                          static_cast<Index>(responsibilities->shape(1)) == components.count),
                    "responsibilities has the wrong shape");
            const LevelTables<T> levels =
                levels_of<T>(values, components.count, level_columns, level_sizes, level_logs, std::nullopt);
            const Scores<T> scores{log_density ? log_density->data() : nullptr,
                                   responsibilities ? responsibilities->data() : nullptr,
                                   labels ? labels->data() : nullptr};
            nb::gil_scoped_release release;
            score<Shape, T>(table, components, levels, scores);
        },
        "values"_a.noconvert(), "log_constants"_a, "means"_a.noconvert(), "factors"_a.noconvert(),
        "log_density"_a.none().noconvert(), "responsibilities"_a.none().noconvert(), "labels"_a.none().noconvert(),
        "degrees_of_freedom"_a.none(), "columns"_a.none(), "level_columns"_a.none(), "level_sizes"_a.none(),
        "level_logs"_a.none().noconvert());
}

template <template <class> class Shape>
void bind(nb::module_& m, const char* accumulate_name, const char* score_name) {
    bind<Shape, double>(m, accumulate_name, score_name);
    bind<Shape, float>(m, accumulate_name, score_name);
}

}  // namespace

void bind_kernels(nb::module_& m) {
    bind<Full>(m, "accumulate_full", "score_full");
    bind<Tied>(m, "accumulate_tied", "score_tied");
    bind<Diagonal>(m, "accumulate_diagonal", "score_diagonal");
    bind<Spherical>(m, "accumulate_spherical", "score_spherical");
    bind<Factor>(m, "accumulate_factor", "score_factor");
}

}  // namespace mixtura::mixture
