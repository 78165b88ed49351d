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

// One function for each family of kernels, in a file of its own.
void bind_mixture(nanobind::module_& m);
void bind_forest(nanobind::module_& m);
void bind_neighbors(nanobind::module_& m);
void bind_mcd(nanobind::module_& m);
void bind_svm(nanobind::module_& m);
void bind_ensemble(nanobind::module_& m);

}  // namespace mixtura
