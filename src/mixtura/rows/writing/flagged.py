"""The flagged rows of a scored table as a dataframe."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from ...optional import need
from ..blocks.columns import positions_of
from ..blocks.style import Style
from ..blocks.table_rows import TableRows
from ..frames.frame import as_frame, check_names, is_lazy, taken
from ..looked.typed import with_types
from .added import freely_named, with_added
from .judged import JudgedTable
from .outlets import flagged_of

# Libraries of dataframes that a result can be made with, in the order of preference.
_LIBRARIES = ("pandas", "polars", "pyarrow")


class FlaggedRows:
    """Takes judged rows block by block, as an `Outlet` does, and keeps those that are flagged."""

    def __init__(self) -> None:
        self._held: list[JudgedTable] = []
        self._n_rows = 0
        self._style = Style()

    def begin(self, rows: TableRows) -> None:
        """Learn of which table the rows are going to be."""
        self._style = rows.style()

    def write(self, judged: JudgedTable) -> None:
        """Keep the flagged ones among the next rows."""
        self._held.append(flagged_of(judged))
        self._n_rows += judged.table.num_rows

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
        flagged = JudgedTable.concatenate(self._held)
        own = as_frame(like)
        library = _library(like if own is None else own)
        names = flagged.table.column_names
        added = freely_named(flagged.new, names)
        table = with_added(with_types(flagged.table, self._style.number_types()), added, str)
        table = table.select([*added, *names]).replace_schema_metadata(None)
        if own is None or not _is_of(own, library) or len(own) != self._n_rows:
            return _as_frame_of(table, library)
        # What has no type in Arrow comes back as it is, too.
        nw = need("narwhals", "making dataframes")
        new = _as_frame_of(table.select(list(added)), library)
        old = taken(own, flagged.rows, positions_of(names, check_names(own)))
        return nw.concat([nw.from_native(new), nw.from_native(old)], how="horizontal").to_native()


def frame_of(columns: Mapping[str, Sequence[Any]], like: Any = None) -> Any:
    """Return columns as a dataframe of the library of a source where that is one; else of the first installed.

    Parameters
    ----------
    columns : mapping of str to sequence
        The values of each column.
    like : object
        The source.
    """
    pa = need("pyarrow", "making dataframes")
    own = as_frame(like)
    return _as_frame_of(pa.table(dict(columns)), _library(like if own is None else own))


def _as_frame_of(table: Any, library: str) -> Any:
    return need("narwhals", "making dataframes").from_native(table).lazy().collect(backend=library).to_native()


def _is_of(source: Any, library: str) -> bool:
    return type(source).__module__.partition(".")[0] == library


def _library(like: Any) -> str:
    if is_lazy(like):
        return "polars"
    own = next((library for library in _LIBRARIES if _is_of(like, library)), None)
    return own or next(library for library in _LIBRARIES if find_spec(library) is not None)
