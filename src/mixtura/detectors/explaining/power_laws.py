"""Numbers that others determine by a law in logarithms, such as a period by two distances."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engines.single import single_thread
from ...typing import Bools, Floats
from ..explanation import Explanation
from .given import MOST_GIVEN

# A law leaves so small a part of the spread of the logarithms, in so many rows at least, and in such a part of those
# that have a value. It has at most so many arguments.
_LEFT = 0.05
_FEWEST, _MOSTLY = 60, 0.9
_MOST_ARGUMENTS = 2

# Of more columns those are tried as arguments whose logarithms go most closely with what is to be told.
_MOST_TRIED = 64

# Positive columns are looked at whose middle nine tenths span such a factor.
_FACTOR = 3.0
_MIDDLE = (5, 95)
_NORMAL_RANGE = 3.2897072539029435

# The law is that of the rows nearest to it, such a part of all, found by so many regressions.
_KEPT = 0.98
_ROUNDS = 5

# A value is off a law by so many of its deviations; what is expected is at most such a factor beyond all values seen.
_OFF = 5.0
_BEYOND = 10.0

# No deviation is less, of numbers that a law gives to their last digit.
_LEAST = 1e-9


@dataclass(frozen=True, eq=False)
class PowerLaw:
    """The logarithm of a column as a quadratic function of those of others.

    Attributes
    ----------
    arguments : tuple of int
        The columns that determine it.
    coefficients : ndarray of shape (n_terms,)
        Of one, the logarithms, and their squares and products.
    deviation : float
        How far logarithms lie from it as a rule.
    least, most : float
        Logarithms between which it is believed.
    """

    arguments: tuple[int, ...]
    coefficients: Floats
    deviation: float
    least: float
    most: float

    @classmethod
    def of(cls, rows: Floats, column: int) -> "PowerLaw | None":
        """Return the law that determines a column of some rows, NaN where a cell is missing; None where none does.

        Examples
        --------
        >>> radius = np.geomspace(1.0, 50.0, 100)
        >>> law = PowerLaw.of(np.column_stack([radius, 4 * radius**1.5]), 1)
        >>> law.expected(np.array([[100.0, np.nan]])).round(1)
        array([4000.])
        """
        positive = [place for place in range(rows.shape[1]) if _spans(rows[:, place])]
        if column not in positive:
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(rows)
        found: PowerLaw | None = None
        chosen: tuple[int, ...] = ()
        left = logs[:, column]
        for _ in range(_MOST_ARGUMENTS):
            others = [other for other in positive if other not in (column, *chosen)]
            tried = [cls._fitted(logs, column, (*chosen, other)) for other in _closest(logs, left, others)]
            best = min((law for law in tried if law is not None), key=lambda law: law.deviation, default=None)
            if best is None or (found is not None and best.deviation >= found.deviation):
                break
            found, chosen = best, best.arguments
            with np.errstate(invalid="ignore"):
                left = logs[:, column] - _terms(logs[:, chosen]) @ best.coefficients
        spread = np.subtract(*np.nanpercentile(logs[:, column], _MIDDLE[::-1])) / _NORMAL_RANGE
        return found if found is not None and found.deviation <= _LEFT * spread else None

    @classmethod
    def _fitted(cls, logs: Floats, column: int, arguments: tuple[int, ...]) -> "PowerLaw | None":
        known = np.isfinite(logs[:, [column, *arguments]]).all(axis=1)
        if known.sum() < max(_FEWEST, _MOSTLY * np.isfinite(logs[:, column]).sum()):
            return None
        terms, values = _terms(logs[known][:, list(arguments)]), logs[known, column]
        kept = np.ones(len(values), np.bool_)
        with single_thread("blas"):
            for _ in range(_ROUNDS):
                coefficients: Floats = np.asarray(np.linalg.lstsq(terms[kept], values[kept], rcond=None)[0], np.float64)
                away = values - terms @ coefficients
                kept = np.abs(away) <= np.quantile(np.abs(away), _KEPT)
        deviation = float(np.sqrt((away[kept] ** 2).mean()))
        beyond = np.log(_BEYOND)
        return cls(arguments, coefficients, deviation, float(values.min() - beyond), float(values.max() + beyond))

    def expected(self, rows: Floats) -> Floats:
        """Return what is expected of rows, shape (n_rows,); NaN where an argument is missing or no positive number."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = _terms(np.log(rows[:, self.arguments])) @ self.coefficients
            return np.asarray(np.exp(np.where((found >= self.least) & (found <= self.most), found, np.nan)))

    def off(self, values: Floats, expected: Floats) -> Bools:
        """Tell which values are off what is expected of them."""
        with np.errstate(divide="ignore", invalid="ignore"):
            away = np.abs(np.log(values) - np.log(expected))
        return np.asarray((away > _OFF * self.deviation) | ((values <= 0) & ~np.isnan(expected)))


