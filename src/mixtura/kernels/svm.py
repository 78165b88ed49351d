"""Kernels of support vector machines: sums over support vectors, and the one-class solver."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats
from . import native

__all__ = ["Kernel", "Solution", "matrix", "solve", "sums"]


@dataclass(frozen=True)
class Kernel:
    """A kernel and its parameters; those that it does not use are zero.

    Attributes
    ----------
    name : {'rbf', 'linear', 'poly', 'sigmoid', 'precomputed'}
        exp(-gamma |x - y|^2), x·y, (gamma x·y + coef0)^degree, tanh(gamma x·y + coef0); for 'precomputed' the table
        holds the values.
    gamma, coef0 : float
        Its parameters.
    degree : int
        Power of 'poly'.
    """

    name: str
    gamma: float = 0.0
    coef0: float = 0.0
    degree: int = 0


class Solution(NamedTuple):
    """Steps taken, and why they ended: within the tolerance, no nearer for rounding, or as many as were allowed."""

    n_iter: int
    end: Literal["tolerance", "rounding", "limit"]


def sums(kernel: Kernel, values: NDArray[Any], centers: Floats, coefficients: Floats) -> Floats:
    """Return the sum of coefficients times kernel values for each row, shape (n_rows,).

    `values` are float32 or float64; all is computed in double precision.
    """
    out = np.empty(len(values))
    native.svm_sums(values, centers, coefficients, kernel.name, kernel.gamma, kernel.coef0, kernel.degree, out)
    return out


def matrix(kernel: Kernel, values: NDArray[Any], centers: Floats) -> Floats:
    """Return the kernel of each center with each row, shape (n_centers, n_rows)."""
    out = np.empty((len(centers), len(values)))
    native.svm_matrix(values, centers, kernel.name, kernel.gamma, kernel.coef0, kernel.degree, out)
    return out


def solve(
    kernel: Kernel,
    values: NDArray[Any],
    upper: Floats,
    alpha: Floats,
    gradient: Floats,
    *,
    tolerance: float,
    cache_bytes: float,
    shrinking: bool,
    max_iterations: int,
) -> Solution:
    """Bring a feasible `alpha`, with `gradient` the kernel matrix times it, to the optimum, in place.

    `values` are the rows, or the square kernel matrix when the kernel is precomputed. The matrix is used as rounded to
    single precision, of which `cache_bytes` are kept.
    """
    return Solution(
        *native.svm_solve(
            values,
            upper,
            alpha,
            gradient,
            kernel.name,
            kernel.gamma,
            kernel.coef0,
            kernel.degree,
            tolerance,
            cache_bytes,
            shrinking,
            max_iterations,
        )
    )
