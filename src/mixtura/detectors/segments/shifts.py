"""What is usual of the numbers of each segment, and rows as they would be in a usual segment.

Medians and spreads of segments are drawn to those that segments have on average, by empirical Bayes: as much as their
sampling error says beside what segments differ by (DerSimonian and Laird 1986, "Meta-analysis in clinical trials",
Controlled Clinical Trials 7). What is not known of the median of a small segment widens its spread. Rows of a segment
that nobody saw are seen as those of the whole table.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ...typing import Bools, Floats, Integers
from ..planes import middle_units, planes_of

# Segments of so many values have a spread of their own.
_FEWEST = 8

# A column of fewer values is one of a few kinds, and segments are seen to differ by nothing in it.
_FEWEST_VALUES = 10

# A segment differs where its median or its spread is so many standard errors from what segments have on average.
_DIFFERS = 4.0

# Standard errors of a median and of the logarithm of an interquartile range of n normal values, times the root of n.
_OF_MEDIAN, _OF_SPREAD = 1.2533, 1.1664
_NORMAL_QUARTILES, _NORMAL_RANGE = 1.3489795, 3.2897072539029435

# A spread is at least this part of the average one; that of a segment of one value is this.
_LEAST_SPREAD, _OF_ONE_VALUE = 1e-3, 0.1

# Rows in which planes are looked for, as many as the default detector has.
_OF_PLANES = 8192

# A coefficient within rounding of zero is none: its column has no part in the plane.
_NO_COEFFICIENT = 1e-9


@dataclass(frozen=True, eq=False)
class Shifts:
    """What is usual of the numbers of each segment.

    Attributes
    ----------
    center : ndarray of shape (n_columns,)
        What segments have on average.
    centers, factors : ndarray of shape (n_segments + 1, n_columns)
        What each segment has, and the usual spread over that of the segment; at last those of any other segment.
    """

    center: Floats
    centers: Floats
    factors: Floats

    @property
    def moved(self) -> Bools:
        """Columns in which segments differ, shape (n_columns,); all others are seen as they are."""
        return np.asarray(((self.centers != self.center) | (self.factors != 1)).any(axis=0))

    def seen(self, X: NDArray[Any], segments: Integers) -> NDArray[Any]:
        """Return rows of some segments as they would be in a usual one."""
        columns = np.flatnonzero(self.moved)
        found = X.copy()
        limit = np.finfo(X.dtype).max
        with np.errstate(over="ignore"):
            away = (X[:, columns].astype(np.float64) - self.centers[:, columns][segments]) * self.factors[:, columns][
                segments
            ]
            found[:, columns] = np.clip(self.center[columns] + away, -limit, limit)
        return found

    def back(self, X: Floats, segments: Integers) -> Floats:
        """Return rows as they are in their segments, given what `seen` made of them."""
        columns = np.flatnonzero(self.moved)
        found = X.copy()
        with np.errstate(over="ignore"):
            away = (X[:, columns] - self.center[columns]) / self.factors[:, columns][segments]
            found[:, columns] = away + self.centers[:, columns][segments]
        return found

    def unknown(self) -> Self:
        """Return those of a table all of whose rows are of other segments."""
        return type(self)(self.center, self.centers[-1:], self.factors[-1:])

    @classmethod
    def of(cls, values: NDArray[Any], segments: Integers, counts: Integers, numbers: Integers) -> Self:
        """Return those of a table.

        Parameters
        ----------
        values : ndarray of shape (n_rows, n_columns)
            Some rows of every segment.
        segments : ndarray of shape (n_rows,)
            Their segments, ascending.
        counts : ndarray of shape (n_segments,)
            How many rows of the table each has.
        numbers : ndarray of int
            The columns of amounts; codes of levels have no median.
        """
        n_segments, n_columns = len(counts), values.shape[1]
        center = np.zeros(n_columns)
        centers, factors = np.zeros((n_segments + 1, n_columns)), np.ones((n_segments + 1, n_columns))
        cuts = np.searchsorted(segments, np.arange(1, n_segments))
        found = {
            int(column): _usual(np.split(values[:, column].astype(np.float64), cuts), counts) for column in numbers
        }
        moved = {column for column, usual in found.items() if usual is not None and usual.differs}
        normals, offsets, units = _planes(values[:, numbers] if moved else values[:0, numbers])
        on_planes = set(numbers[normals.any(axis=0)].tolist())
        if moved & on_planes:
            moved |= {column for column in on_planes if found[column] is not None}
        for column in moved:
            usual = found[column]
            assert usual is not None, "what differs is known"
            center[column], centers[:, column], factors[:, column] = usual.center, usual.centers, usual.factors
        together = np.isin(numbers, list(moved & on_planes))
        if together.any():
            part = cls(center[numbers], centers[:, numbers], factors[:, numbers])
            part = part._on_planes(together, normals, offsets, units)
            centers[:, numbers], factors[:, numbers] = part.centers, part.factors
        return cls(center, centers, factors)

    def _on_planes(self, together: Bools, normals: Floats, offsets: Floats, units: tuple[Floats, Floats]) -> Self:
        """Return the same with columns that lie on planes moved together, so that rows stay on them."""
        origin, scale = units
        factor = np.exp(np.log(self.factors[:, together]).mean(axis=1))
        factors, centers = self.factors.copy(), self.centers.copy()
        factors[:, together] = factor[:, np.newaxis]
        moves = ((self.center - origin) - factors * (centers - origin)) * scale
        moves[:, ~together] = 0.0
        moves -= (moves @ normals.T - np.outer(1 - factor, offsets)) @ normals
        own = origin + ((self.center - origin) - moves / np.where(scale > 0, scale, 1.0)) / factors
        centers[:, together] = own[:, together]
        return type(self)(self.center, centers, factors)


class _Usual(NamedTuple):
    """What segments have on average in a column, what each has, at last any other; whether they differ at all."""

    center: float
    centers: Floats
    factors: Floats
    differs: bool


def _usual(parts: list[Floats], counts: Integers) -> _Usual | None:
    """Return what is usual of a column, given its values in each segment; None where that is of no use."""
    weights = np.repeat(counts / np.array([max(len(part), 1) for part in parts]), [len(part) for part in parts])
    known = ~np.isnan(np.concatenate(parts))
    first, middle, third = weighted_quantiles(np.concatenate(parts)[known], weights[known], [0.25, 0.5, 0.75])
    parts = [part[~np.isnan(part)] for part in parts]
    if len(np.unique(np.concatenate(parts))) < _FEWEST_VALUES:
        return None
    n = np.array([len(part) for part in parts], np.float64)
    with np.errstate(divide="ignore"):
        of_median, of_spread = _OF_MEDIAN**2 / n, np.where(n >= _FEWEST, _OF_SPREAD**2 / n, np.inf)
    medians = np.array([np.median(part) if len(part) else 0.0 for part in parts])
    spreads = np.array([_spread(part) if len(part) >= _FEWEST else 0.0 for part in parts])
    known = spreads > 0
    if not known.any() or not np.isfinite(spreads).all():
        return None
    logs = np.log(np.where(known, spreads, 1.0))
    usual = float(np.average(logs[known], weights=n[known]))
    logs = np.where(known, logs, usual + np.log(_OF_ONE_VALUE))
    logs = np.maximum(logs, usual + np.log(_LEAST_SPREAD))
    spread = float(np.exp(usual))
    of_median = of_median * spread**2
    center, between = _random_effects(medians, of_median)
    usual, between_logs = _random_effects(logs, of_spread)
    differs = (np.abs(medians - center) > _DIFFERS * np.sqrt(of_median)) & (n > 0)
    differs |= (np.abs(logs - usual) > _DIFFERS * np.sqrt(of_spread)) & (n >= _FEWEST)
    kept, kept_logs = _kept(between, of_median), _kept(between_logs, of_spread)
    own = np.exp(usual + kept_logs * (logs - usual))
    # What is not known of the median of a segment widens it.
    widths = np.append(np.sqrt(own**2 + (1 - kept) * between), max((third - first) / _NORMAL_QUARTILES, own.min()))
    centers = np.append(center + kept * (medians - center), middle)
    return _Usual(center, centers, np.exp(usual) / widths, bool(differs.any()))


def weighted_quantiles(values: Floats, weights: Floats, shares: list[float]) -> Floats:
    """Return the least values that shares of the weight do not exceed; NaN where there are no values."""
    if not len(values):
        return np.full(len(shares), np.nan)
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return np.asarray(values[order][np.searchsorted(total, total[-1] * np.array(shares))])


def _spread(values: Floats) -> float:
    low, first, third, high = np.percentile(values, [5, 25, 75, 95])
    return float((third - first) / _NORMAL_QUARTILES or (high - low) / _NORMAL_RANGE)


def _random_effects(found: Floats, variances: Floats) -> tuple[float, float]:
    """Return what segments have on average, and the variance that they differ by beyond their sampling errors."""
    weights = 1 / variances
    total = weights.sum()
    mean = float((weights * found).sum() / total)
    excess = float((weights * (found - mean) ** 2).sum()) - (np.count_nonzero(weights) - 1)
    left = total - (weights**2).sum() / total
    between = max(0.0, excess / float(left)) if left > 0 else 0.0
    weights = 1 / (variances + between)
    return float((weights * found).sum() / weights.sum()), between


def _kept(between: float, variances: Floats) -> Floats:
    """Return how much of what a segment differs by is kept: all where its sampling error is nothing beside others'."""
    return np.zeros(len(variances)) if not between else np.asarray(between / (between + variances))


def _planes(values: NDArray[Any]) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """Return the planes that rows lie on, as their normals and values, and the origin and scale of these."""
    if not len(values):
        n_columns = values.shape[1]
        return np.empty((0, n_columns)), np.empty(0), (np.zeros(n_columns), np.ones(n_columns))
    some = values[:: -(-len(values) // _OF_PLANES)]
    units = middle_units(some)
    planes = planes_of(some, units, 0.0)
    normals = np.where(np.abs(planes.normals) > _NO_COEFFICIENT, planes.normals, 0.0)
    return normals, planes.values, (units.center, units.scale)
