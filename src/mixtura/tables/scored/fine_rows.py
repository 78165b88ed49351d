"""Rows like those that somebody marked as fine: they are not flagged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...detectors.explanation import Explanation
from ...rows import TableRows
from ...rows.blocks.columns import positions_of
from ...rows.reviewed import Reviewed
from ...typing import Floats, Integers
from ..models.table_model import TableModel
from ..told.rows import StrayCell
from .stray_cells import stray_cells

# Flagged cells by column: 1 where the value is too high, -1 where it is too low.
_Ways = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class _Fine:
    """A row that is fine: its score, and how far each flagged cell lies from what is predicted."""

    score: float
    distances: tuple[float, ...]


@dataclass(frozen=True)
class FineRows:
    """The rows marked as fine, and what they are flagged for.

    A row is like one of them if the same cells are flagged in the same direction, no such cell lies farther from what
    is predicted, and its score is no higher. A row with cells that do not fit their columns is like one with the same
    cells. A row that no few cells explain is like none.

    Attributes
    ----------
    reviewed : Reviewed
        The marks.
    found : mapping of tuple to tuple
        By flagged cells and their directions, the rows that are fine.
    strays : frozenset of tuple of StrayCell
        Cells that do not fit their columns, in rows that are fine.
    """

    reviewed: Reviewed
    found: Mapping[_Ways, tuple[_Fine, ...]] = field(default_factory=dict)
    strays: frozenset[tuple[StrayCell, ...]] = frozenset()

    @classmethod
    def of(cls, model: TableModel, table: TableRows, reviewed: Reviewed) -> "FineRows":
        """Return those of a table, which is read once."""
        assert table.columns is not None, "tables of commands have column names"
        positions = positions_of(model.columns, table.columns)
        found: dict[_Ways, tuple[_Fine, ...]] = {}
        strays: set[tuple[StrayCell, ...]] = set()
        for arrow, block in table.tables():
            at = sorted(row - block.first_row for row in reviewed.fine)
            here = [row for row in at if 0 <= row < len(block.values)]
            if not here:
                continue
            own = block.select(positions)
            texts = stray_cells(arrow, own.strays, model.columns)
            strays |= {texts[row] for row in here if row in texts}
            X = own.values[here]
            explanation, scores = model.explain(X), model.scores(X)
            for k, ways in enumerate(_ways(X, explanation)):
                if ways:
                    fine = _Fine(float(scores[k]), _distances(X, explanation, k, ways))
                    found[ways] = (*found.get(ways, ()), fine)
        return cls(reviewed, found, frozenset(strays))

    def like(self, X: Floats, explanation: Explanation, scores: Floats, rows: Integers) -> NDArray[np.bool_]:
        """Return which rows, at some positions of the table, are fine or like one that is.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns)
            The rows, in the units of the table.
        explanation : Explanation
            Of these rows.
        scores : ndarray of shape (n_rows,)
            Their anomaly scores.
        rows : ndarray of int, shape (n_rows,)
            Their positions in the table.
        """
        fine = np.isin(rows, list(self.reviewed.fine))
        asked = np.flatnonzero(~fine & ~np.isin(rows, list(self.reviewed.errors)))
        ways = _ways(X, explanation)
        fine[asked] = [self._covers(X, explanation, k, ways[k], float(scores[k])) for k in asked.tolist()]
        return fine

    def _covers(self, X: Floats, explanation: Explanation, k: int, ways: _Ways, score: float) -> bool:
        fine = self.found.get(ways, ())
        if not fine:
            return False
        distances = _distances(X, explanation, k, ways)
        return any(
            score <= one.score and all(d <= limit for d, limit in zip(distances, one.distances, strict=True))
            for one in fine
        )

    def like_strays(self, row: int, cells: Sequence[StrayCell]) -> bool:
        """Tell whether a row is fine, or has the same cells as one that is, none of which fit their columns."""
        return row in self.reviewed.fine or (row not in self.reviewed.errors and tuple(cells) in self.strays)


def _ways(X: Floats, explanation: Explanation) -> list[_Ways]:
    too = np.where(explanation.repaired > X, -1, 1)
    return [
        tuple((column, int(too[k, column])) for column in np.flatnonzero(cells).tolist())
        for k, cells in enumerate(explanation.flagged_cells)
    ]


def _distances(X: Floats, explanation: Explanation, k: int, ways: _Ways) -> tuple[float, ...]:
    return tuple(abs(float(X[k, column]) - float(explanation.repaired[k, column])) for column, _ in ways)
