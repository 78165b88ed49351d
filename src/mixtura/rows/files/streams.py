"""What can be read only once (standard input, an open file, an Arrow stream): copied to disk, then read as a file."""

import shutil
from pathlib import Path
from typing import Any, BinaryIO

from ...errors import ColumnError, EmptyTableError, SourceError
from ...optional import need
from ..blocks.reading import ReadingOptions
from ..columnar.files import FileTable
from ..columnar.ipc import IpcPart
from ..disk.compressed import compression_of, table_in, unpacked
from ..disk.scratch import Scratch, no_room
from .formats import DELIMITED, FORMATS, READ, Format, told_by_bytes

# Enough for the longest mark below and the white space that people put before JSON.
_HEAD = 4096


def open_binary(stream: BinaryIO, label: str, options: ReadingOptions | None = None) -> FileTable:
    """Copy a binary stream to a temporary file and open that; its first bytes tell the format."""
    scratch = Scratch()
    file = scratch.folder / "stream"
    with file.open("wb") as copy:
        try:
            shutil.copyfileobj(stream, copy)
        except OSError as error:
            raise no_room(scratch.folder.parent, error) from error
        except TypeError as error:
            raise SourceError(f"{label} gives text, not bytes: open the file with mode 'rb'") from error
    if not file.stat().st_size:
        raise EmptyTableError(f"{label} is empty: give a table with a header and at least one row")
    if told_by_bytes(file) is None and (kind := compression_of(file)) is not None:
        member = table_in(file, label, READ) if kind == ".zip" else None
        compressed, file = file, unpacked(file, label, scratch, "unpacked", member)
        compressed.unlink()
    part = sniff(file).open(file, label, options or ReadingOptions(), ours=True)
    return FileTable([part], label, scratch)


def sniff(file: Path) -> Format:
    """Return the format that a file's first bytes show, CSV if none.

    JSON starts with an object, or with an array of objects.
    """
    form = told_by_bytes(file)
    if form is not None:
        return form
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((form for form in FORMATS if form.is_text and text.startswith(form.begins)), DELIMITED)


def open_arrow_stream(source: Any) -> FileTable:
    """Copy anything with the Arrow PyCapsule interface to a temporary Arrow file and open that."""
    pa = need("pyarrow", "reading Arrow streams")
    label = "the Arrow stream"
    scratch = Scratch()
    file = scratch.folder / "stream.arrow"
    try:
        # A reader of pyarrow's own is not passed through the interface, where its batches lose their schemas.
        reader = source if isinstance(source, pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(source)
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, reader.schema) as writer:
            for position, batch in enumerate(reader):
                writer.write_batch(_as_declared(batch, reader.schema, f"batch {position} of {label}"))
    except OSError as error:
        raise no_room(scratch.folder.parent, error) from error
    except (pa.ArrowException, TypeError) as error:
        raise SourceError(f"cannot read {label}: {str(error).splitlines()[0]}") from error
    return FileTable([IpcPart(file, label, ours=True)], label, scratch)


def _as_declared(batch: Any, schema: Any, where: str) -> Any:
    """Return a batch in the columns and types that its stream declares, or raise where it has others."""
    if batch.schema.equals(schema):
        return batch
    if sorted(batch.schema.names) != sorted(schema.names):
        raise ColumnError(
            f"{where} has columns {', '.join(batch.schema.names)}, and the schema declares {', '.join(schema.names)}: "
            "give every batch the same"
        )
    return batch.select(schema.names).cast(schema)
