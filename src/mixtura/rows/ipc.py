"""Arrow IPC files (also called Feather) and streams, read by pyarrow."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SourceError
from .optional import need

if TYPE_CHECKING:
    import pyarrow as pa

# The first bytes of the file format; the stream format starts with its schema.
FILE_MAGIC = b"ARROW1"


class IpcPart:
    """An Arrow IPC file or stream.

    The file is mapped, not read: a record batch may be as large as the file, and only the rows in use are touched.
    """

    def __init__(self, file: Path, label: str) -> None:
        self.label = label
        self._file = file
        with file.open("rb") as stream:
            self._is_stream = stream.read(len(FILE_MAGIC)) != FILE_MAGIC
        self.schema: pa.Schema = None
        self.n_rows: int | None = None
        self.empty = True
        for schema, batch in self._read():
            self.schema = schema
            if batch is not None and batch.num_rows:
                self.empty = False
                break

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the numeric columns `names`, in that order."""
        for _, batch in self._read([self.schema.get_field_index(name) for name in names]):
            if batch is not None:
                yield batch.select(list(names))

    def table_schema(self, used: Sequence[str]) -> "pa.Schema":
        """Return the schema of what `tables` yields for the same `used`."""
        return self.schema

    def tables(self, used: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield all columns; those in `used` hold numbers."""
        for _, batch in self._read():
            if batch is not None:
                yield batch

    def _read(self, columns: Sequence[int] | None = None) -> Iterator[tuple[Any, Any]]:
        """Yield (schema, None), then (schema, batch) for every batch."""
        pa = need("pyarrow", "reading Arrow files")
        ipc = need("pyarrow.ipc", "reading Arrow files")
        options = ipc.IpcReadOptions(included_fields=columns)
        try:
            with pa.memory_map(str(self._file)) as source:
                if self._is_stream:
                    reader = ipc.open_stream(source, options=options)
                    batches = iter(reader)
                else:
                    reader = ipc.open_file(source, options=options)
                    batches = (reader.get_batch(position) for position in range(reader.num_record_batches))
                yield reader.schema, None
                for batch in batches:
                    yield reader.schema, batch
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"cannot read {self.label} as an Arrow file: {str(error).splitlines()[0]}") from error
