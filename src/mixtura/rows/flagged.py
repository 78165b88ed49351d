"""The flagged rows of a scored table as a dataframe."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from ..optional import need
from .frames import is_lazy

if TYPE_CHECKING:
    import pyarrow as pa

_FLAG = "is_anomaly"

# Libraries of dataframes that a result can be made with, in the order of preference.
_LIBRARIES = ("pandas", "polars", "pyarrow")


class FlaggedRows:
    """Takes a scored table block by block, as a `TableWriter` does, and keeps the rows that are flagged."""

    def __init__(self) -> None:
        self._n_rows = 0
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
        nw = need("narwhals", "making dataframes")
        table = pa.concat_tables(self._held, promote_options="permissive").replace_schema_metadata(None)
        return nw.from_native(table).lazy().collect(backend=_library(like)).to_native()


def _library(like: Any) -> str:
    own = "polars" if is_lazy(like) else type(like).__module__.partition(".")[0]
    if own in _LIBRARIES:
        return own
    return next(library for library in _LIBRARIES if find_spec(library) is not None)
