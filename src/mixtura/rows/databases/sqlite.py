"""SQLite databases: a table or a view of them, copied once to a temporary Arrow file.

Every cell of SQLite has a type of its own, whatever its column is declared as. So the types of columns are those of all
their cells.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...errors import SourceError
from ...optional import need
from .. import duck
from ..blocks.block import rows_per_block
from ..columnar.ipc import IpcPart
from ..disk.scratch import Scratch, no_room
from ..frames.python_cells import shown
from .inside import chosen_table

if TYPE_CHECKING:
    import pyarrow as pa

SQLITE_MAGIC = b"SQLite format 3\0"

# In the header, what says that changes are kept in a file beside the database.
_MODES_AT, _BESIDE = slice(18, 20), b"\x02\x02"

# Whole numbers beyond are not all doubles.
_LARGEST_EXACT = 2**53

# Columns whose types are asked for together: SQLite answers with 2,000 values at most.
_AT_ONCE = 500


class SqlitePart(IpcPart):
    """A table or a view of an SQLite database; `inside` names it where there are several.

    Columns of whole numbers are integers, of other numbers doubles; cells of several types are text.
    """

    def __init__(self, file: Path, label: str, inside: str | None = None) -> None:
        self._scratch = Scratch()
        copy = self._scratch.folder / "table.arrow"
        try:
            with closing(_connected(file)) as database:
                _copy(database, chosen_table(_tables(database), inside, label), copy)
        except OSError as error:
            raise no_room(self._scratch.folder.parent, error) from error
        except sqlite3.Error as error:
            raise SourceError(f"cannot read {label} as an SQLite database: {error}") from error
        super().__init__(copy, label, ours=True)


def _connected(file: Path) -> sqlite3.Connection:
    """Return a connection that cannot write, nor leaves files beside the database."""
    with file.open("rb") as stream:
        keeps_beside = stream.read(20)[_MODES_AT] == _BESIDE
    alone = keeps_beside and not file.with_name(f"{file.name}-wal").exists()
    address = f"file:{quote(str(file.absolute()))}?mode=ro{'&immutable=1' if alone else ''}"
    database = sqlite3.connect(address, uri=True, isolation_level=None)
    database.text_factory = _text
    database.execute("begin")  # All that follows sees the same rows.
    return database


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _tables(database: sqlite3.Connection) -> list[str]:
    return [
        name
        for (name,) in database.execute(
            "select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\' "
            "order by rowid"
        )
    ]


def _copy(database: sqlite3.Connection, table: str, copy: Path) -> None:
    """Write a table as an Arrow file."""
    pa, ipc = need("pyarrow", "reading SQLite"), need("pyarrow.ipc", "reading SQLite")
    described = database.execute(f"select * from {duck.name(table)} limit 0").description
    names = [column[0] for column in described]
    types = [
        kind for at in range(0, len(names), _AT_ONCE) for kind in _types(database, table, names[at : at + _AT_ONCE])
    ]
    schema = pa.schema(list(zip(names, types, strict=True)))
    options = ipc.IpcWriteOptions(compression="lz4")
    with pa.OSFile(str(copy), "wb") as sink, ipc.new_file(sink, schema, options=options) as writer:
        for batch in _batches(database, table, schema):
            writer.write_batch(batch)


def _types(database: sqlite3.Connection, table: str, names: Sequence[str]) -> "list[pa.DataType]":
    """Return the types that all cells of some columns have, or text."""
    columns = [duck.name(name) for name in names]
    asked = ", ".join(
        f"group_concat(distinct typeof({column})), "
        f"max(case typeof({column}) when 'integer' then max({column}, -({column} + 1)) end)"
        for column in columns
    )
    (found,) = database.execute(f"select {asked} from {duck.name(table)}")
    return [
        _type({*(told or "").split(",")} - {"null", ""}, largest)
        for told, largest in zip(found[::2], found[1::2], strict=True)
    ]


def _type(found: set[str], largest: int | None) -> "pa.DataType":
    """Return the type of cells of some of SQLite's types, `largest` being the largest whole number or near it."""
    pa = need("pyarrow", "reading SQLite")
    if not found:
        return pa.null()
    if found == {"integer"}:
        return pa.int64()
    if found == {"blob"}:
        return pa.binary()
    if found <= {"integer", "real"} and (largest or 0) <= _LARGEST_EXACT:
        return pa.float64()
    return pa.string()


def _batches(database: sqlite3.Connection, table: str, schema: "pa.Schema") -> "Iterator[pa.RecordBatch]":
    pa = need("pyarrow", "reading SQLite")
    rows = database.execute(f"select * from {duck.name(table)}")
    while block := rows.fetchmany(rows_per_block(len(schema))):
        columns: list[Any] = [
            [None if cell is None else shown(cell) for cell in cells] if pa.types.is_string(field.type) else cells
            for field, cells in zip(schema, zip(*block, strict=True), strict=True)
        ]
        yield pa.record_batch(
            [pa.array(cells, field.type) for field, cells in zip(schema, columns, strict=True)], schema
        )
