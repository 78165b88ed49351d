// The passes over a mixture, for Python: arrays are checked here, and only here, before a pass runs without the
// interpreter.
#include <functional>

#include "bind_mixture.hpp"
#include "factor.hpp"
#include "pruned.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace mixtura::mixture {
namespace {

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

using Reach = std::optional<Dense<double, 2>>;
using Directions = std::optional<Dense<float, 2>>;

// What Python knows of components beside one another: their reach, and how the one that a row is near is found.
std::optional<Pruning> pruning_of(Index d, Index count, const Reach& reach, const Directions& directions,
                                  const Weights& centre, const Places& guides, const Places& member_starts,
                                  const Places& members) {
    const bool given = reach && directions && centre && guides && member_starts && members;
    require(given || !(reach || directions || centre || guides || member_starts || members),
            "what a pass knows of components beside one another goes together");
    if (!given) return std::nullopt;
    const auto has = [](const auto& array, Index height, Index width) {
        return static_cast<Index>(array.shape(0)) == height && static_cast<Index>(array.shape(1)) == width;
    };
    const auto are_components = [&](const Dense<std::int32_t, 1>& places) {
        return std::all_of(places.data(), places.data() + places.shape(0),
                           [&](std::int32_t k) { return k >= 0 && k < count; });
    };
    require(has(*reach, count, count), "reach must have one value for each two components");
    require(has(*directions, count, d + 1), "directions must have one value for each column, and an offset");
    require(static_cast<Index>(centre->shape(0)) == d, "centre must have one value for each column");
    require(guides->shape(0) > 0 && are_components(*guides) && are_components(*members), "there is no such component");
    const std::int32_t* starts = member_starts->data();
    const std::size_t n_guides = guides->shape(0);
    require(member_starts->shape(0) == n_guides + 1 && starts[0] == 0 &&
                std::adjacent_find(starts, starts + n_guides + 1, std::greater_equal<>()) == starts + n_guides + 1 &&
                static_cast<std::size_t>(starts[n_guides]) == members->shape(0),
            "every guide must have members");
    return Pruning{reach->data(),          directions->data(),
                   centre->data(),         {guides->data(), n_guides},
                   {starts, n_guides + 1}, {members->data(), members->shape(0)}};
}

template <template <class> class Shape, class T>
void bind(nb::module_& m, const char* accumulate_name, const char* score_name) {
    m.def(
        accumulate_name,
        [](Strided<T, 2> values, Weights weights, Dense<double, 1> log_constants, Dense<T, 2> means,
           Dense<T, 1> factors, Output<double, 1> counts, Output<double, 2> first, Output<double, 1> second,
           Weights degrees_of_freedom, double log_background, double floor, std::optional<Output<T, 1>> log_density,
           std::optional<Output<double, 2>> tails, Places columns, Places level_columns, Places level_sizes,
           std::optional<Dense<T, 2>> level_logs, std::optional<Output<double, 2>> level_weights, Reach reach,
           Directions directions, Weights centre, Places guides, Places member_starts, Places members) {
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
            const std::optional<Pruning> pruning = pruning_of(table.n_columns, components.count, reach, directions,
                                                              centre, guides, member_starts, members);
            require(!pruning || (!degrees_of_freedom && !level_columns && !log_density &&
                                 floor == -std::numeric_limits<double>::infinity()),
                    "components that are pruned are normal, without levels, and no row is left out");
            const Totals totals{counts.data(), first.data(), second.data(), tails ? tails->data() : nullptr};
            nb::gil_scoped_release release;
            if (pruning) return accumulate_pruned<Shape>(components, table, *pruning, log_background, totals);
            Densities<Shape, T> densities(components, table.n_columns);
            return accumulate(densities, components.count, table, levels, Limits{log_background, floor}, totals,
                              log_density ? log_density->data() : nullptr);
        },
        "values"_a.noconvert(), "weights"_a.none(), "log_constants"_a, "means"_a.noconvert(), "factors"_a.noconvert(),
        "counts"_a.noconvert(), "first"_a.noconvert(), "second"_a.noconvert(), "degrees_of_freedom"_a.none(),
        "log_background"_a, "floor"_a, "log_density"_a.none().noconvert(), "tails"_a.none().noconvert(),
        "columns"_a.none(), "level_columns"_a.none(), "level_sizes"_a.none(), "level_logs"_a.none().noconvert(),
        "level_weights"_a.none().noconvert(), "reach"_a.none(), "directions"_a.none(), "centre"_a.none(),
        "guides"_a.none(), "member_starts"_a.none(), "members"_a.none());
    m.def(
        score_name,
        [](Strided<T, 2> values, Dense<double, 1> log_constants, Dense<T, 2> means, Dense<T, 1> factors,
           std::optional<Output<T, 1>> log_density, std::optional<Output<T, 2>> responsibilities,
           std::optional<Output<std::int64_t, 1>> labels, Weights degrees_of_freedom, Places columns,
           Places level_columns, Places level_sizes, std::optional<Dense<T, 2>> level_logs, Reach reach,
           Directions directions, Weights centre, Places guides, Places member_starts, Places members) {
            const Table<T> table = table_of<T>(values, std::nullopt, columns);
            const Components<T> components =
                components_of<Shape, T>(table.n_columns, log_constants, means, factors, degrees_of_freedom);
            const LevelTables<T> levels =
                levels_of<T>(values, components.count, level_columns, level_sizes, level_logs, std::nullopt);
            const Scores<T> scores =
                scores_of<T>(table.n_rows, components.count, log_density, responsibilities, labels);
            const std::optional<Pruning> pruning = pruning_of(table.n_columns, components.count, reach, directions,
                                                              centre, guides, member_starts, members);
            require(!pruning || (!degrees_of_freedom && !level_columns),
                    "components that are pruned are normal, without levels");
            nb::gil_scoped_release release;
            if (pruning) {
                score_pruned<Shape>(components, table, *pruning, scores);
                return;
            }
            Densities<Shape, T> densities(components, table.n_columns);
            score(densities, components.count, table, levels, scores);
        },
        "values"_a.noconvert(), "log_constants"_a, "means"_a.noconvert(), "factors"_a.noconvert(),
        "log_density"_a.none().noconvert(), "responsibilities"_a.none().noconvert(), "labels"_a.none().noconvert(),
        "degrees_of_freedom"_a.none(), "columns"_a.none(), "level_columns"_a.none(), "level_sizes"_a.none(),
        "level_logs"_a.none().noconvert(), "reach"_a.none(), "directions"_a.none(), "centre"_a.none(),
        "guides"_a.none(), "member_starts"_a.none(), "members"_a.none());
}

template <template <class> class Shape>
void bind(nb::module_& m, const char* accumulate_name, const char* score_name) {
    bind<Shape, double>(m, accumulate_name, score_name);
    bind<Shape, float>(m, accumulate_name, score_name);
}

template <class Metric>
void bind_reaches(nb::module_& m, const char* name) {
    m.def(
        name,
        [](Dense<double, 1> log_constants, Dense<double, 2> means, Dense<double, 1> factors, Output<double, 2> reach) {
            const Index count = static_cast<Index>(means.shape(0)), d = static_cast<Index>(means.shape(1));
            require(static_cast<Index>(log_constants.shape(0)) == count, "log_constants has the wrong size");
            require(static_cast<Index>(factors.shape(0)) == count * Metric::factors_size(d),
                    "factors has the wrong size");
            require(static_cast<Index>(reach.shape(0)) == count && static_cast<Index>(reach.shape(1)) == count,
                    "reach has the wrong shape");
            nb::gil_scoped_release release;
            write_reaches(Metric(factors.data(), count, d), count, d, log_constants.data(), means.data(), reach.data());
        },
        "log_constants"_a, "means"_a, "factors"_a, "reach"_a.noconvert());
}

}  // namespace

void bind_kernels(nb::module_& m) {
    bind<Full>(m, "accumulate_full", "score_full");
    bind<Tied>(m, "accumulate_tied", "score_tied");
    bind<Diagonal>(m, "accumulate_diagonal", "score_diagonal");
    bind<Spherical>(m, "accumulate_spherical", "score_spherical");
    bind<Factor>(m, "accumulate_factor", "score_factor");
    bind_reaches<MatrixMetric>(m, "reaches_of_matrices");
    bind_reaches<DiagonalMetric>(m, "reaches_of_diagonals");
}

}  // namespace mixtura::mixture
