"""What is new in a table that a saved model judges, seen while its rows pass."""

from typing import Any

from ..columns.deciding import kind_of
from ..columns.known import Known, News
from ..columns.looked import Looked
from ..columns.profile import TableSeen
from ..rows.judged import JudgedTable
from .table_model import TableModel


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

    def begin(self, rows: Any) -> None:
        """Learn of which table the rows are going to be."""

    def write(self, judged: JudgedTable) -> None:
        """See the next rows."""
        seen = TableSeen.zero(judged.table.schema) if self._seen is None else self._seen
        self._seen = seen.including(judged.table, seen.n_rows)

    def news(self) -> tuple[News, ...]:
        """Return what is new in the columns."""
        if self._seen is None:
            return ()
        own = self._model.kinds_by_name
        kinds = {name: own.get(name) or kind_of(name, column) for name, column in self._seen.columns.items()}
        return self._known.news(Looked(self._seen, kinds))
