"""Parquet and JSON files, read by DuckDB."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import EmptyTableError, SourceError
from ..optional import need
from . import duck
from .block import rows_per_block

if TYPE_CHECKING:
    import pyarrow as pa


# Makes DuckDB look at all values to find the types.
_FINDING_TYPES = "sample_size=-1"

# Types that say all about how a column of JSON is written; of a date they do not.
_TOLD = {"BIGINT", "UBIGINT", "HUGEINT", "DOUBLE", "BOOLEAN", "VARCHAR"}


class _ScanPart:
    """A file whose column types DuckDB knows for certain; `scan` is the table function call that reads it."""

    notes: tuple[str, ...] = ()

    def __init__(self, label: str, scan: str) -> None:
        self.label = label
        with duck.session(label) as connection:
            relation = connection.sql(f"select * from {scan} limit 1")
            self._scan = self._told(scan, relation.columns, [str(kind) for kind in relation.types])
            # Running a query finds the types once more.
            told = relation if self._scan == scan else connection.sql(f"select * from {self._scan} limit 1")
            head = told.to_arrow_table()
        self._duck_names: list[str] = head.schema.names
        self.schema: pa.Schema = head.schema
        self.n_rows: int | None = None
        self.empty = head.num_rows == 0

    @staticmethod
    def _told(scan: str, names: Sequence[str], types: Sequence[str]) -> str:
        """Return the call that is told the types which the first one found."""
        return scan

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order."""
        duck_name = dict(zip(self.schema.names, self._duck_names, strict=True))
        columns = ", ".join(duck.name(duck_name[name]) for name in names)
        with duck.session(self.label) as connection:
            yield from duck.stream(connection, f"select {columns} from {self._scan}", names, rows_per_block(len(names)))


def read_parquet_schema(file: Path) -> "pa.Schema":
    """Return the schema of a file, with its metadata."""
    return need("pyarrow.parquet", "reading Parquet").read_schema(file)


class ParquetPart(_ScanPart):
    """A Parquet file; `names` are those of its columns, if not as the file has them."""

    def __init__(self, file: Path, label: str, names: Sequence[str] | None = None) -> None:
        super().__init__(label, f"read_parquet({duck.path(file)}, hive_partitioning=false)")
        # DuckDB renames repeated columns; pyarrow shows the names as they are.
        names = names or read_parquet_schema(file).names
        fields = [field.with_name(name) for field, name in zip(self.schema, names, strict=True)]
        self.schema = need("pyarrow", "reading Parquet").schema(fields)
        with duck.session(label) as connection:
            self.n_rows = connection.sql(f"select count(*) from {self._scan}").fetchall()[0][0]


class JsonPart(_ScanPart):
    """A JSON file: an array of records, or one record a line.

    All of it is read once more at the start to find the type of every column (`sample_size=-1`): going by a sample,
    DuckDB takes a column for whole numbers and silently rounds the 1.5 that comes later. Later readings are told the
    types, which take longer to find than the values take to read.
    """

    def __init__(self, file: Path, label: str) -> None:
        options = "hive_partitioning=false, compression='none', format='auto'"
        super().__init__(label, f"read_json({duck.path(file)}, {options}, {_FINDING_TYPES})")
        # DuckDB's name for values that are not objects, and for no values at all.
        if self.schema.names == ["json"]:
            if self.empty:
                raise EmptyTableError(f"{label} has no rows: give a table with at least one")
            raise SourceError(f"{label} does not hold records: write a JSON array of objects, or one object a line")

    @staticmethod
    def _told(scan: str, names: Sequence[str], types: Sequence[str]) -> str:
        lower = {name.lower() for name in names}
        # DuckDB renames a column whose name differs from another in case only, and would look for the new name.
        renamed = any(re.sub(r"_\d+$", "", name) in lower - {name} for name in lower)
        if renamed or not _TOLD.issuperset(types):
            return scan
        columns = ", ".join(f"{duck.name(name)}: {duck.text(kind)}" for name, kind in zip(names, types, strict=True))
        return f"{scan.removesuffix(f'{_FINDING_TYPES})')}auto_detect=false, columns={{{columns}}})"
