"""Checks of the initial parameters a user gives, with scikit-learn's sentences."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_array

from .covariance import Covariance
from .matrices import Floats


def check_weights(weights: ArrayLike | None, n_components: int) -> Floats | None:
    """Return initial weights as an array: one for each component, in [0, 1], summing to one."""
    if weights is None:
        return None
    array = check_array(weights, dtype=[np.float64, np.float32], ensure_2d=False)
    check_shape(array, (n_components,), "weights")
    if (array < 0).any() or (array > 1).any():
        # The figures stand in scikit-learn's order, the smallest first.
        raise ValueError(
            "The parameter 'weights' should be in the range [0, 1], "
            f"but got max value {array.min():.5f}, min value {array.max():.5f}"
        )
    if abs(1 - array.sum()) > (1e-6 if array.dtype == np.float32 else 1e-8):
        raise ValueError(f"The parameter 'weights' should be normalized, but got sum(weights) = {array.sum():.5f}")
    return np.asarray(array, dtype=np.float64)


def check_means(means: ArrayLike | None, n_components: int, n_features: int) -> Floats | None:
    """Return initial means as an array of shape (n_components, n_features)."""
    if means is None:
        return None
    array = check_array(means, dtype=[np.float64, np.float32], ensure_2d=False)
    check_shape(array, (n_components, n_features), "means")
    return np.asarray(array, dtype=np.float64)


def check_precisions(
    precisions: ArrayLike | None, shape: type[Covariance], n_components: int, n_features: int
) -> Floats | None:
    """Return initial precisions as an array of the layout of `shape`, each positive definite."""
    if precisions is None:
        return None
    array = check_array(precisions, dtype=[np.float64, np.float32], ensure_2d=False, allow_nd=True)
    check_shape(array, shape.shape(n_components, n_features), f"{shape.name} precision")
    fault = shape.precision_fault(array)
    if fault is not None:
        raise ValueError(f"'{shape.name} precision' should be {fault}")
    return np.asarray(array, dtype=np.float64)


def check_shape(array: Floats, expected: tuple[int, ...], name: str) -> None:
    """Raise unless an array has the shape expected, with scikit-learn's sentence."""
    if array.shape != expected:
        raise ValueError(f"The parameter '{name}' should have the shape of {expected}, but got {array.shape}")
