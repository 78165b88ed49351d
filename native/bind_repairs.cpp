// Explanations of rows under a mixture, for Python: arrays are checked here before anything runs without the
// interpreter.
#include "bindings.hpp"
#include "repairs.hpp"
#include "shapley_exact.hpp"
#include "shapley_orders.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace mixtura::repairs {
namespace {

using Degrees = std::optional<Dense<double, 1>>;

template <class Array>
bool has_shape(const Array& array, std::initializer_list<Index> shape) {
    std::size_t axis = 0;
    return std::all_of(shape.begin(), shape.end(),
                       [&](Index length) { return static_cast<Index>(array.shape(axis++)) == length; });
}

void check_components(Index d, const Dense<double, 2>& means, const Dense<double, 3>& matrices,
                      const Degrees& degrees) {
    const Index count = static_cast<Index>(means.shape(0));
    require(count > 0 && d > 0, "a mixture needs components and columns");
    require(has_shape(means, {count, d}), "means must have the columns of the rows");
    require(has_shape(matrices, {count, d, d}), "a component must have a matrix of its columns");
    for (Index k = 0; k < count; ++k)
        for (Index j = 0; j < d; ++j)
            require(matrices.data()[(k * d + j) * d + j] > 0, "matrices must have a positive diagonal");
    require(!degrees || has_shape(*degrees, {count}), "degrees must have one value for each component");
    for (Index k = 0; degrees && k < count; ++k) require(degrees->data()[k] > 0, "degrees must be positive");
}

void cheapest(Dense<double, 2> X, Dense<double, 1> log_constants, Dense<double, 2> means, Dense<double, 3> precisions,
              Degrees degrees, Index exhaustive_columns, Output<std::int32_t, 4> sets, Output<double, 4> values,
              Output<double, 3> log_densities) {
    const Index n = static_cast<Index>(X.shape(0)), d = static_cast<Index>(X.shape(1));
    const Index most = static_cast<Index>(sets.shape(1)), kept = static_cast<Index>(sets.shape(2));
    check_components(d, means, precisions, degrees);
    const Index count = static_cast<Index>(means.shape(0));
    require(has_shape(log_constants, {count}), "log_constants must have one value for each component");
    require(most > 0 && kept > 0, "most_cells and kept must be at least 1");
    require(has_shape(sets, {n, most, kept, most}), "sets has the wrong shape");
    require(has_shape(values, {n, most, kept, most}), "values has the wrong shape");
    require(has_shape(log_densities, {n, most, kept}), "log_densities has the wrong shape");
    nb::gil_scoped_release release;
    const Mixture mixture{
        count, d, log_constants.data(), means.data(), precisions.data(), degrees ? degrees->data() : nullptr};
    Search search(mixture, most, kept, exhaustive_columns);
    for (Index r = 0; r < n; ++r)
        search.run(X.data() + r * d, {sets.data() + r * most * kept * most, values.data() + r * most * kept * most,
                                      log_densities.data() + r * most * kept});
}

shapley::Mixture game(Index d, const Dense<double, 2>& log_constants, const Dense<double, 2>& means,
                      const Dense<double, 3>& covariances, const Degrees& degrees) {
    check_components(d, means, covariances, degrees);
    const Index count = static_cast<Index>(means.shape(0));
    require(has_shape(log_constants, {count, d + 1}),
            "log_constants must have one value for each component and number of columns");
    return {count, d, log_constants.data(), means.data(), covariances.data(), degrees ? degrees->data() : nullptr};
}

void exact(Dense<double, 2> X, Dense<double, 2> log_constants, Dense<double, 2> means, Dense<double, 3> covariances,
           Degrees degrees, Output<double, 2> values) {
    const Index n = static_cast<Index>(X.shape(0)), d = static_cast<Index>(X.shape(1));
    const shapley::Mixture mixture = game(d, log_constants, means, covariances, degrees);
    require(d <= shapley::Exact::kMostColumns, "too many columns for all their subsets");
    require(has_shape(values, {n, d}), "values has the wrong shape");
    nb::gil_scoped_release release;
    shapley::Exact(mixture).run(X.data(), n, values.data());
}

// The estimate by some orders of the columns, with the arrays that it reads.
class Estimated {
public:
    Estimated(Dense<double, 2> log_constants, Dense<double, 2> means, Dense<double, 3> covariances, Degrees degrees,
              Dense<std::int32_t, 2> orders)
        : log_constants_(log_constants),
          means_(means),
          covariances_(covariances),
          degrees_(degrees),
          orders_(orders),
          shares_(checked(), orders_.data(), static_cast<Index>(orders_.shape(0))) {}

    void run(Dense<double, 2> X, Output<double, 2> values, Output<double, 2> errors) const {
        const Index n = static_cast<Index>(X.shape(0)), d = static_cast<Index>(means_.shape(1));
        require(has_shape(X, {n, d}), "means must have the columns of the rows");
        require(has_shape(values, {n, d}) && has_shape(errors, {n, d}), "values or errors has the wrong shape");
        nb::gil_scoped_release release;
        shares_.run(X.data(), n, values.data(), errors.data());
    }

private:
    shapley::Mixture checked() const {
        const Index d = static_cast<Index>(covariances_.shape(1)), count = static_cast<Index>(orders_.shape(0));
        const shapley::Mixture mixture = game(d, log_constants_, means_, covariances_, degrees_);
        require(has_shape(orders_, {count, d}), "orders must have the columns of the rows");
        require(count >= 4 && count % 2 == 0, "orders must come in two pairs or more");
        std::vector<bool> seen(static_cast<std::size_t>(d));
        for (Index p = 0; p < count; ++p) {
            seen.assign(seen.size(), false);
            for (Index i = 0; i < d; ++i) {
                const std::int32_t column = orders_.data()[p * d + i];
                require(column >= 0 && column < d && !seen[column], "each order must have every column once");
                seen[column] = true;
            }
        }
        return mixture;
    }

    Dense<double, 2> log_constants_, means_;
    Dense<double, 3> covariances_;
    Degrees degrees_;
    Dense<std::int32_t, 2> orders_;
    shapley::Orders shares_;
};

}  // namespace

void bind_kernels(nb::module_& m) {
    m.attr("shapley_most_columns") = shapley::Exact::kMostColumns;
    m.def("cheapest_repairs", &cheapest, "X"_a.noconvert(), "log_constants"_a.noconvert(), "means"_a.noconvert(),
          "precisions"_a.noconvert(), "degrees"_a.none().noconvert(), "exhaustive_columns"_a, "sets"_a.noconvert(),
          "values"_a.noconvert(), "log_densities"_a.noconvert());
    m.def("shapley_exact", &exact, "X"_a.noconvert(), "log_constants"_a.noconvert(), "means"_a.noconvert(),
          "covariances"_a.noconvert(), "degrees"_a.none().noconvert(), "values"_a.noconvert());
    nb::class_<Estimated>(m, "ShapleyOrders")
        .def(nb::init<Dense<double, 2>, Dense<double, 2>, Dense<double, 3>, Degrees, Dense<std::int32_t, 2>>(),
             "log_constants"_a.noconvert(), "means"_a.noconvert(), "covariances"_a.noconvert(),
             "degrees"_a.none().noconvert(), "orders"_a.noconvert())
        .def("run", &Estimated::run, "X"_a.noconvert(), "values"_a.noconvert(), "errors"_a.noconvert());
}

}  // namespace mixtura::repairs
