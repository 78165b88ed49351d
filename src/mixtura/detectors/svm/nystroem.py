"""The one-class support vector machine for tables of any length: on the features that landmarks give."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import minimize

from ...engines.progress import Progress
from ...engines.single import single_thread
from ...intake.sample import Sample
from ...intake.table import Table
from ...kernels.svm import Kernel, matrix, sums
from ...rows import Block
from ...typing import Floats
from .exact import highest_offset
from .kernel_sum import KernelSum

# Rows whose kernels with all landmarks are held at once: a megabyte for 500 landmarks, which the caches hold.
_ROWS_AT_ONCE = 256

# Width of the rounded corner of the hinge, in parts of the offset: below a hundredth the share of outliers and the
# ranking of the rows no longer change, and the search takes longer.
_CORNER = 0.01

# The search ends when a step gains less than this part of the objective.
_GAIN = 1e-7

# Directions of the landmarks' features shorter than this part of the longest are rounding.
_NEGLIGIBLE = 1e-12

_MOST_STEPS = 200


class Approximation(NamedTuple):
    """Coefficients of the landmarks and the offset, in the units of the exact machine; and how the search ended.

    The coefficients of that add up to nu times the weight of the rows.
    """

    coefficients: Floats
    offset: float
    n_iter: int
    converged: bool


def solve_on_landmarks(
    kernel: Kernel,
    table: Table,
    sample: Sample,
    landmarks: Floats,
    nu: float,
    max_iter: int,
) -> Approximation:
    """Minimise the primal over functions of the landmarks, first for a sample of the rows and then for all.

    With z(x) = S k(x), k the kernels of a row with the landmarks and S a root of their inverse matrix [1]_, the primal
    is 1/2 |w|^2 - r + mean of max(0, r - w·z) / nu over w and the offset r. The corner of the hinge is rounded, so
    that L-BFGS finds the minimum; each evaluation reads the rows once. The offset is then the highest
    that no more than nu of the weight scores below.

    References
    ----------
    .. [1] Williams and Seeger (2001), "Using the Nyström method to speed up kernel machines", NIPS 13.
    """
    root = _inverse_root(matrix(kernel, landmarks, landmarks))
    limit = _MOST_STEPS if max_iter == -1 else max_iter
    with single_thread("blas"):
        # The mean of the features is the optimum for nu = 1.
        start = root.T @ matrix(kernel, landmarks, landmarks).mean(axis=1)
        offset = float(np.quantile(sums(kernel, landmarks, landmarks, root @ start), nu))
        problem = _Problem(kernel, landmarks, root, nu, max(_CORNER * abs(offset), np.finfo(float).tiny))
        found = problem.minimum(np.append(start, offset), table.on(sample.rows), limit)
        steps = int(found.nit)
        if not sample.whole:
            found = problem.minimum(found.x, table, limit)
            steps += int(found.nit)
    weights = table.weights()
    coefficients = nu * weights.sum() * (root @ found.x[:-1])
    scores = table.watched("scoring").scores(KernelSum(kernel, landmarks, coefficients))
    return Approximation(coefficients, highest_offset(scores, weights, nu, table.dtype), steps, bool(found.status != 1))


def _inverse_root(gram: Floats) -> Floats:
    """Return S with S^T G S the identity, on the directions in which the matrix G is positive."""
    values, vectors = eigh(gram)
    kept = values > _NEGLIGIBLE * np.abs(values).max()
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]))


@dataclass(frozen=True)
class _Loss:
    """Weighted sums over rows: of their weights, of the loss, and its slopes by the coefficients and by the offset."""

    weight: float
    loss: float
    slopes: Floats
    offset_slope: float

    def __add__(self, other: "_Loss") -> "_Loss":
        return _Loss(
            self.weight + other.weight,
            self.loss + other.loss,
            self.slopes + other.slopes,
            self.offset_slope + other.offset_slope,
        )


@dataclass(frozen=True)
class _Problem:
    kernel: Kernel
    landmarks: Floats
    root: Floats
    nu: float
    corner: float

    def minimum(self, start: Floats, table: Table, limit: int) -> Any:
        options = {"maxiter": limit, "maxfun": 2 * limit + 1, "ftol": _GAIN, "gtol": 0.0}
        return minimize(self._objective(table), start, jac=True, method="L-BFGS-B", options=options)

    def _objective(self, table: Table) -> Callable[[Floats], tuple[float, Floats]]:
        zero = _Loss(0.0, 0.0, np.zeros(len(self.landmarks)), 0.0)
        steps = count(1)

        def value_and_slopes(at: Floats) -> tuple[float, Floats]:
            normal, offset = at[:-1], at[-1]
            coefficients = self.root @ normal
            total = table.fold(partial(_loss, self, coefficients, offset), zero)
            if table.on_progress is not None:
                table.on_progress(Progress("training", next(steps), None, "steps"))
            scale = 1 / (self.nu * total.weight)
            value = normal @ normal / 2 - offset + scale * total.loss
            slopes = normal + scale * (self.root.T @ total.slopes)
            return float(value), np.append(slopes, scale * total.offset_slope - 1)

        return value_and_slopes


def _loss(problem: _Problem, coefficients: Floats, offset: float, block: Block) -> _Loss:
    weights = np.ones(len(block.values)) if block.weights is None else block.weights
    total = _Loss(0.0, 0.0, np.zeros(len(coefficients)), 0.0)
    for first in range(0, len(block.values), _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        kernels = matrix(problem.kernel, block.values[rows], problem.landmarks)
        lacking = offset - coefficients @ kernels
        rounded = np.clip(lacking, 0, problem.corner)
        # Quadratic inside the corner, and beyond it a straight line of slope one.
        slope = weights[rows] * rounded / problem.corner
        loss = weights[rows] @ (rounded**2 / (2 * problem.corner) + np.maximum(lacking - problem.corner, 0))
        total += _Loss(float(weights[rows].sum()), float(loss), -(kernels @ slope), float(slope.sum()))
    return total
