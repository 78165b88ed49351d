"""What one pass over a table learns of its columns; what is learnt of separate rows, in their order, adds up."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...optional import need
from ...typing import Integers
from .cells import plain_type
from .column_seen import ColumnSeen
from .levels import Levels, levels_of_each

if TYPE_CHECKING:
    import pyarrow as pa

# Rows of the sample, and cells of it in a wide table.
_MOST_ROWS, _MOST_CELLS = 8192, 2**20

# Threads take about as long to start as a few thousand cells to look at.
_FEWEST_CELLS_FOR_THREADS = 2**15

# An odd number near 2^64 over the golden ratio: multiples of it are spread evenly, and so are the rows that they choose
# (Knuth, "The Art of Computer Programming", volume 3, section 6.4).
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, eq=False)
class TableSeen:
    """What was seen of a table.

    Attributes
    ----------
    columns : dict of str to ColumnSeen
        Its columns.
    n_rows : int
        Number of rows.
    sample : pyarrow.Table or None
        Some of its rows, chosen by their positions alone, in their order.
    rows : ndarray of shape (n_sampled,), int64
        Their positions, from 0.
    last : pyarrow.Table or None
        The last row.
    """

    columns: dict[str, ColumnSeen]
    n_rows: int = 0
    sample: Any = None
    rows: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    last: Any = None

    @classmethod
    def zero(cls, schema: "pa.Schema") -> "TableSeen":
        """Return what is known of no rows of a table."""
        empty = Levels(most=levels_of_each(len(schema)))
        columns = {column.name: ColumnSeen(column.type, levels=empty, words=empty) for column in schema}
        pa = need("pyarrow", "reading tables")
        plain = pa.schema([(column.name, plain_type(column.type)) for column in schema])
        return cls(columns, 0, plain.empty_table())

    def including(self, table: "pa.Table | pa.RecordBatch", first_row: int) -> "TableSeen":
        """Return what was seen of these and the next rows, the first of which is row `first_row`.

        Columns are looked at in threads; each by itself, so that the number of threads changes nothing.
        """
        n_threads = min(need("pyarrow", "reading tables").cpu_count(), len(self.columns))
        columns = [*zip(self.columns.values(), table.columns, strict=True)]
        if n_threads < 2 or table.num_rows * len(columns) < _FEWEST_CELLS_FOR_THREADS:
            found = [seen.including(cells, first_row) for seen, cells in columns]
        else:
            with ThreadPoolExecutor(n_threads) as pool:
                found = [*pool.map(lambda column: column[0].including(column[1], first_row), columns)]
        rows = first_row + np.arange(table.num_rows)
        last = self._taken(table, np.array([table.num_rows - 1])) if table.num_rows else self.last
        named = dict(zip(self.columns, found, strict=True))
        return TableSeen(named, self.n_rows + table.num_rows, *self._sample_with(table, rows), last)

    def __add__(self, other: "TableSeen") -> "TableSeen":
        columns = {name: seen + other.columns[name] for name, seen in self.columns.items()}
        last = self.last if other.last is None else other.last
        return TableSeen(columns, self.n_rows + other.n_rows, *self._sample_with(other.sample, other.rows), last)

    def _sample_with(self, table: Any, rows: Integers) -> tuple[Any, Integers]:
        pa = need("pyarrow", "reading tables")
        most = max(1, min(_MOST_ROWS, _MOST_CELLS // max(1, len(self.columns))))
        both = np.concatenate([self.rows, rows])
        if len(both) > most:
            # Of row numbers as these alone choose it: the sample is the same in parts of any size.
            keys = (both.astype(np.uint64) + np.uint64(1)) * _SPREAD
            kept = np.sort(np.argpartition(keys, most - 1)[:most])
        else:
            kept = np.arange(len(both))
        held, new = kept[kept < len(self.rows)], kept[kept >= len(self.rows)] - len(self.rows)
        if not len(new):
            return self.sample, self.rows
        pieces = [self.sample.take(pa.array(held)), self._taken(table, new)]
        return pa.concat_tables(pieces).combine_chunks(), both[kept]

    def _taken(self, table: Any, positions: Integers) -> Any:
        """Return some rows of a table, as types that can be taken from."""
        pa = need("pyarrow", "reading tables")
        schema = self.sample.schema
        pairs = zip(table.columns, schema.types, strict=True)
        return pa.table([_taken(cells, pa.array(positions), kind) for cells, kind in pairs], schema=schema)


def _taken(cells: Any, positions: Any, kind: "pa.DataType") -> Any:
    """Return some cells of a column, as a type that can be taken from."""
    is_dictionary = need("pyarrow.types", "reading tables").is_dictionary(cells.type)
    return (cells if is_dictionary else cells.cast(kind)).take(positions).cast(kind)
