"""The flagged rows of a scored table as a dataframe."""

from importlib.util import find_spec
from typing import Any

from ..optional import need
from .added import with_added
from .frames import is_lazy
from .judged import JudgedTable
from .opening import TableRows
from .outlets import flagged_of
from .style import Style
from .typed import with_types

# Libraries of dataframes that a result can be made with, in the order of preference.
_LIBRARIES = ("pandas", "polars", "pyarrow")


class FlaggedRows:
    """Takes judged rows block by block, as an `Outlet` does, and keeps those that are flagged."""

    def __init__(self) -> None:
        self._held: list[JudgedTable] = []
        self._style = Style()

    def begin(self, rows: TableRows) -> None:
        """Learn of which table the rows are going to be."""
        self._style = rows.style()

    def write(self, judged: JudgedTable) -> None:
        """Keep the flagged ones among the next rows."""
        self._held.append(flagged_of(judged))

    def frame(self, like: Any = None) -> Any:
        """Return the rows in the order of the table, as a dataframe; columns of text that holds numbers have numbers.

        Parameters
        ----------
        like : object
            The source of the table.

        Returns
        -------
        dataframe
            Of the library of the source where that is a pandas, Polars or pyarrow table; else of the first of these
            that is installed.
        """
        nw = need("narwhals", "making dataframes")
        flagged = JudgedTable.concatenate(self._held)
        table = with_types(flagged.table, self._style.number_types())
        table = with_added(table, flagged.new, str)
        names = [*flagged.new, *flagged.table.column_names]
        table = table.select(names).replace_schema_metadata(None)
        return nw.from_native(table).lazy().collect(backend=_library(like)).to_native()


def _library(like: Any) -> str:
    own = "polars" if is_lazy(like) else type(like).__module__.partition(".")[0]
    if own in _LIBRARIES:
        return own
    return next(library for library in _LIBRARIES if find_spec(library) is not None)
