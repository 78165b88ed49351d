"""From a table to its robust location and covariance: the rows of least determinant, corrected and reweighted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...engines.progress import OnProgress
from ...errors import SingularCovarianceError, warn
from ...kernels import mcd as kernels
from ...typing import Floats
from .corrections import cutoff, raw_factor, reweighted_factor
from .detmcd import det_mcd
from .hyperplane import Flat, equation, flat_through, rows_on
from .mcd import Subset, fast_mcd
from .model import whitening
from .tiles import TiledTable
from .univariate import univariate_mcd

Start = Literal["random", "deterministic"]


@dataclass(frozen=True, eq=False)
class Estimate:
    """A location and a covariance, in the units of the table, and the rows they are of.

    Attributes
    ----------
    location : ndarray of shape (n_columns,)
        Mean of the rows, or zero where it was known to be.
    covariance : ndarray of shape (n_columns, n_columns)
        Their covariance, with divisor n_kept - 1, or n_kept about a known location.
    support : ndarray of shape (n_rows,)
        Which rows they are.
    """

    location: Floats
    covariance: Floats
    support: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RobustFit:
    """The raw estimate, from h rows and without factors, and the reweighted one with its factors."""

    raw: Estimate
    reweighted: Estimate


def support_size(n_rows: int, n_columns: int, support_fraction: float | None) -> int:
    """Return h, the number of rows in the support of the raw estimate."""
    if support_fraction is None:
        return min((n_rows + n_columns + 1) // 2, n_rows)
    return max(int(support_fraction * n_rows), 1)


def fit_robust(
    table: TiledTable,
    h: int,
    start: Start,
    random_state: np.random.RandomState,
    *,
    centered: bool = False,
    names: Sequence[str] | None = None,
    n_threads: int | None = None,
    on_progress: OnProgress | None = None,
) -> RobustFit:
    """Fit location and covariance to a table, some of whose rows may lie anywhere.

    A table that lies on a hyperplane as a whole is fitted within it, with a warning.

    Raises
    ------
    SingularCovarianceError
        The support, but not the whole table, lies on a hyperplane, or all rows are equal.
    """
    n, p = table.n_rows, table.n_columns
    if h <= p < n:
        raise SingularCovarianceError(
            f"the support has {h} of {n} rows, and {p} columns need at least {p + 1}: raise support_fraction to "
            f"{(p + 1) / n:.3g} or more"
        )

    def least_determinant(of: TiledTable) -> Subset:
        return _least_determinant(of, h, start, random_state, n_threads, on_progress)

    subset, plane = least_determinant(table), None
    inside = table
    while subset.n_flat:
        plane = flat_through(inside, subset.location, subset.covariance, subset.n_flat).seen_from(plane)
        _refuse_unless_all(plane, table, h, names)
        inside = table.projected(plane.origin, plane.basis)
        subset = least_determinant(inside)
    if plane is not None:
        warn(
            f"all {n} rows lie on a hyperplane, {equation(plane, table, names)}: the covariance matrix is not full "
            f"rank ({inside.n_columns} of {p}), and distances are measured within; rows off it are farthest"
        )
    elif n < 2 * p:
        warn(
            f"{n} rows are few for {p} columns: a robust covariance needs at least twice as many rows as columns, and "
            "five times as many to be reliable"
        )
    raw = _estimate(table, subset.support, centered)
    return RobustFit(_in_units(raw, table), _in_units(_kept(table, raw, centered), table))


def reweighted(table: TiledTable, raw: Estimate, *, centered: bool = False) -> Estimate:
    """Return the estimate from the rows near a raw one of the same table, as the second half of `fit_robust` does."""
    location = (raw.location - table.center) / table.scale
    covariance = raw.covariance / table.scale / table.scale[:, None]
    return _in_units(_kept(table, Estimate(location, covariance, raw.support), centered), table)


def _least_determinant(
    table: TiledTable,
    h: int,
    start: Start,
    random_state: np.random.RandomState,
    n_threads: int | None,
    on_progress: OnProgress | None,
) -> Subset:
    if table.n_columns == 1:
        return univariate_mcd(table, h)
    if start == "deterministic":
        return det_mcd(table, h, n_threads, on_progress)
    return fast_mcd(table, h, random_state, n_threads, on_progress)


def _refuse_unless_all(plane: Flat, table: TiledTable, h: int, names: Sequence[str] | None) -> None:
    """Raise unless all rows lie on a plane that is more than a point."""
    n, on_it = table.n_rows, int(plane.on_it.sum())
    if plane.basis.shape[1] == 0:
        if on_it == n:
            raise SingularCovarianceError(f"all {n} rows are equal: no row can be an outlier")
        raise SingularCovarianceError(
            "The covariance matrix of the support data is equal to 0, try to increase support_fraction: "
            f"{on_it} of {n} rows are equal, {equation(plane, table, names)}, and the support has {h}"
        )
    if on_it < n:
        on_it = rows_on(plane, table)
        raise SingularCovarianceError(
            f"{on_it} of {n} rows lie on the hyperplane {equation(plane, table, names)}, and the support has {h}: its "
            f"covariance is singular, and the rows off it ({n - on_it}) are what is unusual; leave a column out, or "
            f"raise support_fraction above {on_it / n:.3g}"
        )


def _kept(table: TiledTable, raw: Estimate, centered: bool) -> Estimate:
    """Return the estimate from the rows within the cutoff of a raw one, both in scaled coordinates."""
    n, h = table.n_rows, int(raw.support.sum())
    upper, rank = whitening(raw.covariance)
    distances = kernels.distances(table.tiles, n, raw.location, upper) / raw_factor(n, rank, h)
    kept = distances < cutoff(rank)
    if kept.sum() <= rank:  # the cutoff of a few rows can be too strict for any covariance
        kept = raw.support
    found = _estimate(table, kept, centered)
    factor = reweighted_factor(n, rank, h, int(kept.sum()))
    return Estimate(found.location, factor * found.covariance, kept)


def _estimate(table: TiledTable, support: NDArray[np.bool_], centered: bool) -> Estimate:
    """Return mean and covariance of some rows in scaled coordinates, or the covariance about zero."""
    location, covariance, _ = kernels.average(table.tiles, table.n_rows, support, np.zeros(table.n_columns))
    if centered:
        count, zero = int(support.sum()), -table.center / table.scale
        shift = location - zero
        location, covariance = zero, (count - 1) / count * covariance + np.outer(shift, shift)
    return Estimate(location, covariance, support)


def _in_units(estimate: Estimate, table: TiledTable) -> Estimate:
    return Estimate(
        table.center + table.scale * estimate.location,
        estimate.covariance * table.scale * table.scale[:, None],
        estimate.support,
    )
