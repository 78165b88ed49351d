"""Parquet files as they stand: dictionaries, zones, units, and what is kept beside the columns."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import SourceError
from ...optional import need
from ..blocks.block import rows_per_block

if TYPE_CHECKING:
    import pyarrow as pa

# Bytes of a column that are read at once, where a row group may be larger than memory.
_BUFFER = 2**20


def read_parquet_schema(file: Path) -> "pa.Schema":
    """Return the schema of a file, with its metadata."""
    return need("pyarrow.parquet", "reading Parquet").read_schema(file)


class ParquetFilePart:
    """A Parquet file, read by pyarrow: DuckDB knows no dictionaries, and of times with zones only moments."""

    notes: tuple[str, ...] = ()

    def __init__(self, file: Path, label: str) -> None:
        self.label = label
        self._file = file
        with self._opened() as parquet:
            self.schema: pa.Schema = parquet.schema_arrow
            self.n_rows: int | None = parquet.metadata.num_rows
        self.empty = self.n_rows == 0

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order."""
        with self._opened() as parquet:
            for batch in parquet.iter_batches(rows_per_block(len(names)), columns=list(names)):
                yield batch.select(list(names))

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        pa = need("pyarrow", "reading Parquet")
        try:
            with need("pyarrow.parquet", "reading Parquet").ParquetFile(
                str(self._file), buffer_size=_BUFFER
            ) as parquet:
                yield parquet
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"cannot read {self.label}: {str(error).splitlines()[0]}") from error
