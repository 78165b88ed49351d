// Isolation forests, for Python: arrays are checked here before a pass runs without the interpreter.
#include "bindings.hpp"
#include "forest.hpp"
#include "forest_grow.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace mixtura::forest {
namespace {

constexpr Place kDeepest = 30;  // nodes are numbered by 32-bit integers

template <class T>
Rows<T> rows_of(const Strided<T, 2>& values, const Dense<double, 1>& center, const Dense<double, 1>& scale) {
    const Place columns = static_cast<Place>(values.shape(1));
    require(columns > 0, "values must have a column");
    require(columns <= std::numeric_limits<std::int32_t>::max() / kLargestTile, "values has too many columns");
    require(static_cast<Place>(center.shape(0)) == columns && static_cast<Place>(scale.shape(0)) == columns,
            "center and scale must have one value for each column");
    return {values.data(),
            static_cast<Place>(values.shape(0)),
            columns,
            static_cast<Place>(values.stride(0)),
            static_cast<Place>(values.stride(1)),
            center.data(),
            scale.data()};
}

// That every feature is a column is checked where a model is made, once, and not at every pass.
Forest forest_of(const Dense<std::int32_t, 3>& features, const std::optional<Dense<float, 3>>& coefficients,
                 const Dense<float, 2>& thresholds, const Dense<std::int32_t, 2>& counts,
                 const Dense<float, 2>& lengths) {
    const Place trees = static_cast<Place>(thresholds.shape(0)), leaves = static_cast<Place>(thresholds.shape(1));
    Place depth = 0;
    while (depth < kDeepest && (Place{1} << depth) < leaves) ++depth;
    require(trees > 0 && (Place{1} << depth) == leaves, "thresholds must have a power of two of nodes for each tree");
    const auto has = [&](const auto& array, Place nodes) {
        return static_cast<Place>(array.shape(0)) == trees && static_cast<Place>(array.shape(1)) == nodes;
    };
    require(has(features, leaves) && features.shape(2) > 0, "features must have a column for each node");
    require(coefficients ? has(*coefficients, leaves) && coefficients->shape(2) == features.shape(2)
                         : features.shape(2) == 1,
            "coefficients must have one value for each feature");
    require(has(counts, 2 * leaves), "counts must have one value for each node and leaf");
    require(has(lengths, leaves), "lengths must have one value for each leaf");
    return {trees,
            depth,
            static_cast<Place>(features.shape(2)),
            features.data(),
            coefficients ? coefficients->data() : nullptr,
            thresholds.data(),
            counts.data(),
            lengths.data()};
}

void draw(std::uint64_t seed, std::uint64_t stream, std::int64_t n_rows,
          const std::optional<Dense<double, 1>>& cumulative, bool repeated, const Output<std::int64_t, 1>& rows) {
    const std::int64_t size = static_cast<std::int64_t>(rows.shape(0));
    require(n_rows > 0, "there must be a row to draw");
    require(repeated || size <= n_rows, "more distinct rows are to be drawn than there are");
    require(!cumulative || static_cast<std::int64_t>(cumulative->shape(0)) == n_rows,
            "cumulative must have one value for each row");
    require(!cumulative || (*cumulative).data()[n_rows - 1] > 0, "some row must have a weight above zero");
    nb::gil_scoped_release release;
    Random random(seed, stream);
    std::int64_t* out = rows.data();
    if (!cumulative && repeated) draw_repeated(random, n_rows, out, size);
    else if (!cumulative) draw_distinct(random, n_rows, out, size);
    else if (!repeated) draw_distinct_weighted(random, cumulative->data(), n_rows, out, size);
    else
        for (std::int64_t i = 0; i < size; ++i) out[i] = draw_weighted(random, cumulative->data(), n_rows);
}

void find_leaf_lengths(const Dense<std::int32_t, 2>& counts, const Dense<std::int64_t, 1>& sizes,
                       const Dense<double, 1>& averages, const Output<float, 2>& lengths) {
    const Place trees = static_cast<Place>(lengths.shape(0)), leaves = static_cast<Place>(lengths.shape(1));
    Place depth = 0;
    while (depth < kDeepest && (Place{1} << depth) < leaves) ++depth;
    require((Place{1} << depth) == leaves, "lengths must have a power of two of leaves for each tree");
    require(static_cast<Place>(counts.shape(0)) == trees && static_cast<Place>(counts.shape(1)) == 2 * leaves,
            "counts must have one value for each node and leaf");
    require(sizes.shape(0) == averages.shape(0), "averages must have one value for each size");
    const std::int64_t* known = sizes.data();
    const Place n_known = static_cast<Place>(sizes.shape(0));
    require(std::is_sorted(known, known + n_known), "sizes must increase");
    nb::gil_scoped_release release;
    const AverageLengths by_size(known, averages.data(), n_known);
    for (Place t = 0; t < trees; ++t)
        leaf_lengths(counts.data() + 2 * t * leaves, depth, by_size, lengths.data() + t * leaves);
}

template <class T>
void bind(nb::module_& m) {
    m.def(
        "forest_grow",
        [](Strided<T, 2> values, Dense<double, 1> center, Dense<double, 1> scale, Dense<std::int64_t, 2> samples,
           Dense<std::int32_t, 2> columns, Dense<std::uint64_t, 1> seeds, Output<std::int32_t, 3> features,
           std::optional<Output<float, 3>> coefficients, Output<float, 2> thresholds, Output<std::int32_t, 2> counts) {
            const Rows<T> rows = rows_of<T>(values, center, scale);
            const Place trees = static_cast<Place>(seeds.shape(0)), size = static_cast<Place>(samples.shape(1));
            const Place leaves = static_cast<Place>(thresholds.shape(1)), chosen = static_cast<Place>(columns.shape(1));
            Place depth = 0;
            while (depth < kDeepest && (Place{1} << depth) < leaves) ++depth;
            require((Place{1} << depth) == leaves, "thresholds must have a power of two of nodes for each tree");
            require(size > 0 && size <= std::numeric_limits<std::int32_t>::max(),
                    "a tree needs rows, and not too many");
            require(chosen > 0, "a tree needs a column");
            const auto has = [&](const auto& array, Place second) {
                return static_cast<Place>(array.shape(0)) == trees && static_cast<Place>(array.shape(1)) == second;
            };
            require(has(samples, size) && has(columns, chosen) && has(thresholds, leaves),
                    "samples, columns and thresholds must have a row for each seed");
            require(has(features, leaves) && features.shape(2) > 0, "features must have a column for each node");
            require(coefficients ? has(*coefficients, leaves) && coefficients->shape(2) == features.shape(2)
                                 : features.shape(2) == 1,
                    "coefficients must have one value for each feature");
            require(has(counts, 2 * leaves), "counts must have one value for each node and leaf");
            for (Place i = 0; i < trees * size; ++i)
                require(samples.data()[i] >= 0 && samples.data()[i] < rows.n_rows,
                        "samples names a row that is not there");
            for (Place j = 0; j < trees * chosen; ++j)
                require(columns.data()[j] >= 0 && columns.data()[j] < rows.n_columns,
                        "columns names a column that is not there");
            const Place width = static_cast<Place>(features.shape(2));
            nb::gil_scoped_release release;
            Grower grower(size, chosen);
            for (Place t = 0; t < trees; ++t)
                grower.grow(rows, samples.data() + t * size, columns.data() + t * chosen, seeds.data()[t],
                            TreeArrays{depth, width, features.data() + t * leaves * width,
                                       coefficients ? coefficients->data() + t * leaves * width : nullptr,
                                       thresholds.data() + t * leaves, counts.data() + 2 * t * leaves});
        },
        "values"_a.noconvert(), "center"_a, "scale"_a, "samples"_a, "columns"_a, "seeds"_a, "features"_a.noconvert(),
        "coefficients"_a.none().noconvert(), "thresholds"_a.noconvert(), "counts"_a.noconvert());
    m.def(
        "forest_lengths",
        [](Strided<T, 2> values, Dense<double, 1> center, Dense<double, 1> scale, Dense<std::int32_t, 3> features,
           std::optional<Dense<float, 3>> coefficients, Dense<float, 2> thresholds, Dense<std::int32_t, 2> counts,
           Dense<float, 2> lengths, Output<double, 1> out) {
            const Rows<T> rows = rows_of<T>(values, center, scale);
            const Forest forest = forest_of(features, coefficients, thresholds, counts, lengths);
            require(static_cast<Place>(out.shape(0)) == rows.n_rows, "out must have one value for each row");
            nb::gil_scoped_release release;
            path_lengths(rows, forest, out.data());
        },
        "values"_a.noconvert(), "center"_a, "scale"_a, "features"_a, "coefficients"_a.none(), "thresholds"_a,
        "counts"_a, "lengths"_a, "out"_a.noconvert());
    m.def(
        "forest_credits",
        [](Strided<T, 2> values, Dense<double, 1> center, Dense<double, 1> scale, Dense<std::int32_t, 3> features,
           std::optional<Dense<float, 3>> coefficients, Dense<float, 2> thresholds, Dense<std::int32_t, 2> counts,
           Dense<float, 2> lengths, Output<double, 2> out) {
            const Rows<T> rows = rows_of<T>(values, center, scale);
            const Forest forest = forest_of(features, coefficients, thresholds, counts, lengths);
            require(static_cast<Place>(out.shape(0)) == rows.n_rows &&
                        static_cast<Place>(out.shape(1)) == rows.n_columns,
                    "out must have one value for each value of the rows");
            nb::gil_scoped_release release;
            credits(rows, forest, out.data());
        },
        "values"_a.noconvert(), "center"_a, "scale"_a, "features"_a, "coefficients"_a.none(), "thresholds"_a,
        "counts"_a, "lengths"_a, "out"_a.noconvert());
}

}  // namespace

void bind_kernels(nb::module_& m) {
    m.def("forest_draw", &draw, "seed"_a, "stream"_a, "n_rows"_a, "cumulative"_a.none(), "repeated"_a,
          "rows"_a.noconvert());
    m.def("forest_leaf_lengths", &find_leaf_lengths, "counts"_a, "sizes"_a, "averages"_a, "lengths"_a.noconvert());
    bind<double>(m);
    bind<float>(m);
}

}  // namespace mixtura::forest
