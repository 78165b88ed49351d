"""Arrow IPC files (also called Feather) and streams, read by pyarrow."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import SourceError
from ...optional import need
from ..disk.scratch import Scratch, no_room

if TYPE_CHECKING:
    import pyarrow as pa

# The first bytes of the file format.
FILE_MAGIC = b"ARROW1"

# The stream format starts with a continuation mark.
STREAM_START = b"\xff\xff\xff\xff"

# Record batches up to this size, on average, are read into memory one by one.
_BATCH_BYTES = 2**26


def read_ipc_schema(file: Path) -> "pa.Schema":
    """Return the schema of a file, with its metadata."""
    return need("pyarrow.ipc", "reading Arrow files").open_file(str(file)).schema


class IpcPart:
    """An Arrow IPC file or stream.

    A record batch may be as large as the file, and a mapped file gives only the rows in use. But a mapped file that
    another program cuts short ends this process. So the user's own file is read batch by batch where these are small;
    else a copy of it is mapped.

    Parameters
    ----------
    file : Path
        The file.
    label : str
        What messages call it.
    ours : bool, default False
        Whether nobody else writes to the file, so that it can be mapped.
    """

    notes: tuple[str, ...] = ()

    def __init__(self, file: Path, label: str, *, ours: bool = False) -> None:
        self.label = label
        self._file = file
        with file.open("rb") as stream:
            self._is_stream = stream.read(len(FILE_MAGIC)) != FILE_MAGIC
        self._is_mapped = ours
        if not ours and file.stat().st_size > _BATCH_BYTES * self._count_batches():
            self._copy()
        self.schema: pa.Schema = None
        self.n_rows: int | None = None
        self.empty = True
        for schema, batch in self._read():
            self.schema = schema
            if batch is not None and batch.num_rows:
                self.empty = False
                break

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order."""
        for _, batch in self._read([self.schema.get_field_index(name) for name in names]):
            if batch is not None:
                yield batch.select(list(names))

    def _count_batches(self) -> int:
        """Return the number of record batches, 1 where only reading tells."""
        if self._is_stream:
            return 1
        pa = need("pyarrow", "reading Arrow files")
        with self._explained(), pa.OSFile(str(self._file)) as source:
            n_batches: int = need("pyarrow.ipc", "reading Arrow files").open_file(source).num_record_batches
        return n_batches

    def _copy(self) -> None:
        """Go on with a copy of the file, which is deleted with this object."""
        self._scratch = Scratch()
        copy = self._scratch.folder / "copy.arrow"
        try:
            shutil.copyfile(self._file, copy)
        except OSError as error:
            raise no_room(self._scratch.folder.parent, error) from error
        self._file, self._is_mapped = copy, True

    @contextmanager
    def _explained(self) -> Iterator[None]:
        pa = need("pyarrow", "reading Arrow files")
        try:
            yield
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"cannot read {self.label} as an Arrow file: {str(error).splitlines()[0]}") from error

    def _read(self, columns: Sequence[int] | None = None) -> Iterator[tuple[Any, Any]]:
        """Yield (schema, None), then (schema, batch) for every batch."""
        pa = need("pyarrow", "reading Arrow files")
        ipc = need("pyarrow.ipc", "reading Arrow files")
        options = ipc.IpcReadOptions(included_fields=columns)
        open_source = pa.memory_map if self._is_mapped else pa.OSFile
        with self._explained(), open_source(str(self._file)) as source:
            if self._is_stream:
                reader = ipc.open_stream(source, options=options)
                batches = iter(reader)
            else:
                reader = ipc.open_file(source, options=options)
                batches = (reader.get_batch(position) for position in range(reader.num_record_batches))
            yield reader.schema, None
            for batch in batches:
                yield reader.schema, batch
