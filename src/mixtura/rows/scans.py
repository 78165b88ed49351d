"""Parquet and JSON files, read by DuckDB."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import EmptyTableError, SourceError
from . import duck
from .block import rows_per_block
from .optional import need
from .parts import is_gzip

if TYPE_CHECKING:
    import pyarrow as pa


# Types that say all about how a column of JSON is written; of a date they do not.
_TOLD = {"BIGINT", "UBIGINT", "HUGEINT", "DOUBLE", "BOOLEAN", "VARCHAR"}


class _ScanPart:
    """A file whose column types DuckDB knows for certain; `scan` is the table function call that reads it."""

    def __init__(self, label: str, scan: str) -> None:
        self.label = label
        self._scan = scan
        with duck.session(label) as connection:
            relation = connection.sql(f"select * from {scan} limit 1")
            self._duck_types = [str(kind) for kind in relation.types]
            head = relation.to_arrow_table()
        self._duck_names: list[str] = head.schema.names
        self.schema: pa.Schema = head.schema
        self.n_rows: int | None = None
        self.empty = head.num_rows == 0

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the numeric columns `names`, in that order."""
        duck_name = dict(zip(self.schema.names, self._duck_names, strict=True))
        columns = ", ".join(duck.name(duck_name[name]) for name in names)
        with duck.session(self.label) as connection:
            yield from duck.stream(connection, f"select {columns} from {self._scan}", names, rows_per_block(len(names)))

    def table_schema(self, used: Sequence[str]) -> "pa.Schema":
        """Return the schema of what `tables` yields for the same `used`."""
        return self.schema

    def tables(self, used: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield all columns; those in `used` hold numbers."""
        yield from self.batches(self.schema.names)


class ParquetPart(_ScanPart):
    """A Parquet file; `names` are those of its columns, if not as the file has them."""

    def __init__(self, file: Path, label: str, names: Sequence[str] | None = None) -> None:
        super().__init__(label, f"read_parquet({duck.path(file)}, hive_partitioning=false)")
        # DuckDB renames repeated columns; pyarrow shows the names as they are.
        names = names or need("pyarrow.parquet", "reading Parquet").read_schema(file).names
        fields = [field.with_name(name) for field, name in zip(self.schema, names, strict=True)]
        self.schema = need("pyarrow", "reading Parquet").schema(fields)
        with duck.session(label) as connection:
            self.n_rows = connection.sql(f"select count(*) from {self._scan}").fetchall()[0][0]


class JsonPart(_ScanPart):
    """A JSON file: an array of records, or one record a line.

    All of it is read once more at the start to find the type of every column (`sample_size=-1`): going by a sample,
    DuckDB takes a column for whole numbers and silently rounds the 1.5 that comes later. Later readings are told the
    types, which take four times as long to find as the values take to read.
    """

    def __init__(self, file: Path, label: str) -> None:
        options = f"hive_partitioning=false, compression='{'gzip' if is_gzip(file) else 'none'}'"
        super().__init__(label, f"read_json({duck.path(file)}, {options}, sample_size=-1)")
        # DuckDB's name for values that are not objects, and for no values at all.
        if self.schema.names == ["json"]:
            if self.empty:
                raise EmptyTableError(f"{label} has no rows: give a table with at least one")
            raise SourceError(f"{label} does not hold records: write a JSON array of objects, or one object a line")
        if _TOLD.issuperset(self._duck_types) and not self._is_renamed():
            pairs = zip(self._duck_names, self._duck_types, strict=True)
            columns = ", ".join(f"{duck.name(name)}: {duck.text(kind)}" for name, kind in pairs)
            self._scan = (
                f"read_json({duck.path(file)}, {options}, format='auto', auto_detect=false, columns={{{columns}}})"
            )

    def _is_renamed(self) -> bool:
        """Tell whether DuckDB may have renamed a column, as it does where two differ in case only."""
        names = {name.lower() for name in self._duck_names}
        return any(re.sub(r"_\d+$", "", name) in names - {name} for name in names)
