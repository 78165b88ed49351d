"""Passes over rows that miss values: what stands in ``native/incomplete.hpp``, with types."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..typing import Floats
from . import NO_LEVELS, LevelTables, native

__all__ = ["Model", "accumulate", "filled_up", "score"]

# Rows of precisions are filled up to a multiple of this: the doubles of the widest vector register.
_LANES = 8


@dataclass(frozen=True, eq=False)
class Model:
    """What these passes know of a mixture.

    Attributes
    ----------
    kernel : str
        The name that ``native/bind_incomplete.cpp`` gives to the pass of a covariance shape.
    shared : bool
        Whether all components share one covariance: `factors` and `precisions` then hold it once.
    log_constants : ndarray of shape (n_components, n_columns + 1)
        Log of weight times density at the mean with 0, 1, ... columns observed, the determinant that of all columns.
    means : ndarray of shape (n_components, n_columns), in the type of the rows
        Means.
    factors : ndarray, in the type of the rows
        What the shape needs beside, as at its class in ``native/shapes.hpp``.
    precisions : ndarray of shape (n_rows, width)
        Precisions, row below row, or their diagonals where the shape has no others: see `filled_up`.
    degrees_of_freedom : ndarray of shape (n_components,) or None
        Of Student's t components; None for normal ones.
    log_corrections : ndarray of shape (n_components, n_columns + 1) or None
        Added to log u of rows with 0, 1, ... columns observed; None for normal components.
    levels : LevelTables or None
        Categorical columns, if there are any.
    """

    kernel: str
    shared: bool
    log_constants: Floats
    means: NDArray[Any]
    factors: NDArray[Any]
    precisions: Floats
    degrees_of_freedom: Floats | None
    log_corrections: Floats | None
    levels: LevelTables | None

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of the compiled passes."""
        names = ("shared", "log_constants", "means", "factors", "precisions", "degrees_of_freedom", "log_corrections")
        levels = NO_LEVELS if self.levels is None else self.levels.arguments
        return {name: getattr(self, name) for name in names} | levels


def filled_up(precisions: Floats) -> Floats:
    """Return rows of precisions with zeros behind them, as many columns as vector registers hold."""
    n_rows, n_columns = precisions.shape
    wide = np.zeros((n_rows, -(-n_columns // _LANES) * _LANES))
    wide[:, :n_columns] = precisions
    return wide


def accumulate(
    model: Model,
    values: NDArray[Any],
    weights: Floats | None,
    counts: Floats,
    first: Floats,
    second: Floats,
    *,
    tails: Floats | None = None,
    log_backgrounds: Floats | None = None,
    floor: float = -np.inf,
    log_density: NDArray[Any] | None = None,
    level_weights: Floats | None = None,
) -> float:
    """Add the expected moments of rows to `counts`, `first` and `second`; return their weighted log-likelihood.

    As `mixtura.kernels.accumulate`, in the units of the table and about the means; `log_backgrounds` is of each row.
    """
    log_likelihood: float = getattr(native, f"accumulate_observed_{model.kernel}")(
        values=values,
        weights=weights,
        counts=counts,
        first=first,
        second=second,
        tails=tails,
        log_backgrounds=log_backgrounds,
        floor=floor,
        log_density=log_density,
        level_weights=level_weights,
        **model.arguments,
    )
    return log_likelihood


def score(
    model: Model,
    values: NDArray[Any],
    *,
    log_density: NDArray[Any] | None = None,
    responsibilities: NDArray[Any] | None = None,
    labels: NDArray[np.int64] | None = None,
) -> None:
    """Write the log density, the responsibilities and the label of every row into those arrays that are given."""
    getattr(native, f"score_observed_{model.kernel}")(
        values=values,
        log_density=log_density,
        responsibilities=responsibilities,
        labels=labels,
        **model.arguments,
    )
