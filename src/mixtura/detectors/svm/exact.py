"""The one-class support vector machine, exactly: where its dual starts, and what its optimum says."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...engines import ThreadEngine
from ...engines.progress import OnProgress, Progress
from ...intake.table import Table
from ...kernels.svm import Kernel, solve
from ...rows import ArrayRows
from ...typing import Floats
from .kernel_sum import KernelSum

# A start is found from every eighth row, as long as there are more than this: its problem costs a 64th.
_STRIDE = 8
_SMALL = 1500

# Scores that differ by less than this part of the largest may differ by rounding: of values in single precision, and of
# kernels and their sums.
_ROUNDING = {4: 1e-6, 8: 1e-9}

# Slopes that are summed in the solver differ from scores by less than this part of the largest.
_SINGLE = 1e-4

# The smallest normal double: below, nothing has a part.
_SMALLEST = float(np.finfo(np.float64).tiny)

# As in LIBSVM, where no limit is asked for: so many steps, or so many a row.
_MOST_STEPS = 10_000_000
_MOST_STEPS_A_ROW = 100

# The solver rounds kernels to single precision, and stops where that hides which way to go; it goes on from slopes
# summed anew in double precision. Each time brings some digits, and double precision has sixteen.
_REFINEMENTS = 10


@dataclass(frozen=True)
class Settings:
    """How exactly, and with what, a dual is solved: what `OneClassSVM` says of `tol` and the others after it."""

    nu: float
    tol: float = 1e-3
    shrinking: bool = True
    cache_size: float = 200.0
    max_iter: int = -1


class Solved(NamedTuple):
    """The optimum: weights of the rows, slope (the score) of each, steps taken, and whether within the tolerance."""

    alpha: Floats
    slopes: Floats
    n_iter: int
    converged: bool


def solve_one_class(
    kernel: Kernel,
    table: NDArray[Any],
    weights: Floats,
    settings: Settings,
    engine: ThreadEngine,
    on_progress: OnProgress | None = None,
) -> Solved:
    """Solve the dual for rows of positive weights, which bound those of the dual.

    The tolerance is `tol`, or that part of the size of the slopes where they are below one.

    The first weights come from the machine of a part of the rows: those that it scores lowest are given all they can
    take, so that little is left to move.
    """
    total = min(settings.nu * weights.sum(), weights.sum())
    # Slopes are sums of kernels with weights that add up to the total: where that is small, so is every difference.
    tolerance = settings.tol * min(1.0, max(total * _typical_kernel(kernel, table), _SMALLEST))
    alpha = _lowest_first(_first_order(kernel, table, weights, settings, engine, on_progress), weights, total)
    slopes = _scores(kernel, table, table, alpha, engine)
    what = f"training on {len(table):,} rows"
    if on_progress is not None:
        on_progress(Progress(what, 0, 1, "machines"))
    most = max(_MOST_STEPS, _MOST_STEPS_A_ROW * len(table)) if settings.max_iter == -1 else settings.max_iter
    n_iter = 0
    for _ in range(_REFINEMENTS):
        solution = solve(
            kernel,
            table,
            weights,
            alpha,
            slopes,
            tolerance=tolerance,
            cache_bytes=settings.cache_size * 2**20,
            shrinking=settings.shrinking,
            max_iterations=most - n_iter,
        )
        n_iter += solution.n_iter
        if solution.end != "rounding" or not solution.n_iter:
            break
        slopes = _scores(kernel, table, table, alpha, engine)
    converged = solution.end == "tolerance" or not solution.n_iter
    # The solver rounds kernels to single precision. Rows on the border are to score what the model says of them.
    width = 2 * tolerance + _SINGLE * np.abs(slopes).max() if converged else np.inf
    border = np.abs(slopes - _slope_inside(alpha, slopes, weights)) <= width
    if border.any():
        slopes[border] = _scores(kernel, table[border], table, alpha, engine)
    if on_progress is not None:
        on_progress(Progress(what, 1, 1, "machines"))
    return Solved(alpha, slopes, n_iter, converged)


def offset_at(solved: Solved, upper: Floats, nu: float, dtype: Any) -> float:
    """Return the offset: the slope of the rows whose weight is inside its bounds, or less.

    Where there are none, any number between the slopes of the full and of the empty ones is as good, and their middle
    is taken (Chang and Lin 2011, section 4.1.5); where all are full, the highest slope. The rows inside differ by the
    tolerance, and so may empty ones: it is lowered until no more than `nu` of the weight scores below it.
    """
    return min(_slope_inside(solved.alpha, solved.slopes, upper), highest_offset(solved.slopes, upper, nu, dtype))


def highest_offset(scores: Floats, weights: Floats, share: float, dtype: Any) -> float:
    """Return the highest offset that rows of no more than a share of the weight score below, however it is rounded.

    `dtype` is that of the table.
    """
    order = np.argsort(scores, kind="stable")
    upto = np.cumsum(weights[order])
    place = min(int(np.searchsorted(upto, share * upto[-1], side="right")), len(order) - 1)
    return float(scores[order[place]] - _ROUNDING[np.dtype(dtype).itemsize] * np.abs(scores).max())


def _slope_inside(alpha: Floats, slopes: Floats, upper: Floats) -> float:
    empty, full = alpha <= 0, alpha >= upper
    inside = ~empty & ~full
    if inside.any():
        return float(slopes[inside].mean())
    highest = slopes[full].max()
    return float((highest + slopes[empty].min()) / 2 if empty.any() else highest)


def _typical_kernel(kernel: Kernel, table: NDArray[Any]) -> float:
    """Return the mean kernel of a row with itself; one where it is bounded by that."""
    if kernel.name in ("rbf", "sigmoid"):
        return 1.0
    if kernel.name == "precomputed":
        return float(np.abs(np.diagonal(table)).mean(dtype=np.float64))
    squares = np.einsum("ij,ij->i", table, table, dtype=np.float64)
    if kernel.name == "poly":
        squares = np.abs(kernel.gamma * squares + kernel.coef0) ** kernel.degree
    return float(squares.mean())


def _first_order(
    kernel: Kernel,
    table: NDArray[Any],
    weights: Floats,
    settings: Settings,
    engine: ThreadEngine,
    on_progress: OnProgress | None,
) -> NDArray[np.int64]:
    """Return the rows, those first that probably have weight at the optimum."""
    if len(table) <= _SMALL:
        return np.arange(len(table))
    some = slice(None, None, _STRIDE)
    part = table[some, some] if kernel.name == "precomputed" else table[some]
    alpha = np.zeros(len(table))
    weights_of_part = np.ascontiguousarray(weights[some])
    alpha[some] = solve_one_class(kernel, part, weights_of_part, settings, engine, on_progress).alpha
    scores = _scores(kernel, table, table, alpha, engine)
    return np.argsort(scores, kind="stable")


def _lowest_first(order: NDArray[np.int64], weights: Floats, total: float) -> Floats:
    """Return weights of the dual that add up to the total: full in the order given, then part of one, then none."""
    before = np.cumsum(weights[order]) - weights[order]
    alpha = np.empty_like(weights)
    alpha[order] = np.clip(total - before, 0, weights[order])
    return alpha


def _scores(kernel: Kernel, rows: NDArray[Any], table: NDArray[Any], alpha: Floats, engine: ThreadEngine) -> Floats:
    """Return the scores of rows, of those of the table some or all, under the weights of the table."""
    support = np.flatnonzero(alpha)
    if kernel.name == "precomputed":
        return np.ascontiguousarray(rows[:, support] @ alpha[support], dtype=np.float64)
    centers = np.ascontiguousarray(table[support], dtype=np.float64)
    return Table(ArrayRows(rows, checked=True), engine).scores(KernelSum(kernel, centers, alpha[support]))
