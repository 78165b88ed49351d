// The ensemble of small mixtures, for Python: arrays are checked here before anything runs without the interpreter.
#include "bindings.hpp"
#include "ensemble.hpp"
#include "ensemble_extremes.hpp"
#include "ensemble_fit.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace mixtura::ensemble {
namespace {

using Integers = Dense<std::int32_t, 1>;
using Doubles = Dense<double, 1>;
using Floats = Dense<float, 1>;

template <class Array>
Index length(const Array& array) {
    return static_cast<Index>(array.shape(0));
}

template <class T>
Table<T> table_of(const Strided<T, 2>& values, const Doubles& center, const Doubles& scale) {
    require(length(center) == static_cast<Index>(values.shape(1)) && length(scale) == length(center),
            "center and scale must have one value for each column");
    return {values.data(),
            static_cast<Index>(values.shape(0)),
            static_cast<Index>(values.shape(1)),
            static_cast<Index>(values.stride(0)),
            static_cast<Index>(values.stride(1)),
            nullptr};
}

// Members lie one after the other in each array. Nothing read later lies outside what is checked here.
std::vector<Member> members_of(Index d, const Dense<std::int32_t, 2>& shapes, const Integers& columns,
                               const Doubles& log_constants, const Floats& means, const Floats& factors,
                               const Doubles& medians, const Doubles& spreads, const Doubles& weights) {
    const Index count = length(shapes);
    require(shapes.shape(1) == 3, "shapes must have a kind, a number of columns and one of components for each member");
    require(length(medians) == count && length(spreads) == count && length(weights) == count,
            "medians, spreads and weights must have one value a member");
    std::vector<Member> members;
    members.reserve(static_cast<std::size_t>(count));
    Index column = 0, component = 0, mean = 0, factor = 0;
    for (Index m = 0; m < count; ++m) {
        const std::int32_t* shape = shapes.data() + 3 * m;
        const bool full = shape[0] == 1;
        const Index width = shape[1], k = shape[2];
        require((full || shape[0] == 0) && width > 0 && width <= d && k > 0, "a member has no such shape");
        require(width <= length(columns) - column && k <= length(log_constants) - component,
                "arrays of members end too early");
        require(k <= (length(means) - mean) / width, "means end too early");
        const Index of_component = full ? width * width : width;
        require(k <= (length(factors) - factor) / of_component, "factors end too early");
        const std::int32_t* own = columns.data() + column;
        require(std::all_of(own, own + width, [d](std::int32_t j) { return j >= 0 && j < d; }),
                "a member has no such column");
        require(spreads.data()[m] > 0, "spreads must be positive");
        require(weights.data()[m] >= 0 && weights.data()[m] <= 1, "weights must be parts of one");
        members.push_back({full,
                           width,
                           own,
                           {k, log_constants.data() + component, means.data() + mean, factors.data() + factor, nullptr},
                           medians.data()[m],
                           spreads.data()[m],
                           weights.data()[m]});
        column += width;
        component += k;
        mean += k * width;
        factor += k * of_component;
    }
    require(column == length(columns) && component == length(log_constants) && mean == length(means) &&
                factor == length(factors),
            "arrays of members are too long");
    return members;
}

std::vector<Neighborhood> samples_of(Index d, int k, const Dense<float, 3>& references, const Doubles& medians,
                                     const Doubles& spreads, const Doubles& weights) {
    const Index count = length(references), n_rows = static_cast<Index>(references.shape(1));
    require(static_cast<Index>(references.shape(2)) == d, "references must have the columns of the rows");
    require(length(medians) == count && length(spreads) == count && length(weights) == count,
            "medians, spreads and weights must have one value a sample");
    require(count == 0 || (k >= 1 && k <= kMostNeighbors && k < n_rows),
            "references must have more rows than k, at most 5");
    std::vector<Neighborhood> samples;
    samples.reserve(static_cast<std::size_t>(count));
    for (Index s = 0; s < count; ++s) {
        require(spreads.data()[s] > 0, "spreads must be positive");
        require(weights.data()[s] >= 0 && weights.data()[s] <= 1, "weights must be parts of one");
        samples.push_back({n_rows, k, references.data() + s * n_rows * d, medians.data()[s], spreads.data()[s],
                           weights.data()[s]});
    }
    return samples;
}

void fit(const Dense<double, 2>& sample, const Doubles& least, bool full, double trimmed, double prior_rows,
         int iterations, std::uint64_t seed, const Output<double, 1>& log_constants, const Output<float, 1>& means,
         const Output<float, 1>& factors) {
    const Index d = static_cast<Index>(sample.shape(0)), n = static_cast<Index>(sample.shape(1));
    const Index count = length(log_constants);
    require(d > 0 && n > 0 && count > 0, "sample must have columns and rows, and a member components");
    require(length(least) == d && std::all_of(least.data(), least.data() + d, [](double v) { return v > 0; }),
            "least must have a positive variance for each column");
    require(length(means) == count * d, "means has the wrong size");
    require(length(factors) == count * (full ? d * d : d), "factors has the wrong size");
    require(trimmed >= 0 && trimmed < 1, "trimmed must be a part of the rows");
    require(prior_rows > 0, "prior_rows must be positive");
    const FitRules rules{count, full, trimmed, prior_rows, iterations, seed, least.data()};
    nb::gil_scoped_release release;
    MemberFit({sample.data(), n, d}, rules).run({log_constants.data(), means.data(), factors.data()});
}

Regression regression_of(Index d, double limit, const Doubles& shift, const Doubles& spread,
                         const Dense<double, 2>& loadings, const Doubles& remaining) {
    require(length(shift) == d && length(spread) == d && length(remaining) == d && length(loadings) == d,
            "the regression must have one row for each column");
    const auto positive = [](double v) { return v > 0; };
    require(std::all_of(spread.data(), spread.data() + d, positive) &&
                std::all_of(remaining.data(), remaining.data() + d, positive),
            "spread and remaining must be positive");
    return {
        static_cast<Index>(loadings.shape(1)), limit, shift.data(), spread.data(), loadings.data(), remaining.data()};
}

template <class T>
void bind(nb::module_& m) {
    m.def(
        "ensemble_residuals",
        [](Strided<T, 2> values, Doubles center, Doubles scale, double limit, Doubles shift, Doubles spread,
           Dense<double, 2> loadings, Doubles remaining, Output<double, 2> out) {
            const Table<T> table = table_of<T>(values, center, scale);
            const Regression regression = regression_of(table.n_columns, limit, shift, spread, loadings, remaining);
            require(static_cast<Index>(out.shape(0)) == table.n_rows &&
                        static_cast<Index>(out.shape(1)) == table.n_columns,
                    "out has the wrong shape");
            nb::gil_scoped_release release;
            write_residuals<T>(table, center.data(), scale.data(), regression, out.data());
        },
        "values"_a.noconvert(), "center"_a, "scale"_a, "limit"_a, "shift"_a, "spread"_a, "loadings"_a, "remaining"_a,
        "out"_a.noconvert());
    m.def(
        "ensemble_extremes",
        [](Strided<T, 2> values, Doubles center, Doubles scale, double limit, Doubles shift, Doubles spread,
           Dense<double, 2> loadings, Doubles remaining, Doubles centers, Doubles starts, Doubles scales,
           Doubles shapes, Doubles nats, Output<double, 1> out) {
            const Table<T> table = table_of<T>(values, center, scale);
            const Regression regression = regression_of(table.n_columns, limit, shift, spread, loadings, remaining);
            const Index d = table.n_columns;
            require(length(centers) == d && length(starts) == 4 * d && length(scales) == 4 * d &&
                        length(shapes) == 4 * d && length(nats) == 4 * d,
                    "tails must be four for each column");
            const auto positive = [](double v) { return v > 0; };
            require(std::all_of(scales.data(), scales.data() + 4 * d, positive) &&
                        std::all_of(shapes.data(), shapes.data() + 4 * d, positive),
                    "scales and shapes of tails must be positive");
            require(length(out) == table.n_rows, "out has the wrong size");
            nb::gil_scoped_release release;
            write_extremes<T>(table, center.data(), scale.data(), regression,
                              {centers.data(), starts.data(), scales.data(), shapes.data(), nats.data()}, out.data());
        },
        "values"_a.noconvert(), "center"_a, "scale"_a, "limit"_a, "shift"_a, "spread"_a, "loadings"_a, "remaining"_a,
        "centers"_a, "starts"_a, "scales"_a, "shapes"_a, "nats"_a, "out"_a.noconvert());
    m.def(
        "ensemble_densities",
        [](Strided<T, 2> values, Doubles center, Doubles scale, double limit, Dense<std::int32_t, 2> shapes,
           Integers columns, Doubles log_constants, Floats means, Floats factors, Doubles medians, Doubles spreads,
           Doubles weights, Output<float, 2> out) {
            const Table<T> table = table_of<T>(values, center, scale);
            const std::vector<Member> members =
                members_of(table.n_columns, shapes, columns, log_constants, means, factors, medians, spreads, weights);
            require(out.shape(0) == members.size() && static_cast<Index>(out.shape(1)) == table.n_rows,
                    "out has the wrong shape");
            nb::gil_scoped_release release;
            write_densities<T>(table, {center.data(), scale.data(), limit}, members, out.data());
        },
        "values"_a.noconvert(), "center"_a, "scale"_a, "limit"_a, "shapes"_a, "columns"_a, "log_constants"_a, "means"_a,
        "factors"_a, "medians"_a, "spreads"_a, "weights"_a, "out"_a.noconvert());
    m.def(
        "ensemble_scores",
        [](Strided<T, 2> values, Doubles center, Doubles scale, double limit, Dense<std::int32_t, 2> shapes,
           Integers columns, Doubles log_constants, Floats means, Floats factors, Doubles medians, Doubles spreads,
           Doubles weights, int k, Dense<float, 3> references, Doubles distance_medians, Doubles distance_spreads,
           Doubles distance_weights, Output<double, 1> out) {
            const Table<T> table = table_of<T>(values, center, scale);
            const std::vector<Member> members =
                members_of(table.n_columns, shapes, columns, log_constants, means, factors, medians, spreads, weights);
            const std::vector<Neighborhood> samples =
                samples_of(table.n_columns, k, references, distance_medians, distance_spreads, distance_weights);
            require(length(out) == table.n_rows, "out has the wrong size");
            nb::gil_scoped_release release;
            write_scores<T>(table, {center.data(), scale.data(), limit}, members, samples, out.data());
        },
        "values"_a.noconvert(), "center"_a, "scale"_a, "limit"_a, "shapes"_a, "columns"_a, "log_constants"_a, "means"_a,
        "factors"_a, "medians"_a, "spreads"_a, "weights"_a, "k"_a, "references"_a, "distance_medians"_a,
        "distance_spreads"_a, "distance_weights"_a, "out"_a.noconvert());
    m.def(
        "ensemble_distances",
        [](Strided<T, 2> values, Doubles center, Doubles scale, double limit, int k, Dense<float, 3> references,
           Doubles medians, Doubles spreads, Doubles weights, Output<float, 2> out) {
            const Table<T> table = table_of<T>(values, center, scale);
            const std::vector<Neighborhood> samples =
                samples_of(table.n_columns, k, references, medians, spreads, weights);
            require(out.shape(0) == samples.size() && static_cast<Index>(out.shape(1)) == table.n_rows,
                    "out has the wrong shape");
            nb::gil_scoped_release release;
            write_distances<T>(table, {center.data(), scale.data(), limit}, samples, out.data());
        },
        "values"_a.noconvert(), "center"_a, "scale"_a, "limit"_a, "k"_a, "references"_a, "medians"_a, "spreads"_a,
        "weights"_a, "out"_a.noconvert());
}

}  // namespace

void bind_kernels(nb::module_& m) {
    m.def("ensemble_fit", &fit, "sample"_a, "least"_a, "full"_a, "trimmed"_a, "prior_rows"_a, "iterations"_a, "seed"_a,
          "log_constants"_a.noconvert(), "means"_a.noconvert(), "factors"_a.noconvert());
    bind<double>(m);
    bind<float>(m);
}

}  // namespace mixtura::ensemble
