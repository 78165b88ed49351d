"""DuckDB databases: a table of them where it lies, a view copied once to a temporary Parquet file."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import duck
from ..blocks.block import rows_per_block
from ..columnar.parts import Part
from ..columnar.scans import ParquetPart
from ..disk.scratch import Scratch
from .inside import chosen_table

if TYPE_CHECKING:
    import pyarrow as pa

# Behind a checksum of eight bytes.
DUCKDB_MAGIC, DUCKDB_MAGIC_AT = b"DUCK", 8

_TABLES = """
select case when schema_name = 'main' then name else schema_name || '.' || name end, schema_name, name, is_view
from (
    select schema_name, table_name as name, false as is_view, table_oid as oid
    from duckdb_tables() where database_name = 'file' and not internal
    union all
    select schema_name, view_name, true, view_oid from duckdb_views() where database_name = 'file' and not internal
) order by is_view, oid
"""


def open_duckdb(file: Path, label: str, inside: str | None = None) -> Part:
    """Open a table or a view of a DuckDB database; `inside` names it where there are several."""
    with _attached(file, label) as connection:
        tables = {told: (schema, name, is_view) for told, schema, name, is_view in connection.sql(_TABLES).fetchall()}
    schema, name, is_view = tables[chosen_table([*tables], inside, label)]
    table = f"file.{duck.name(schema)}.{duck.name(name)}"
    return _ViewPart(file, label, table) if is_view else _TablePart(file, label, table)


@contextmanager
def _attached(file: Path, label: str, scratch: Path | None = None) -> Iterator[Any]:
    with duck.session(label, scratch=scratch) as connection:
        connection.execute(f"attach {duck.text(str(file.absolute()))} as file (read_only, type duckdb)")
        connection.execute("use file")  # Views name their tables without the database.
        yield connection


class _TablePart:
    """A table of a DuckDB database."""

    notes: tuple[str, ...] = ()

    def __init__(self, file: Path, label: str, table: str) -> None:
        self.label = label
        self._file, self._table = file, table
        with _attached(file, label) as connection:
            self.schema: pa.Schema = connection.sql(f"select * from {table} limit 0").to_arrow_table().schema
            self.n_rows: int | None = connection.sql(f"select count(*) from {table}").fetchall()[0][0]
        self.empty = self.n_rows == 0

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order."""
        columns = ", ".join(map(duck.name, names))
        with _attached(self._file, self.label) as connection:
            yield from duck.stream(
                connection, f"select {columns} from {self._table}", names, rows_per_block(len(names))
            )


class _ViewPart(ParquetPart):
    """A view of a DuckDB database, whose rows another pass could find in another order."""

    def __init__(self, file: Path, label: str, view: str) -> None:
        self._scratch = Scratch()
        copy = self._scratch.folder / "view.parquet"
        with _attached(file, label, self._scratch.folder) as connection:
            connection.sql(f"select * from {view}").write_parquet(str(copy))
        super().__init__(copy, label)
