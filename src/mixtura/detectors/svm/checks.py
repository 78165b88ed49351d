"""What a support vector machine cannot be fitted to: weights, kernel matrices and kernel values."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...engines import owner_of
from ...errors import DataError
from ...kernels.svm import Kernel

# Kernel values are kept in single precision, whose largest number is 3.4e38.
_LARGEST_KERNEL = 3e38

# Rows of a kernel matrix compared with its columns at a time, and by how much they may differ: single precision.
_ROWS_COMPARED = 256
_ASYMMETRY = 1e-5

_NO_WEIGHT = "Invalid input - all samples have zero or negative weights."  # scikit-learn's words


def not_negative(sample_weight: ArrayLike | None) -> Any:
    """Return the weights, zero for the negative ones, as scikit-learn takes them."""
    if sample_weight is None or owner_of(sample_weight) is not None:
        return sample_weight
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.size and (weights <= 0).all():
        raise DataError(_NO_WEIGHT)
    return np.maximum(weights, 0.0)


def check_weights(total: float) -> None:
    """Raise unless the weights add up to a positive number."""
    if not total > 0:
        raise DataError(_NO_WEIGHT)
    if not np.isfinite(total):
        raise DataError("the weights add up to more than any float64 number: divide them")


def square_matrix(values: Any) -> NDArray[Any]:
    """Return kernel values as a matrix that is square and symmetric, or raise."""
    given: NDArray[Any] = np.asarray(values)
    given = given if given.dtype == np.float32 else given.astype(np.float64, copy=False)
    if given.ndim != 2 or given.shape[0] != given.shape[1]:
        shape = "x".join(map(str, given.shape))
        raise DataError(f"Precomputed matrix must be a square matrix. Input is a {shape} matrix.")
    largest = float(np.abs(given).max())
    for first in range(0, len(given), _ROWS_COMPARED):
        rows = slice(first, first + _ROWS_COMPARED)
        if np.abs(given[rows] - given[:, rows].T).max() > _ASYMMETRY * largest:
            raise DataError("the kernel matrix is not symmetric: give K with K[i, j] = K[j, i]")
    return given


def check_reach(kernel: Kernel, values: NDArray[Any]) -> None:
    """Raise where kernel values may be too large; rbf and sigmoid are at most one."""
    if kernel.name in ("rbf", "sigmoid"):
        return
    with np.errstate(over="ignore"):
        if kernel.name == "precomputed":
            reach = float(np.abs(values).max())
        else:
            table = np.asarray(values, dtype=np.float64)
            reach = float(np.einsum("ij,ij->i", table, table).max())
        if kernel.name == "poly":
            reach = float(np.power(np.float64(kernel.gamma * reach + abs(kernel.coef0)), kernel.degree))
    if not reach <= _LARGEST_KERNEL:
        raise DataError(f"kernel values may reach {reach:.3g}, beyond single precision: scale the columns")
