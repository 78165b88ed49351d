"""Numbers given a level: how far a number is from those of the rows of its level, where levels differ in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from ...statistics.rarity import NEVER, beyond, tail_of
from ...typing import Floats, Integers
from .coding import Coding
from .likely_views import likely_views

# Levels of so many rows have a centre and a spread, at most so many of a column.
_FEWEST = 8
_MOST_LEVELS = 256

# A number of fewer values is one of a few kinds, and has no tails.
_FEWEST_VALUES = 10

# A level differs from the table where its median or its spread is so many standard errors away.
_DIFFERS = 4.0

# The spread of a level is that of the table with so many rows, and its own.
_PRIOR_ROWS = 5.0

# Positive numbers are looked at in logarithms too, where the middle nine tenths differ by such a factor.
_FACTOR = 3.0

# A tail is at least so wide, in spreads. A side with fewer rows has the tail of both sides.
_LEAST_WIDTH = 0.05
_FEWEST_OF_SIDE = 30

# Numbers that begin with zero have no logarithms. They are skewed where the upper end of their middle nine tenths is so
# many times as far from the median as the lower one. There a level whose median is beyond that end spreads as much more
# widely, and the lower tail is at least so many spreads wide: most rows are so close to zero, whatever their level.
_SKEWED, _SKEWED_WIDTH = 2.0, 0.5

# Numbers of a level are moved to those of the table where the medians are so many deviations of the table apart.
_MOVED = 1.0

# Most views that are kept, those first in which a level differs most.
_MOST_VIEWS = 512

# Standard errors of a median and of the logarithm of an interquartile range of n normal values, times the root of n.
_OF_MEDIAN, _OF_SPREAD = 1.2533, 1.1664
_NORMAL_QUARTILES, _NORMAL_RANGE = 1.3489795, 3.2897072539029435

_SIDES = (1, -1)

_LIMIT = float(np.finfo(np.float64).max)


class View(NamedTuple):
    """A column of numbers given one of levels.

    Attributes
    ----------
    level, column : int
        The column of levels, counted among these, and that of numbers, in the table.
    least : float
        Numbers are taken as their logarithms, and as this where they are less; 0 where they are taken as they are.
    centers, precisions : ndarray of shape (n_levels + 2,)
        Median in each level, and one by the spread; 0 where a level does not differ.
    tails : ndarray of shape (2, 4)
        Start, scale, shape and nats of the tails above and below.
    """

    level: int
    column: int
    least: float
    centers: Floats
    precisions: Floats
    tails: Floats

    def middle(self, codes: Integers) -> Floats:
        """Return the median number of levels; files may hold logarithms of what no double reaches."""
        with np.errstate(over="ignore"):
            found = np.exp(self.centers[codes]) if self.least else self.centers[codes]
        return np.asarray(np.clip(found, -_LIMIT, _LIMIT))


class Farthest(NamedTuple):
    """The number of each row that is farthest out given a level, each of shape (n_rows,).

    Attributes
    ----------
    nats : ndarray
        How far, beyond what the table has by chance; 0 where no number is.
    column, level : ndarray
        The columns of the table that hold the number and the level; -1 where no number is far out.
    expected, deviation : ndarray
        Median of the rows of the level, and how far these spread, in the units of the table.
    """

    nats: Floats
    column: Integers
    level: Integers
    expected: Floats
    deviation: Floats


@dataclass(frozen=True, eq=False)
class NumbersGivenLevels:
    """Views of numbers given levels, and how many nats chance has to offer.

    Attributes
    ----------
    views : tuple of View
        The pairs of columns in which levels differ.
    in_row : float
        Nats that the rarest number of a row has by chance: each has two sides.
    in_table : float
        Those of the rarest of all rows, in half as many views, as these go together.
    """

    views: tuple[View, ...]
    in_row: float
    in_table: float

    @classmethod
    def of(cls, pool: NDArray[Any], codes: Integers, coding: Coding, n_rows: int) -> Self:
        """Return those of a table of so many rows, of which `pool` holds some and `codes` their levels."""
        numbers = np.setdiff1d(np.arange(pool.shape[1]), coding.columns)
        found = []
        for column, levels in likely_views(pool, numbers, codes, coding, _FEWEST, _MOST_LEVELS):
            values = pool[:, column].astype(np.float64)
            known = values[~np.isnan(values)]
            if len(known) < 2 * _FEWEST or len(np.unique(known)) < _FEWEST_VALUES:
                continue
            low, high = np.percentile(known, [5, 95])
            forms = [0.0]
            if known.min() > 0 and high > _FACTOR * low:
                forms.append(float(known.min()) / _FACTOR)
            for least in forms:
                seen = _seen(values, least)
                found += [_view(seen, codes[:, level], coding, level, column, least) for level in levels]
        kept = sorted((one for one in found if one is not None), key=lambda one: -one[0])[:_MOST_VIEWS]
        in_table = np.log(max(n_rows, 1)) + np.log(max(len(kept), 1)) / 2
        in_row = np.log(len(_SIDES) * max(len(numbers), 1))
        return cls(tuple(view for _, view in kept), float(in_row), float(in_table))

    def nats(self, X: NDArray[Any], codes: Integers) -> Floats:
        """Return minus the logarithm of how rarely a number is as far out given a level, shape (n_rows, n_columns)."""
        found = np.zeros(X.shape, order="F")
        for view, rows, nats in self._far(X, codes):
            found[rows, view.column] = np.maximum(found[rows, view.column], nats)
        return found

    def expected(self, X: NDArray[Any], codes: Integers) -> tuple[Floats, Integers]:
        """Return what the level that a number is farthest out given tells of it, and the column of that level.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            Rows of the table.
        codes : ndarray of shape (n_rows, m)
            Codes of their levels.

        Returns
        -------
        expected : ndarray of shape (n_rows, n_columns)
            Median of the numbers of that level; the number itself where it is far out given none.
        told_by : ndarray of shape (n_rows, n_columns)
            The column, counted among those of levels; -1 where there is none.
        """
        expected, told_by, most = X.astype(np.float64), np.full(X.shape, -1), np.zeros(X.shape)
        for view, far, nats in self._far(X, codes):
            more = nats > most[far, view.column]
            rows = far[more]
            expected[rows, view.column] = view.middle(codes[rows, view.level])
            told_by[rows, view.column] = view.level
            most[rows, view.column] = nats[more]
        return expected, told_by

    def moved(self, X: NDArray[Any], codes: Integers, center: Floats, scale: Floats) -> tuple[Integers, Floats]:
        """Return rows whose levels have other numbers than the table, and the rows as if their levels had not.

        A number is moved as far as the median of its level is from that of the table, by a factor where it may be
        seen in logarithms: by the level that differs most surely, of those that are a deviation away.

        Parameters
        ----------
        X, codes : ndarray
            As for `expected`.
        center, scale : ndarray of shape (n_columns,)
            Medians of the table, and one by its deviations.

        Returns
        -------
        rows : ndarray of shape (n,)
            Which rows.
        values : ndarray of shape (n, n_columns)
            These rows.
        """
        values, is_moved = X.astype(np.float64), np.zeros(X.shape, np.bool_)
        for view in sorted(self.views, key=lambda view: not view.least):
            code, usual = codes[:, view.level], center[view.column]
            middle = view.middle(np.arange(len(view.centers)))
            apart = (view.precisions > 0) & (np.abs(middle - usual) * scale[view.column] >= _MOVED)
            rows = np.flatnonzero(apart[code] & ~is_moved[:, view.column])
            own = middle[code[rows]]
            values[rows, view.column] = (
                values[rows, view.column] * usual / own if view.least else values[rows, view.column] + (usual - own)
            )
            is_moved[rows, view.column] = True
        found = np.flatnonzero(is_moved.any(axis=1))
        return found, values[found]

    def farthest(self, X: NDArray[Any], codes: Integers, coding: Coding) -> Farthest:
        """Return which number of each row is farthest out given a level."""
        most, expected, deviation = np.zeros((3, len(X)))
        column, level = np.full((2, len(X)), -1)
        for view, far, nats in self._far(X, codes):
            farther = nats - self.in_table > most[far]
            rows = far[farther]
            code = codes[rows, view.level]
            center, width = view.middle(code), 1 / view.precisions[code]
            if view.least:
                with np.errstate(over="ignore"):
                    width = center * np.sinh(width)
            most[rows] = nats[farther] - self.in_table
            column[rows], level[rows] = view.column, coding.columns[view.level]
            expected[rows], deviation[rows] = center, width
        return Farthest(most, column, level, expected, np.minimum(deviation, _LIMIT))

    def _far(self, X: NDArray[Any], codes: Integers) -> Iterator[tuple[View, Integers, Floats]]:
        """Yield each view, rows in a tail of it, and their nats."""
        for view in self.views:
            code = codes[:, view.level]
            precision = view.precisions[code]
            rows = np.flatnonzero(precision)
            values = _seen(X[rows, view.column].astype(np.float64), view.least)
            residuals = (values - view.centers[code[rows]]) * precision[rows]
            for side, (start, width, shape, nats) in zip(_SIDES, view.tails, strict=True):
                far = side * residuals >= start
                yield view, rows[far], nats + beyond(np.minimum(side * residuals[far], NEVER), start, width, shape)

    def without(self, levels: Integers) -> Self:
        """Return those of numbers that are given other columns of levels than some, counted among these."""
        return replace(self, views=tuple(view for view in self.views if view.level not in levels))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a file holds."""
        views = self.views
        return {
            "view_columns": np.array([(v.level, v.column, len(v.centers)) for v in views], np.int32).reshape(-1, 3),
            "view_least": np.array([v.least for v in views]),
            "view_centers": np.concatenate([np.empty(0), *(v.centers for v in views)]),
            "view_precisions": np.concatenate([np.empty(0), *(v.precisions for v in views)]),
            "view_tails": np.array([v.tails for v in views]).reshape(-1, 2, 4),
            "view_chance": np.array([self.in_row, self.in_table]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], coding: Coding, n_columns: int) -> Self:
        """Return those that `arrays` made, or raise `ValueError` with the fault."""
        columns, least, tails = arrays["view_columns"], arrays["view_least"], arrays["view_tails"]
        centers, precisions, chance = (arrays[f"view_{name}"] for name in ("centers", "precisions", "chance"))
        if columns.ndim != 2 or columns.shape[1] != 3 or (columns < 0).any():
            raise ValueError("view_columns has two columns and a number for each view")
        n, sizes = len(columns), columns[:, 2].astype(np.int64)
        if (columns[:, 0] >= len(coding)).any() or (columns[:, 1] >= n_columns).any():
            raise ValueError("a view has no such column")
        if (sizes != coding.sizes[columns[:, 0]] + 2).any():
            raise ValueError("a view has other levels than its column")
        fits = centers.shape == precisions.shape == (sizes.sum(),) and chance.shape == (2,)
        if not fits or least.shape != (n,) or tails.shape != (n, 2, 4):
            raise ValueError("views have the wrong sizes")
        if (
            (precisions < 0).any()
            or (least < 0).any()
            or not (tails[:, :, :3] > 0).all()
            or (tails < 0).any()
            or (chance < 0).any()
        ):
            raise ValueError("views have no such spreads and tails")
        cut = np.cumsum(sizes)[:-1]
        parts = zip(columns, least, np.split(centers, cut), np.split(precisions, cut), tails, strict=False)
        views = tuple(View(int(c[0]), int(c[1]), float(low), *rest) for c, low, *rest in parts)
        return cls(views, float(chance[0]), float(chance[1]))


