// Kernel sums and the one-class solver, for Python: arrays are checked here, and only here, before the work is done
// without the interpreter.
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <string>
#include <tuple>

#include "bindings.hpp"
#include "svm.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace mixtura::svm {
namespace {

struct Parameters {
    std::string name;
    double gamma, coef0;
    int degree;
};

template <class Visit>
auto with_kernel(const Parameters& kernel, const Visit& visit) {
    require(kernel.degree >= 0, "degree must not be negative");
    if (kernel.name == "rbf") return visit(RbfKernel{kernel.gamma});
    if (kernel.name == "linear") return visit(LinearKernel{});
    if (kernel.name == "poly") return visit(PolynomialKernel(kernel.gamma, kernel.coef0, kernel.degree));
    if (kernel.name == "sigmoid") return visit(SigmoidKernel(kernel.gamma, kernel.coef0));
    throw std::invalid_argument("the kernel must be rbf, linear, poly or sigmoid");
}

template <class T>
Table<T> rows_of(const Strided<T, 2>& values) {
    return {values.data(),
            static_cast<Index>(values.shape(0)),
            static_cast<Index>(values.shape(1)),
            static_cast<Index>(values.stride(0)),
            static_cast<Index>(values.stride(1)),
            nullptr};
}

template <class T>
Centers centers_of(const Table<T>& table, const Dense<double, 2>& centers) {
    require(static_cast<Index>(centers.shape(1)) == table.n_columns, "centers must have the columns of the rows");
    return {centers.data(), static_cast<Index>(centers.shape(0))};
}

using Solution = std::tuple<std::int64_t, const char*>;
constexpr const char* kEnds[] = {"tolerance", "rounding", "limit"};

template <class Source>
Solution solved(const Source& source, const Dense<double, 1>& upper, const Output<double, 1>& alpha,
                const Output<double, 1>& gradient, const SmoSettings& settings) {
    const auto each = [&](std::size_t size) { return static_cast<Index>(size) == source.n_rows(); };
    require(source.n_rows() > 0, "there must be rows");
    require(each(upper.shape(0)) && each(alpha.shape(0)) && each(gradient.shape(0)),
            "upper, alpha and gradient must have one value for each row");
    nb::gil_scoped_release release;
    const SmoResult result = Smo<Source>(source, upper.data(), alpha.data(), gradient.data(), settings).solve();
    return {result.iterations, kEnds[static_cast<int>(result.end)]};
}

template <class T>
void bind(nb::module_& m) {
    m.def(
        "svm_sums",
        [](Strided<T, 2> values, Dense<double, 2> centers, Dense<double, 1> coefficients, const std::string& kernel,
           double gamma, double coef0, int degree, Output<double, 1> sums) {
            const Table<T> table = rows_of<T>(values);
            const Centers at = centers_of(table, centers);
            require(static_cast<Index>(coefficients.shape(0)) == at.count, "one coefficient for each center");
            require(static_cast<Index>(sums.shape(0)) == table.n_rows, "sums has the wrong size");
            with_kernel({kernel, gamma, coef0, degree}, [&](const auto& k) {
                nb::gil_scoped_release release;
                kernel_sums(k, table, at, coefficients.data(), sums.data());
            });
        },
        "values"_a.noconvert(), "centers"_a, "coefficients"_a, "kernel"_a, "gamma"_a, "coef0"_a, "degree"_a,
        "sums"_a.noconvert());
    m.def(
        "svm_matrix",
        [](Strided<T, 2> values, Dense<double, 2> centers, const std::string& kernel, double gamma, double coef0,
           int degree, Output<double, 2> matrix) {
            const Table<T> table = rows_of<T>(values);
            const Centers at = centers_of(table, centers);
            require(static_cast<Index>(matrix.shape(0)) == at.count &&
                        static_cast<Index>(matrix.shape(1)) == table.n_rows,
                    "matrix has the wrong shape");
            with_kernel({kernel, gamma, coef0, degree}, [&](const auto& k) {
                nb::gil_scoped_release release;
                kernel_matrix(k, table, at, matrix.data());
            });
        },
        "values"_a.noconvert(), "centers"_a, "kernel"_a, "gamma"_a, "coef0"_a, "degree"_a, "matrix"_a.noconvert());
    m.def(
        "svm_solve",
        [](Strided<T, 2> values, Dense<double, 1> upper, Output<double, 1> alpha, Output<double, 1> gradient,
           const std::string& kernel, double gamma, double coef0, int degree, double tolerance, double cache_bytes,
           bool shrinking, std::int64_t max_iterations) {
            const SmoSettings settings{tolerance, cache_bytes, shrinking, max_iterations};
            const Table<T> table = rows_of<T>(values);
            if (kernel == "precomputed") {
                require(table.n_rows == table.n_columns, "a kernel matrix must be square");
                return solved(MatrixSource<T>{table}, upper, alpha, gradient, settings);
            }
            return with_kernel({kernel, gamma, coef0, degree}, [&](const auto& k) {
                return solved(RowSource<std::decay_t<decltype(k)>, T>{k, table}, upper, alpha, gradient, settings);
            });
        },
        "values"_a.noconvert(), "upper"_a, "alpha"_a.noconvert(), "gradient"_a.noconvert(), "kernel"_a, "gamma"_a,
        "coef0"_a, "degree"_a, "tolerance"_a, "cache_bytes"_a, "shrinking"_a, "max_iterations"_a);
}

}  // namespace

void bind_kernels(nb::module_& m) {
    bind<double>(m);
    bind<float>(m);
}

}  // namespace mixtura::svm
