"""The compiled passes, at the best instruction-set level of this processor.

The environment variable ``MIXTURA_ISA`` forces a level: ``v2``, ``v3`` or ``v4`` of x86-64, ``plain`` elsewhere.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LEVELS",
    "NO_LEVELS",
    "LevelTables",
    "Pruning",
    "accumulate",
    "available",
    "level",
    "native",
    "reaches",
    "score",
]

LEVELS = ("v2", "v3", "v4", "plain")
_FORCE = "MIXTURA_ISA"
NO_LEVELS: dict[str, Any] = dict.fromkeys(("columns", "level_columns", "level_sizes", "level_logs"))
"""Arguments of the compiled passes where no column is categorical."""


def _module(name: str) -> Any:
    return import_module(f"{__name__}._{name}")


def _base() -> Any:
    try:
        return _module("v2")
    except ModuleNotFoundError:
        return _module("plain")


def available() -> tuple[str, ...]:
    """Return the levels that were built and that this processor has, the lowest first."""
    base = _base()
    wanted = LEVELS[LEVELS.index(base.level) : LEVELS.index(base.processor_level) + 1]
    return tuple(level for level in wanted if find_spec(f"{__name__}._{level}") is not None)


def _choose() -> Any:
    levels = available()
    wanted = os.environ.get(_FORCE) or levels[-1]
    if wanted not in levels:
        offered = ", ".join(levels)
        raise ImportError(f"{_FORCE}={wanted!r}: this processor and build offer {offered}; unset it or set one of them")
    return _module(wanted)


native: Any = _choose()
"""The extension module in use; the modules beside this one give its functions types."""

level: str = native.level
"""The instruction-set level in use."""


class LevelTables(NamedTuple):
    """Categorical columns, as a pass takes them; the other columns go to the covariance shape.

    Attributes
    ----------
    numbers : ndarray of int32
        Positions of the columns that hold numbers.
    columns : ndarray of int32
        Positions of the columns that hold numbers of levels, from 0, or NaN.
    sizes : ndarray of int32
        Their numbers of levels.
    logs : ndarray of shape (n_components, sum of sizes + n_columns), in the type of the rows
        Column by column: log probabilities of the levels, then of any other value.
    """

    numbers: NDArray[np.int32]
    columns: NDArray[np.int32]
    sizes: NDArray[np.int32]
    logs: NDArray[Any]

    @property
    def arguments(self) -> dict[str, NDArray[Any]]:
        """Arguments of the compiled passes."""
        names = ("columns", "level_columns", "level_sizes", "level_logs")
        return dict(zip(names, self, strict=True))


class Pruning(NamedTuple):
    """What tells a pass which components count for nothing at a row, as ``native/pruned.hpp`` takes it.

    Attributes
    ----------
    reach : ndarray of shape (n_components, n_components)
        From `reaches`.
    directions : ndarray of shape (n_components, n_columns + 1), float32
        A direction v and an offset b of each component: a row x is near that of highest v . (x - centre) + b.
    centre : ndarray of shape (n_columns,)
        The centre.
    guides : ndarray of int32
        Components, of which a row is told the nearest first.
    member_starts : ndarray of shape (n_guides + 1,), int32
        Where the members of each guide start in `members`, and where the last of them end.
    members : ndarray of int32
        For each guide, the components that may be nearest to rows whose nearest guide it is.
    """

    reach: NDArray[np.float64]
    directions: NDArray[np.float32]
    centre: NDArray[np.float64]
    guides: NDArray[np.int32]
    member_starts: NDArray[np.int32]
    members: NDArray[np.int32]


_UNPRUNED: dict[str, Any] = dict.fromkeys(Pruning._fields)


def reaches(
    log_constants: NDArray[np.float64], means: NDArray[np.float64], factors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the distance from each component, in its own metric, below which each other one counts for nothing.

    `factors` are of the precisions: upper triangular, (n_components, n_columns, n_columns), or diagonal. All components
    that count for nothing at a row have a part of 1e-12 of its density together, at most.
    """
    reach = np.empty((len(means), len(means)))
    write = native.reaches_of_matrices if factors.ndim == 3 else native.reaches_of_diagonals
    write(log_constants, means, factors.ravel(), reach)
    return reach


def accumulate(
    kernel: str,
    values: NDArray[Any],
    weights: NDArray[np.float64] | None,
    log_constants: NDArray[np.float64],
    means: NDArray[Any],
    factors: NDArray[Any],
    counts: NDArray[np.float64],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    *,
    degrees_of_freedom: NDArray[np.float64] | None = None,
    tails: NDArray[np.float64] | None = None,
    log_background: float = -np.inf,
    floor: float = -np.inf,
    log_density: NDArray[Any] | None = None,
    levels: LevelTables | None = None,
    level_weights: NDArray[np.float64] | None = None,
    pruning: Pruning | None = None,
) -> float:
    """Add the moments of a block to `counts`, `first` and `second`; return its weighted log-likelihood.

    `kernel` is the name that ``native/bind_mixture.cpp`` gives to the pass of a covariance shape. `values`, `means` and
    `factors` are all float32 or all float64; what `factors`, `first` and `second` hold for each
    shape stands at its class in ``native/shapes.hpp``. Components with `degrees_of_freedom` are Student's t: `counts`
    then gets the sums of u z, and `tails` those of z and of z (log u - u). `log_background` is the log density, weight
    included, of a uniform component that takes its part of every row. Rows whose log density is not above `floor`
    are left out. The log density of every row is written to `log_density` if given. With `levels` the responsibilities
    are summed by level into `level_weights`, of shape (n_components, sum of sizes). With `pruning` components that
    count for nothing at a row are left out of it; `degrees_of_freedom`, `floor`, `log_density` and `levels` are then
    not given.
    """
    log_likelihood: float = getattr(native, f"accumulate_{kernel}")(
        values,
        weights,
        log_constants,
        means,
        factors,
        counts,
        first,
        second,
        degrees_of_freedom,
        log_background,
        floor,
        log_density,
        tails,
        level_weights=level_weights,
        **(NO_LEVELS if levels is None else levels.arguments),
        **(_UNPRUNED if pruning is None else pruning._asdict()),
    )
    return log_likelihood


def score(
    kernel: str,
    values: NDArray[Any],
    log_constants: NDArray[np.float64],
    means: NDArray[Any],
    factors: NDArray[Any],
    *,
    degrees_of_freedom: NDArray[np.float64] | None = None,
    log_density: NDArray[Any] | None = None,
    responsibilities: NDArray[Any] | None = None,
    labels: NDArray[np.int64] | None = None,
    levels: LevelTables | None = None,
    pruning: Pruning | None = None,
) -> None:
    """Write the log density, the responsibilities and the label of every row into those arrays that are given.

    With `pruning`, for which neither `degrees_of_freedom` nor `levels` are given, responsibilities that together are
    below 1e-12 may be zero.
    """
    write = getattr(native, f"score_{kernel}")
    arguments = {
        **(NO_LEVELS if levels is None else levels.arguments),
        **(_UNPRUNED if pruning is None else pruning._asdict()),
    }
    write(values, log_constants, means, factors, log_density, responsibilities, labels, degrees_of_freedom, **arguments)
