"""Small dense matrices: packed triangles, inverses and Cholesky factors."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.lapack import dtrtri

from ..errors import ColumnError, SingularCovarianceError
from ..typing import Floats


def largest_root(dtype: "np.dtype[Any]") -> float:
    """Return the largest number of a type whose square, times the number of rows of any table, is a number of the type.

    One over it is the smallest standard deviation: 2e123 for float64, 3e15 for float32.
    """
    return float(np.float64(np.finfo(dtype).max) ** 0.4)


# The largest variance.
_LARGEST = largest_root(np.dtype(np.float64)) ** 2

# Two entries of a matrix of correlations that are to be equal differ by single precision at most.
_ASYMMETRY = 1e-5


def frozen(values: ArrayLike) -> Floats:
    """Return a copy as doubles that cannot be written to."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def check_real(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return an array of finite real numbers, or raise ValueError; a masked value is none."""
    if np.ma.is_masked(values):
        raise ValueError(f"{name} must not be masked: fill the masked values in")
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must be an array of real numbers: {error}") from error
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{name} must be an array of real numbers, not of {array.dtype}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, and hold {array[~np.isfinite(array)][0]}")
    return array


def known_values(values: ArrayLike, name: str) -> NDArray[Any]:
    """Return an array of single or double precision, NaN where a value is missing or masked, or raise ColumnError."""
    try:
        array = np.asanyarray(values)
        dtype = array.dtype if array.dtype == np.float32 else np.dtype(np.float64)
        if array.dtype.kind in "fiubO":
            if isinstance(array, np.ma.MaskedArray):
                array = np.ma.filled(array.astype(dtype), np.nan)
            return np.asarray(array, dtype=dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise ColumnError(f"{name} must hold real numbers only: {error}") from error
    raise ColumnError(f"{name} must hold real numbers, not {array.dtype}")


def frozen_integers(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return integers that cannot be written to."""
    values.setflags(write=False)
    return values


def packed_size(n_features: int) -> int:
    """Return the number of entries in the lower triangle of a square matrix."""
    return n_features * (n_features + 1) // 2


@lru_cache(maxsize=64)
def lower_positions(n_features: int) -> NDArray[np.int64]:
    """Return where the entries of the lower triangle lie in a square matrix that is flat, shape (packed_size,)."""
    rows, columns = np.tril_indices(n_features)
    return frozen_integers(rows * n_features + columns)


@lru_cache(maxsize=64)
def packed_positions(n_features: int) -> NDArray[np.int64]:
    """Return where each entry of a symmetric matrix lies in its packed lower triangle, flat."""
    rows, columns = np.indices((n_features, n_features))
    low, high = np.minimum(rows, columns), np.maximum(rows, columns)
    return frozen_integers((high * (high + 1) // 2 + low).ravel())


def pack(matrices: Floats) -> Floats:
    """Return the packed lower triangles of matrices on the last two axes."""
    d = matrices.shape[-1]
    return matrices.reshape(*matrices.shape[:-2], d * d).take(lower_positions(d), axis=-1)


def unpack(packed: Floats, n_features: int) -> Floats:
    """Return symmetric matrices from their packed lower triangles on the last axis."""
    matrices = packed.take(packed_positions(n_features), axis=-1)
    return matrices.reshape(*packed.shape[:-1], n_features, n_features)


def weighted_outer(centred: Floats, share: Floats) -> Floats:
    """Return the sum over rows of share times the outer product of a row with itself."""
    return np.asarray((share[:, None] * centred).T @ centred)


def schur_complement(matrix: Floats, kept: Sequence[int], known: Sequence[int]) -> Floats:
    """Return the covariance of the columns `kept` when the columns `known` are known."""
    cross = matrix[np.ix_(kept, known)]
    return np.asarray(matrix[np.ix_(kept, kept)] - cross @ np.linalg.solve(matrix[np.ix_(known, known)], cross.T))


def regressions(matrices: Floats, missing: NDArray[np.int64], known: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return what some columns say about the others under covariance matrices, which may be stacked.

    From one Cholesky factor of the columns in the order known, missing: what is left is a product of a factor with
    itself, and so never loses its sign to rounding.

    Returns
    -------
    slopes : ndarray of shape (..., n_missing, n_known)
        Coefficients of the regression.
    rest : ndarray of shape (..., n_missing, n_missing)
        Covariance that is left.
    """
    order = np.concatenate([known, missing])
    n_known = len(known)
    try:
        lower = np.linalg.cholesky(matrices[..., order[:, None], order])
    except np.linalg.LinAlgError:
        raise _singular(f"no regression on columns {known.tolist()} is possible") from None
    across, left = lower[..., n_known:, :n_known], lower[..., n_known:, n_known:]
    slopes = np.linalg.solve(lower[..., :n_known, :n_known].swapaxes(-1, -2), across.swapaxes(-1, -2))
    return np.asarray(slopes.swapaxes(-1, -2)), np.asarray(left @ left.swapaxes(-1, -2))


def matrix_fault(matrices: Floats) -> str | None:
    """Return what matrices should be and are not, None when they are symmetric and positive definite."""
    symmetric = np.isclose(matrices, matrices.transpose(0, 2, 1)).all()
    fine = bool(symmetric) and bool((np.linalg.eigvalsh(matrices) > 0).all())
    return size_fault(np.diagonal(matrices, axis1=1, axis2=2)) if fine else "symmetric, positive-definite"


def check_definite(matrices: Floats, names: Callable[[int], str]) -> None:
    """Raise SingularCovarianceError unless matrices, which have these `names`, are symmetric and positive definite."""
    for number, matrix in enumerate(matrices):
        variances = np.diagonal(matrix)
        if not len(variances):
            continue
        check_positive(variances[None], names(number))
        roots = np.sqrt(variances)
        correlations = matrix / roots / roots[:, None]
        gaps = np.abs(correlations - correlations.T)
        if not gaps.max() <= _ASYMMETRY:
            i, j = (int(position) for position in np.unravel_index(np.argmax(gaps), gaps.shape))
            raise SingularCovarianceError(
                f"{names(number)} must be symmetric, and has {matrix[i, j]:g} and {matrix[j, i]:g} for columns {i} and "
                f"{j}: give (A + A.T) / 2"
            )
        smallest = float(np.linalg.eigvalsh(correlations)[0])
        # Of a singular matrix rounding leaves eigenvalues of either sign.
        if not smallest > len(matrix) * np.finfo(np.float64).eps:
            raise SingularCovarianceError(
                f"{names(number)} must be positive definite, and the smallest eigenvalue of its correlations is "
                f"{smallest:.3g}: check the matrix, or add to its diagonal"
            )


def check_positive(variances: Floats, name: str | None = None) -> None:
    """Raise SingularCovarianceError unless variances, of each component or of what has a `name`, have fine inverses."""
    wrong = np.argwhere(_beyond(variances))
    if len(wrong):
        of = f"component {wrong[0][0]}" if name is None else name
        raise SingularCovarianceError(
            f"the variances of {of} must be from {1 / _LARGEST:.0e} to {_LARGEST:.0e}, and one is "
            f"{variances[tuple(wrong[0])]:.3g}"
        )


def size_fault(variances: Floats) -> str | None:
    """Return what positive variances or precisions should be and are not, None when their inverses are fine numbers."""
    if not _beyond(variances).any():
        return None
    return f"of variances from {1 / _LARGEST:.0e} to {_LARGEST:.0e}"


def _beyond(variances: Floats) -> NDArray[np.bool_]:
    return ~((variances >= 1 / _LARGEST) & (variances <= _LARGEST))


def matrices_at_least(matrices: Floats, variances: Floats) -> Floats:
    """Return covariance matrices of which no direction is narrower than a diagonal one, whose entries may be zero.

    They are those of highest likelihood within the limit: what is left of the columns with a limit, given the others,
    is one factor of the likelihood, and in coordinates in which the limit is the identity its eigenvalues below one are
    raised to it (Anderson, Anderson and Olkin 1986, "Maximum likelihood estimators and likelihood ratio criteria in
    multivariate components of variance", Annals of Statistics 14). Singular matrices without a limit stay singular.
    """
    limited = np.flatnonzero(variances > 0)
    if not len(limited):
        return matrices
    free = np.flatnonzero(variances == 0)
    rest = matrices[:, limited[:, None], limited]
    try:
        if len(free):
            cross = matrices[:, free[:, None], limited]
            rest = rest - cross.transpose(0, 2, 1) @ np.linalg.solve(matrices[:, free[:, None], free], cross)
        np.linalg.cholesky(rest - np.diag(variances[limited]))
        return matrices  # as most are
    except np.linalg.LinAlgError:
        pass
    scale = np.sqrt(np.outer(variances[limited], variances[limited]))
    eigenvalues, axes = np.linalg.eigh(rest / scale)
    lacking = np.maximum(1 - eigenvalues, 0.0)
    raised = matrices.copy()
    raised[:, limited[:, None], limited] += (axes * lacking[:, None, :]) @ axes.transpose(0, 2, 1) * scale
    return raised


def inverses(matrices: Floats) -> Floats:
    """Return the inverses of symmetric positive definite matrices, symmetric themselves."""
    inverses = np.linalg.inv(matrices)
    return np.asarray((inverses + inverses.transpose(0, 2, 1)) / 2)


def _singular(what: str) -> SingularCovarianceError:
    # scikit-learn's sentence, which its users search for, then what was found.
    return SingularCovarianceError(
        "Fitting the mixture model failed because some components have ill-defined empirical covariance (for instance "
        "caused by singleton or collapsed samples). Try to decrease the number of components, increase reg_covar, or "
        f"scale the input data. Here {what}."
    )


def precision_cholesky(matrices: Floats, names: Callable[[int], str]) -> Floats:
    """Return the upper triangular U with U U^T the inverse of each covariance matrix, shape (n, d, d).

    `names` gives a matrix its name in errors.
    """
    try:
        lower = np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        lower = np.full_like(matrices, np.nan)
    if not np.isfinite(lower).all():
        for number, matrix in enumerate(matrices):
            _check_definite(matrix, names(number))
    factors = np.stack([inverse_of_lower(factor).T for factor in lower])
    check_invertible(factors, np.dtype(np.float64), names)
    return factors


def check_invertible(factors: Floats, dtype: "np.dtype[Any]", names: Callable[[int], str]) -> None:
    """Raise when precisions are beyond the numbers of a type, given their Cholesky factors or roots, by component."""
    limit = largest_root(dtype)
    large = np.abs(factors).reshape(len(factors), -1).max(axis=1, initial=0.0)
    if (large > limit).any():
        number = int(np.argmax(large))
        advice = "" if dtype == np.float64 else ", or give the table as float64"
        raise _singular(
            f"{names(number)} has a standard deviation of {1 / large[number]:.3g} in some direction, too small to be "
            f"inverted in {dtype}{advice}"
        )


def _check_definite(matrix: Floats, name: str) -> None:
    try:
        definite = bool(np.isfinite(np.linalg.cholesky(matrix)).all())
    except np.linalg.LinAlgError:
        definite = False
    if not definite:
        rank = np.linalg.matrix_rank(matrix, hermitian=True) if np.isfinite(matrix).all() else 0
        raise _singular(f"{name} has rank {rank} of {len(matrix)}")


def inverse_of_lower(lower: Floats) -> Floats:
    """Return the inverse of a lower triangular matrix whose diagonal is not zero.

    From LAPACK itself: `scipy.linalg.solve_triangular` wakes all threads of the linear algebra library even for a 4 × 4
    matrix, which takes milliseconds when the processors are busy.
    """
    if not len(lower):
        return lower
    inverse, _ = dtrtri(lower, lower=1)
    return np.asarray(inverse)


def inverse_roots(variances: Floats) -> Floats:
    """Return one over the square root of every variance."""
    wrong = ~(variances > 0) | ~np.isfinite(variances)
    if wrong.any():
        component = int(np.argwhere(wrong)[0][0])
        raise _singular(f"component {component} has a variance of {variances[wrong][0]:.3g}")
    roots = np.asarray(1 / np.sqrt(variances))
    check_invertible(roots, np.dtype(np.float64), "component {}".format)
    return roots