def _seen(values: Floats, least: float) -> Floats:
    """Return numbers as a view takes them."""
    return np.log(np.maximum(values, least)) if least else values


def _view(
    values: Floats, codes: Integers, coding: Coding, level: int, column: int, least: float
) -> tuple[float, View] | None:
    """Return a view and how many standard errors its levels differ by; None where they do not."""
    size = int(coding.sizes[level])
    known = ~np.isnan(values) & (codes < size)
    counts = np.bincount(codes[known], minlength=size)
    levels = np.flatnonzero(counts >= _FEWEST)
    if not 0 < len(levels) <= _MOST_LEVELS:
        return None
    whole = values[~np.isnan(values)]
    low, first, middle, third, high = np.percentile(whole, [5, 25, 50, 75, 95])
    is_skewed = whole.min() == 0 and high - middle > _SKEWED * (middle - low) and not least
    spread = float((high - low) / _NORMAL_RANGE or whole.std())
    if not 0 < spread < np.inf:
        return None
    quarters = float((third - first) / _NORMAL_QUARTILES) or spread
    centers, precisions, differs = np.zeros(size + 2), np.zeros(size + 2), np.zeros(size + 2, np.bool_)
    furthest = 0.0
    for one in levels:
        own = values[known & (codes == one)]
        first, center, third = np.percentile(own, [25, 50, 75])
        width = float((third - first) / _NORMAL_QUARTILES or own.std())
        root = np.sqrt(len(own))
        away = abs(center - middle) / (_OF_MEDIAN * spread / root)
        narrower = np.log(quarters / max(width, 1e-9 * spread)) / (_OF_SPREAD / root)
        differs[one] = max(away, narrower) > _DIFFERS
        furthest = max(furthest, float(away), float(narrower))
        centers[one] = center
        usual = spread * max(center / high, 1.0) if is_skewed else spread
        precisions[one] = 1 / np.sqrt((len(own) * width**2 + _PRIOR_ROWS * usual**2) / (len(own) + _PRIOR_ROWS))
    if not differs.any():
        return None
    residuals = ((values - centers[codes]) * precisions[codes])[known & (precisions[codes] > 0)]
    widths = _LEAST_WIDTH, _SKEWED_WIDTH if is_skewed else _LEAST_WIDTH
    tails = np.array(
        [_tail(side * residuals, len(residuals), least) for side, least in zip(_SIDES, widths, strict=True)]
    )
    precisions[~differs] = 0.0
    return furthest, View(level, column, least, centers, precisions, tails)


def _tail(residuals: Floats, n_rows: int, least_width: float) -> tuple[float, float, float, float]:
    own = residuals[residuals > 0]
    if len(own) < _FEWEST_OF_SIDE:
        own = np.abs(residuals[residuals != 0])
    return tail_of(own, n_rows, least_width)
