// The passes over rows that miss values, for Python: arrays are checked here, and only here.
#include "bind_mixture.hpp"
#include "factor.hpp"
#include "incomplete.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace mixtura::mixture {
namespace {

// What Python gives of a model. `factors` and `precisions` hold what one component needs where all share it.
template <class T>
struct Told {
    Components<T> components;
    Conditionals conditionals;
};

template <template <class> class Shape, class T>
Told<T> told(Index d, bool shared, const Dense<double, 2>& log_constants, const Dense<T, 2>& means,
             const Dense<T, 1>& factors, const Dense<double, 2>& precisions, const Weights& degrees_of_freedom,
             const std::optional<Dense<double, 2>>& log_corrections) {
    const Index count = static_cast<Index>(log_constants.shape(0)), held = shared ? 1 : count;
    const Index size = static_cast<Index>(factors.shape(0)), width = static_cast<Index>(precisions.shape(1));
    const auto has = [&](const auto& array, Index rows, Index columns) {
        return static_cast<Index>(array.shape(0)) == rows && static_cast<Index>(array.shape(1)) == columns;
    };
    require(has(log_constants, count, d + 1), "log_constants must have one column for each number of columns");
    require(has(means, count, d), "means must have one row for each component, and one column for each column");
    require(size == Shape<T>::factors_size(held, d, size), "factors has the wrong size");
    require(width >= d && width % kLanes<double> == 0, "precisions must have rows filled up with zeros");
    require(has(precisions, held * (Shape<T>::kCorrelated ? d : 1), width), "precisions has the wrong shape");
    require(!degrees_of_freedom || static_cast<Index>(degrees_of_freedom->shape(0)) == count,
            "degrees_of_freedom must have one value for each component");
    require(degrees_of_freedom.has_value() == log_corrections.has_value(), "corrections go with degrees_of_freedom");
    require(!log_corrections || has(*log_corrections, count, d + 1), "log_corrections has the wrong shape");
    return {
        {count, nullptr, means.data(), factors.data(), degrees_of_freedom ? degrees_of_freedom->data() : nullptr, size},
        {shared, width, precisions.data(), log_constants.data(), log_corrections ? log_corrections->data() : nullptr}};
}

template <template <class> class Shape, class T>
void bind(nb::module_& m, const char* accumulate_name, const char* score_name) {
    m.def(
        accumulate_name,
        [](Strided<T, 2> values, Weights weights, bool shared, Dense<double, 2> log_constants, Dense<T, 2> means,
           Dense<T, 1> factors, Dense<double, 2> precisions, Output<double, 1> counts, Output<double, 2> first,
           Output<double, 1> second, Weights degrees_of_freedom, std::optional<Dense<double, 2>> log_corrections,
           Weights log_backgrounds, double floor, std::optional<Output<T, 1>> log_density,
           std::optional<Output<double, 2>> tails, Places columns, Places level_columns, Places level_sizes,
           std::optional<Dense<T, 2>> level_logs, std::optional<Output<double, 2>> level_weights) {
            const Table<T> table = table_of<T>(values, weights, columns);
            const auto [components, conditionals] =
                told<Shape, T>(table.n_columns, shared, log_constants, means, factors, precisions, degrees_of_freedom,
                               log_corrections);
            const Index held = shared ? 1 : components.count;
            require(static_cast<Index>(counts.shape(0)) == components.count, "counts has the wrong size");
            require(static_cast<Index>(first.shape(0)) == components.count &&
                        static_cast<Index>(first.shape(1)) == table.n_columns,
                    "first has the wrong shape");
            require(static_cast<Index>(second.shape(0)) ==
                        Shape<T>::second_size(held, table.n_columns, components.factors_size),
                    "second has the wrong size");
            require(!log_density || static_cast<Index>(log_density->shape(0)) == table.n_rows,
                    "log_density has the wrong size");
            require(!log_backgrounds || static_cast<Index>(log_backgrounds->shape(0)) == table.n_rows,
                    "log_backgrounds has the wrong size");
            require(degrees_of_freedom.has_value() == tails.has_value(), "tails go with degrees_of_freedom");
            require(!tails || (tails->shape(0) == 2 && static_cast<Index>(tails->shape(1)) == components.count),
                    "tails has the wrong shape");
            require(level_columns.has_value() == level_weights.has_value(), "a pass sums the weights of levels");
            const LevelTables<T> levels =
                levels_of<T>(values, components.count, level_columns, level_sizes, level_logs, level_weights);
            const Totals totals{counts.data(), first.data(), second.data(), tails ? tails->data() : nullptr};
            const Limits limits{-std::numeric_limits<double>::infinity(), floor,
                                log_backgrounds ? log_backgrounds->data() : nullptr};
            nb::gil_scoped_release release;
            // Densities that are returned, or held against those that were, do not depend on neighbours.
            const bool by_tile = !log_density && floor == -std::numeric_limits<double>::infinity();
            ObservedDensities<Shape, T> densities(components, table.n_columns, conditionals, by_tile);
            return accumulate(densities, components.count, table, levels, limits, totals,
                              log_density ? log_density->data() : nullptr);
        },
        "values"_a.noconvert(), "weights"_a.none(), "shared"_a, "log_constants"_a, "means"_a.noconvert(),
        "factors"_a.noconvert(), "precisions"_a, "counts"_a.noconvert(), "first"_a.noconvert(), "second"_a.noconvert(),
        "degrees_of_freedom"_a.none(), "log_corrections"_a.none(), "log_backgrounds"_a.none(), "floor"_a,
        "log_density"_a.none().noconvert(), "tails"_a.none().noconvert(), "columns"_a.none(), "level_columns"_a.none(),
        "level_sizes"_a.none(), "level_logs"_a.none().noconvert(), "level_weights"_a.none().noconvert());
    m.def(
        score_name,
        [](Strided<T, 2> values, bool shared, Dense<double, 2> log_constants, Dense<T, 2> means, Dense<T, 1> factors,
           Dense<double, 2> precisions, std::optional<Output<T, 1>> log_density,
           std::optional<Output<T, 2>> responsibilities, std::optional<Output<std::int64_t, 1>> labels,
           Weights degrees_of_freedom, std::optional<Dense<double, 2>> log_corrections, Places columns,
           Places level_columns, Places level_sizes, std::optional<Dense<T, 2>> level_logs) {
            const Table<T> table = table_of<T>(values, std::nullopt, columns);
            const auto [components, conditionals] =
                told<Shape, T>(table.n_columns, shared, log_constants, means, factors, precisions, degrees_of_freedom,
                               log_corrections);
            const Scores<T> scores =
                scores_of<T>(table.n_rows, components.count, log_density, responsibilities, labels);
            const LevelTables<T> levels =
                levels_of<T>(values, components.count, level_columns, level_sizes, level_logs, std::nullopt);
            nb::gil_scoped_release release;
            ObservedDensities<Shape, T> densities(components, table.n_columns, conditionals, false);
            score(densities, components.count, table, levels, scores);
        },
        "values"_a.noconvert(), "shared"_a, "log_constants"_a, "means"_a.noconvert(), "factors"_a.noconvert(),
        "precisions"_a, "log_density"_a.none().noconvert(), "responsibilities"_a.none().noconvert(),
        "labels"_a.none().noconvert(), "degrees_of_freedom"_a.none(), "log_corrections"_a.none(), "columns"_a.none(),
        "level_columns"_a.none(), "level_sizes"_a.none(), "level_logs"_a.none().noconvert());
}

template <template <class> class Shape>
void bind(nb::module_& m, const char* accumulate_name, const char* score_name) {
    bind<Shape, double>(m, accumulate_name, score_name);
    bind<Shape, float>(m, accumulate_name, score_name);
}

}  // namespace

void bind_incomplete(nb::module_& m) {
    bind<Full>(m, "accumulate_observed_full", "score_observed_full");
    bind<Diagonal>(m, "accumulate_observed_diagonal", "score_observed_diagonal");
    bind<Spherical>(m, "accumulate_observed_spherical", "score_observed_spherical");
    bind<Factor>(m, "accumulate_observed_factor", "score_observed_factor");
}

}  // namespace mixtura::mixture
