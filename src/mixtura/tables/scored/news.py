"""What is new in a table that a saved model judges, and what moved, seen while its rows pass."""

from typing import Any

import numpy as np

from ...columns.deciding.deciding import kind_of
from ...columns.looked.known import Known, News
from ...columns.looked.looked import Looked
from ...columns.seen.cumulative import Cumulative
from ...columns.seen.profile import TableSeen
from ...rows.writing.judged import JudgedTable
from ..models.table_model import TableModel
from ..moved.drift import Drift, drift_of
from ..moved.score_drift import score_drift


class Newcomers:
    """Takes judged rows block by block, as an `Outlet` does, and sees what the columns of the table hold.

    Parameters
    ----------
    model : TableModel
        The model.
    known : Known
        What is known of the table that it was fitted to.
    """

    def __init__(self, model: TableModel, known: Known) -> None:
        self._model = model
        self._known = known
        self._seen: TableSeen | None = None
        self._scores = None if known.scores is None else Cumulative.at(known.scores.places, [])

    def begin(self, rows: Any) -> None:
        """Learn of which table the rows are going to be."""

    def write(self, judged: JudgedTable) -> None:
        """See the next rows."""
        seen = TableSeen.zero(judged.table.schema) if self._seen is None else self._seen
        self._seen = seen.including(judged.table, seen.n_rows)
        scores: Any = judged.new.get("anomaly_score")
        if self._scores is not None and scores is not None:
            self._scores += Cumulative.at(self._scores.places, np.sort(scores))

    def told(self) -> tuple[tuple[News, ...], Drift]:
        """Return what is new in the columns, and what moved."""
        if self._seen is None:
            return (), Drift(())
        own = self._model.kinds_by_name
        kinds = {name: own.get(name) or kind_of(name, column) for name, column in self._seen.columns.items()}
        looked = Looked.of(self._seen, kinds)
        before, now = self._known.scores, self._scores
        if before is None or now is None or not now.n:
            return self._known.news(looked, self._model.columns), drift_of(self._known, looked)
        scores = score_drift(before, now, self._model.threshold)
        return self._known.news(looked, self._model.columns), drift_of(self._known, looked, scores)
