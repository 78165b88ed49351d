// k-means for Python: arrays are checked here before anything runs without the interpreter.
#include "bindings.hpp"
#include "k_means.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace mixtura::k_means {
namespace {

// More clusters than this have no exact number in single precision.
constexpr Index kMostClusters = Index(1) << 24;

template <class T>
void lloyd(Dense<T, 2> values, Dense<T, 1> weights, Output<T, 2> centers, int max_iter, double tol,
           Output<std::int32_t, 1> labels) {
    const auto n = static_cast<Index>(values.shape(0)), d = static_cast<Index>(values.shape(1));
    const auto count = static_cast<Index>(centers.shape(0));
    require(static_cast<Index>(weights.shape(0)) == n, "weights must have one value for each row");
    require(static_cast<Index>(labels.shape(0)) == n, "labels has the wrong size");
    require(count >= 1 && count < kMostClusters && static_cast<Index>(centers.shape(1)) == d,
            "centers has the wrong shape");
    nb::gil_scoped_release release;
    const Table<T> table{values.data(), n, d, d, 1, nullptr};
    Lloyd<T>(table, weights.data(), count, centers.data()).run(max_iter, static_cast<T>(tol), labels.data());
}

}  // namespace

void bind_kernels(nb::module_& m) {
    const auto bind = [&]<class T>(const char* name) {
        m.def(name, &lloyd<T>, "values"_a.noconvert(), "weights"_a.noconvert(), "centers"_a.noconvert(), "max_iter"_a,
              "tol"_a, "labels"_a.noconvert());
    };
    bind.template operator()<double>("lloyd");
    bind.template operator()<float>("lloyd");
}

}  // namespace mixtura::k_means
