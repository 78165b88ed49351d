"""Small dense matrices: packed triangles, inverses and Cholesky factors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.lapack import dtrtri

from ..errors import SingularCovarianceError

Floats = NDArray[np.float64]


def frozen(values: ArrayLike) -> Floats:
    """Return a copy as doubles that cannot be written to."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def packed_size(n_features: int) -> int:
    """Return the number of entries in the lower triangle of a square matrix."""
    return n_features * (n_features + 1) // 2


def unpack(packed: Floats, n_features: int) -> Floats:
    """Return symmetric matrices from their packed lower triangles on the last axis."""
    rows, columns = np.tril_indices(n_features)
    matrices = np.empty((*packed.shape[:-1], n_features, n_features))
    matrices[..., rows, columns] = packed
    matrices[..., columns, rows] = packed
    return matrices


def weighted_outer(centred: Floats, share: Floats) -> Floats:
    """Return the sum over rows of share times the outer product of a row with itself."""
    return np.asarray((share[:, None] * centred).T @ centred)


def schur_complement(matrix: Floats, kept: Sequence[int], known: Sequence[int]) -> Floats:
    """Return the covariance of the columns `kept` when the columns `known` are known."""
    cross = matrix[np.ix_(kept, known)]
    return np.asarray(matrix[np.ix_(kept, kept)] - cross @ np.linalg.solve(matrix[np.ix_(known, known)], cross.T))


def matrix_fault(matrices: Floats) -> str | None:
    """Return what matrices should be and are not, None when they are symmetric and positive definite."""
    symmetric = np.isclose(matrices, matrices.transpose(0, 2, 1)).all()
    fine = bool(symmetric) and bool((np.linalg.eigvalsh(matrices) > 0).all())
    return None if fine else "symmetric, positive-definite"


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


def precision_cholesky(matrix: Floats, what: str) -> Floats:
    """Return the upper triangular U with U U^T the inverse of a covariance matrix; `what` names it in errors."""
    try:
        lower = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        lower = np.full_like(matrix, np.nan)
    if not np.isfinite(lower).all():
        rank = np.linalg.matrix_rank(matrix, hermitian=True) if np.isfinite(matrix).all() else 0
        raise _singular(f"{what} has rank {rank} of {len(matrix)}")
    return inverse_of_lower(np.asarray(lower, dtype=np.float64)).T


def inverse_of_lower(lower: Floats) -> Floats:
    """Return the inverse of a lower triangular matrix whose diagonal is not zero.

    From LAPACK itself: `scipy.linalg.solve_triangular` wakes all threads of the linear algebra library even for a 4 × 4
    matrix, which takes milliseconds when the processors are busy.
    """
    inverse, _ = dtrtri(lower, lower=1)
    return np.asarray(inverse)


def inverse_roots(variances: Floats) -> Floats:
    """Return one over the square root of every variance."""
    wrong = ~(variances > 0) | ~np.isfinite(variances)
    if wrong.any():
        component = int(np.argwhere(wrong)[0][0])
        raise _singular(f"component {component} has a variance of {variances[wrong][0]:.3g}")
    return np.asarray(1 / np.sqrt(variances))
