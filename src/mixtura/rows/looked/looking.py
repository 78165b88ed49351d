"""Tables that are looked at, whether or not a model can be made of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...columns.findings.relations import say_the_same
from ...columns.kinds.kind import Kind
from ...columns.looked.looked import Looked
from ...columns.seen.cells import as_table
from ...columns.seen.profile import TableSeen
from ...errors import EmptyTableError
from ..blocks.columns import Choice
from ..blocks.own_columns import OwnColumns
from .decoded import kinds_in
from .raw import RawTable
from .repeated import repeated_in

if TYPE_CHECKING:
    import pyarrow as pa

_AS_FOUND = Choice(non_numeric="drop")

# Gives the rows of a table as they stand, some after the other, each time that it is called.
Tables = Callable[[], Iterable["pa.Table"]]


def tables_of(raw: RawTable) -> Tables:
    """Return what gives the rows of a table as they stand."""

    def tables() -> Iterable["pa.Table"]:
        with raw.reading():
            yield from map(as_table, raw.batches(raw.schema.names))

    return tables


def look(
    tables: Tables,
    kinds: Mapping[str, Kind | str] | None = None,
    missing_marks: Sequence[str] = (),
    *,
    on_rows: Callable[[int], None] | None = None,
) -> Looked:
    """Return a table that was looked at in one pass.

    Parameters
    ----------
    tables : callable
        Gives its rows.
    kinds : mapping of str to Kind or str, optional
        What columns are said to hold.
    missing_marks : sequence of str
        Marks of missing values, besides those that are always taken for such.
    on_rows : callable, optional
        Told how many rows have passed.

    Raises
    ------
    EmptyTableError
        There are no rows.
    ColumnError
        A column that is said to hold something is not there.
    """
    seen: TableSeen | None = None
    for table in tables():
        seen = (TableSeen.zero(table.schema) if seen is None else seen).including(table, seen.n_rows if seen else 0)
        if on_rows is not None:
            on_rows(seen.n_rows)
    if seen is None or not seen.n_rows:
        raise EmptyTableError("the table has no rows: give a table with at least one")
    marks = tuple(missing_marks)
    return Looked.of(seen, kinds_in(seen, _AS_FOUND, kinds or {}, marks), marks)


def looked_at(rows: Any) -> Looked | None:
    """Return what was seen of rows when they were opened, None where nobody looked at them."""
    if isinstance(rows, OwnColumns):
        rows = rows.table
    seen = getattr(rows, "seen", None)
    return None if seen is None else Looked.of(seen, rows.kinds, getattr(rows, "missing_marks", ()))


def with_copies(looked: Looked, tables: Tables | None = None) -> Looked:
    """Return a table with how many of its rows are copies of others, numbers of rows aside.

    Parameters
    ----------
    looked : Looked
        The table.
    tables : callable, optional
        Gives its rows, which are read where they are not all in the sample; without it there is no count then.
    """
    compared = [column for column in looked.columns if column.kind.told != "row numbers"]
    if not compared or (tables is None and looked.n_sampled < looked.n_rows):
        return looked
    names = [column.name for column in compared]
    best = min(compared, key=lambda column: column.agreement)
    telling = [best.name, *(column.name for column in compared if column is not best and say_the_same(column, best))]
    read = [looked.seen.sample] if looked.n_sampled == looked.n_rows or tables is None else tables()
    return looked.counting(repeated_in(read, names, telling))
