"""The flagged rows of a scored table as a dataframe."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from ..optional import need
from .columns import positions_of
from .frames import as_frame, check_names, is_lazy, taken

if TYPE_CHECKING:
    import pyarrow as pa

_FLAG = "is_anomaly"

# Libraries of dataframes that a result can be made with, in the order of preference.
_LIBRARIES = ("pandas", "polars", "pyarrow")


class FlaggedRows:
    """Takes a scored table block by block, as a `TableWriter` does, and keeps the rows that are flagged."""

    def __init__(self) -> None:
        self._n_rows = 0
        self._names: list[str] = []
        self._held: list[Any] = []

    def write(self, table: "pa.Table", new: Mapping[str, Any]) -> None:
        """Keep the flagged ones among the next rows; parameters as of `TableWriter.write`."""
        pa = need("pyarrow", "making tables")
        at = np.flatnonzero(new[_FLAG])
        position = "row"
        while position in table.column_names:
            position += "_"
        columns = {position: pa.array(self._n_rows + at + 1)}
        for name, values in new.items():
            if name != _FLAG:
                columns[name] = (
                    pa.array([values[place] for place in at], pa.string())
                    if isinstance(values, list)
                    else pa.array(np.asarray(values)[at])
                )
        columns |= {name: table.column(name).take(pa.array(at)) for name in table.column_names}
        self._names = table.column_names
        self._held.append(pa.table(columns))
        self._n_rows += table.num_rows

    def frame(self, like: Any = None) -> Any:
        """Return the rows in the order of the table, as a dataframe.

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
        pa = need("pyarrow", "making tables")
        table = pa.concat_tables(self._held, promote_options="permissive").replace_schema_metadata(None)
        own = as_frame(like)
        library = _library(like if own is None else own)
        if own is None or not _is_of(own, library) or len(own) != self._n_rows:
            return _as_frame_of(table, library)
        # What has no type in Arrow comes back as it is, too.
        nw = need("narwhals", "making dataframes")
        new = _as_frame_of(table.drop_columns(self._names), library)
        positions = positions_of(self._names, check_names(own))
        old = taken(own, table.column(0).to_numpy() - 1, positions)
        return nw.concat([nw.from_native(new), nw.from_native(old)], how="horizontal").to_native()


def _as_frame_of(table: "pa.Table", library: str) -> Any:
    return need("narwhals", "making dataframes").from_native(table).lazy().collect(backend=library).to_native()


def _is_of(source: Any, library: str) -> bool:
    return type(source).__module__.partition(".")[0] == library


def _library(like: Any) -> str:
    if is_lazy(like):
        return "polars"
    own = next((library for library in _LIBRARIES if _is_of(like, library)), None)
    return own or next(library for library in _LIBRARIES if find_spec(library) is not None)
