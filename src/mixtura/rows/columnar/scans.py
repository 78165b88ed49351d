"""Parquet files that DuckDB wrote, read by it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...optional import need
from .. import duck
from ..blocks.block import rows_per_block
from .parquet import read_parquet_schema

if TYPE_CHECKING:
    import pyarrow as pa


class ParquetPart:
    """A Parquet file; `names` are those of its columns, if not as the file has them."""

    notes: tuple[str, ...] = ()

    def __init__(self, file: Path, label: str, names: Sequence[str] | None = None) -> None:
        self.label = label
        self._scan = f"read_parquet({duck.path(file)}, hive_partitioning=false)"
        with duck.session(label) as connection:
            head: pa.Schema = connection.sql(f"select * from {self._scan} limit 1").to_arrow_table().schema
            self.n_rows: int | None = connection.sql(f"select count(*) from {self._scan}").fetchall()[0][0]
        self.empty = self.n_rows == 0
        # DuckDB renames repeated columns; pyarrow shows the names as they are.
        names = names or read_parquet_schema(file).names
        self._duck_names: list[str] = head.names
        self.schema = need("pyarrow", "reading Parquet").schema(
            [field.with_name(name) for field, name in zip(head, names, strict=True)]
        )

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order."""
        duck_name = dict(zip(self.schema.names, self._duck_names, strict=True))
        columns = ", ".join(duck.name(duck_name[name]) for name in names)
        with duck.session(self.label) as connection:
            yield from duck.stream(connection, f"select {columns} from {self._scan}", names, rows_per_block(len(names)))
