// What the bindings share: the arrays they take, and the check of what they are given.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>

#include <optional>
#include <stdexcept>

namespace mixtura {

template <class T, int N>
using Strided = nanobind::ndarray<const T, nanobind::ndim<N>, nanobind::device::cpu>;
template <class T, int N>
using Dense = nanobind::ndarray<const T, nanobind::ndim<N>, nanobind::c_contig, nanobind::device::cpu>;
template <class T, int N>
using Output = nanobind::ndarray<T, nanobind::ndim<N>, nanobind::c_contig, nanobind::device::cpu>;

inline void require(bool holds, const char* message) {
    if (!holds) throw std::invalid_argument(message);
}

}  // namespace mixtura

// One namespace for each family of kernels, and one function, in a file of its own, that binds them.
namespace mixtura::mixture {
void bind_kernels(nanobind::module_& m);
void bind_incomplete(nanobind::module_& m);
}  // namespace mixtura::mixture
namespace mixtura::k_means {
void bind_kernels(nanobind::module_& m);
}
namespace mixtura::forest {
void bind_kernels(nanobind::module_& m);
}
namespace mixtura::neighbors {
void bind_kernels(nanobind::module_& m);
}
namespace mixtura::mcd {
void bind_kernels(nanobind::module_& m);
}
namespace mixtura::svm {
void bind_kernels(nanobind::module_& m);
}
namespace mixtura::ensemble {
void bind_kernels(nanobind::module_& m);
}
namespace mixtura::repairs {
void bind_kernels(nanobind::module_& m);
}