def _closest(logs: Floats, left: Floats, columns: list[int]) -> list[int]:
    """Return the columns, of many those that are most correlated with what is left to tell, in their order."""
    if len(columns) <= _MOST_TRIED:
        return columns
    rows = np.isfinite(left)
    others, own = logs[rows][:, columns], left[rows] - left[rows].mean()
    known = np.isfinite(others)
    counts = np.maximum(known.sum(axis=0), 1)
    others = np.where(known, others, 0.0)
    others = np.where(known, others - others.sum(axis=0) / counts, 0.0)
    norms = np.sqrt((others**2).sum(axis=0))
    correlations = np.abs(own @ others) / np.where(norms > 0, norms, np.inf)
    closest = np.argsort(-correlations, kind="stable")[:_MOST_TRIED]
    return [columns[place] for place in np.sort(closest)]


def told_by_laws(
    explanation: Explanation,
    X: Floats,
    law_of: Callable[[int], PowerLaw | None],
    score: Callable[[NDArray[Any]], Floats],
) -> Explanation:
    """Return the explanation of rows in which a number that alone is wrong has what a law expects, where there is one.

    Parameters
    ----------
    explanation : Explanation
        That of the rows.
    X : ndarray of shape (n_rows, n_columns)
        The rows.
    law_of : callable
        Returns the law of a column.
    score : callable
        Returns the scores of such rows.
    """
    single = np.flatnonzero(explanation.flagged_cells.sum(axis=1) == 1)
    columns = explanation.flagged_cells[single].argmax(axis=1)
    fields = ("expected", "deviation", "distance", "repaired", "score_after", "given", "given_others")
    own = {name: getattr(explanation, name).copy() for name in fields}
    for column in np.unique(columns).tolist():
        law, rows = law_of(column), single[columns == column]
        if law is None:
            continue
        expected = law.expected(X[rows])
        off = law.off(X[rows, column], expected)
        rows, expected = rows[off], expected[off]
        values = X[rows].copy()
        values[:, column] = expected
        after = score(values)
        better = after > explanation.score_before[rows]
        rows, expected, values, after = rows[better], expected[better], values[better], after[better]
        deviation = expected * np.sinh(max(law.deviation, _LEAST))
        own["expected"][rows, column], own["deviation"][rows, column] = expected, deviation
        own["distance"][rows, column] = (X[rows, column] - expected) / deviation
        own["repaired"][rows], own["score_after"][rows] = values, after
        own["given"][rows] = [*law.arguments, *[-1] * (MOST_GIVEN - len(law.arguments))]
        own["given_others"][rows, column] = True
    return replace(explanation, **own)


def _spans(values: Floats) -> bool:
    known = values[~np.isnan(values)]
    if len(known) < _FEWEST or known.min() < 0:
        return False
    low, high = np.percentile(known, _MIDDLE)
    return bool(low > 0 and high > _FACTOR * low)


def _terms(logs: Floats) -> Floats:
    """Return one, logarithms, squares and products of rows of logarithms."""
    n = logs.shape[1]
    products = [logs[:, i] * logs[:, j] for i in range(n) for j in range(i, n)]
    return np.column_stack([np.ones(len(logs)), logs, *products])
