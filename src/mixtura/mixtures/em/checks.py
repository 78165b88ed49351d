"""Checks of the parameters a user gives: of initial ones with scikit-learn's sentences."""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_array

from ...distributions.covariance import Covariance
from ...distributions.matrices import largest_root
from ...distributions.shapes import CONJUGATE
from ...typing import Floats

# Numbers that count rows, and what is added to variances: further from one, products with sums over rows overflow.
_LARGEST = 1e100


def check_number(value: Any, name: str) -> float:
    """Return a positive parameter as a double, or raise unless it is a number from 1e-100 to 1e100."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise ValueError(f"{name} must be a number, not {value!r}")
    number = float(value)
    if not 0 < number < np.inf:
        raise ValueError(f"{name} must be finite and positive, not {number:g}")
    if not 1 / _LARGEST <= number <= _LARGEST:
        raise ValueError(f"{name} must be from {1 / _LARGEST:.0e} to {_LARGEST:.0e}, not {number:g}")
    return number


def check_ridge(reg_covar: float) -> None:
    """Raise when what is added to the variances is so large that squares of it overflow."""
    if reg_covar > _LARGEST:
        raise ValueError(f"reg_covar must be at most {_LARGEST:.0e}, not {reg_covar:g}: rescale the columns instead")


def check_numbers(values: ArrayLike, name: str) -> Floats:
    """Return an array of real numbers as doubles, or raise."""
    try:
        array = np.asarray(values)
        if array.dtype.kind in "biufO":
            return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError(f"{name} must be an array of real numbers")


def check_reach(values: Floats, name: str) -> Floats:
    """Return an array, or raise when squares of its numbers are too large for sums."""
    limit, largest = largest_root(np.dtype(np.float64)), float(np.abs(values).max(initial=0.0))
    if largest > limit:
        raise ValueError(f"{name} must hold numbers up to {limit:.0e}, not {largest:.3g}: rescale the columns")
    return values


def check_conjugate(shape: type[Covariance], what: str) -> None:
    """Raise where the covariances of a shape have no conjugate prior; `what` asks for one."""
    if not shape.is_conjugate:
        raise ValueError(
            f"{what} is for covariances with a conjugate prior, and covariance_type={shape.name!r} has none: use "
            f"{', '.join(repr(name) for name in CONJUGATE)}, or leave the prior out"
        )


def check_weights(weights: ArrayLike | None, n_components: int) -> Floats | None:
    """Return initial weights as an array: one for each component, in [0, 1], summing to one."""
    if weights is None:
        return None
    array = _checked(weights)
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
    array = _checked(means)
    check_shape(array, (n_components, n_features), "means")
    return check_reach(np.asarray(array, dtype=np.float64), "means_init")


def check_precisions(
    precisions: ArrayLike | None, shape: type[Covariance], n_components: int, n_features: int
) -> Floats | None:
    """Return initial precisions as an array of the layout of `shape`, each positive definite."""
    if precisions is None:
        return None
    array = _checked(precisions).astype(np.float64)
    check_shape(array, shape.shape(n_components, n_features), f"{shape.name} precision")
    fault = shape.precision_fault(array)
    if fault is not None:
        raise ValueError(f"'{shape.name} precision' should be {fault}")
    return np.asarray(array)


def _checked(values: ArrayLike) -> Any:
    """Return finite numbers of single or double precision."""
    with np.errstate(invalid="ignore"):  # scikit-learn adds infinities of either sign
        return check_array(values, dtype=[np.float64, np.float32], ensure_2d=False, allow_nd=True)


def check_shape(array: Floats, expected: tuple[int, ...], name: str) -> None:
    """Raise unless an array has the shape expected, with scikit-learn's sentence."""
    if array.shape != expected:
        raise ValueError(f"The parameter '{name}' should have the shape of {expected}, but got {array.shape}")
