"""Delimited text (CSV, TSV and the like), every field as the text that it is.

A file that all readers read alike is read as it is; any other is first written once more so that it is.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ...errors import SourceError
from ...optional import need
from ..blocks.reading import ReadingOptions
from ..disk.scratch import Scratch
from .encodings import in_utf8
from .fields import NO_DELIMITER
from .layout import read_layout
from .mending import mended
from .regular import find_regular

if TYPE_CHECKING:
    import pyarrow as pa

# Bytes that are read at once; a record has to fit in.
_BLOCK = 2**20
_LARGEST_BLOCK = 2**30

# Rows at least that are read at once, as long as they are not larger than this: each piece of a column costs time.
_ROWS_AT_ONCE = 512
_LARGEST_OF_ROWS = 2**26

# Bytes of files that are read in one piece: pyarrow splits records wrongly where a piece begins beside a carriage
# return in quotes that no line feed follows.
_WHOLE = 2**24

# Delimiters that a result is written with, as its source is.
_WRITTEN = frozenset(",;\t|")


class DelimitedPart:
    """A file of delimited text; all its columns are text.

    Parameters
    ----------
    file : Path
        The file.
    label : str
        What messages call it.
    options : ReadingOptions
        How it is to be read.
    tabs : bool, default False
        Whether tabs are the delimiter, if there are any.

    Attributes
    ----------
    notes : tuple of str
        What the user should know of how it is read.

    Raises
    ------
    EmptyTableError
        There is nothing in the file.
    SourceError
        It cannot be read.
    """

    n_rows: int | None = None
    has_types = False

    def __init__(self, file: Path, label: str, options: ReadingOptions | None = None, *, tabs: bool = False) -> None:
        options = options or ReadingOptions()
        self.label = label
        # A folder is made for files that need a copy only, and lives as long as this does.
        self._scratch = scratch = cache(Scratch)
        try:
            text, start, notes = in_utf8(file, label, scratch)
            layout = read_layout(text, label, start, options, tabs=tabs)
            names = layout.names
            regular = find_regular(text, layout, len(names))
            if regular is None:
                copy = mended(text, label, layout, len(names), scratch(), ragged=options.ragged)
                if text != file:
                    text.unlink()
                self._file, self._start, self._end = copy.file, 0, copy.file.stat().st_size
                self._delimiter, self._quotes, longest = copy.delimiter, True, copy.longest
                notes_of_rows = copy.notes
            else:
                self._file, self._start, self._end = text, layout.start, layout.end
                self._delimiter = layout.syntax.delimiter or NO_DELIMITER
                self._quotes, longest = regular.quotes, regular.longest
                notes_of_rows = ()
        except OSError as error:
            raise SourceError(f"cannot read {label}: {error.strerror or error}") from error
        self._block = max(_BLOCK, 2 ** longest.bit_length(), min(_ROWS_AT_ONCE * longest, _LARGEST_OF_ROWS))
        if self._block > _LARGEST_BLOCK:
            raise SourceError(
                f"a line of {label} is longer than {_LARGEST_BLOCK // 2:,} bytes: check that it is a table"
            )
        if self._end - self._start <= _WHOLE:
            self._block = max(self._block, _WHOLE)
        self.delimiter = None if tabs or layout.syntax.delimiter not in _WRITTEN else layout.syntax.delimiter
        self.notes = (*notes, *layout.notes, *notes_of_rows)
        self.empty = self._start >= self._end
        pa = need("pyarrow", "reading CSV")
        # pyarrow knows columns by names that differ.
        self._keys = [f"c{position}" for position in range(len(names))]
        self._key_of = dict(zip(names, self._keys, strict=True))
        self.schema = pa.schema([(name, pa.string()) for name in names])
        if layout.spare and all(batch.column(0).null_count == batch.num_rows for batch in self.batches(names[-1:])):
            self.schema = self.schema.remove(len(names) - 1)

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order, every field as it is written; an empty one is null."""
        if self.empty:
            return
        pa = need("pyarrow", "reading CSV")
        try:
            with self._file.open("rb") as file:
                data = _Stretch(file, self._start, self._end)
                for batch in self._reader(data, [self._key_of[name] for name in names]):
                    yield batch.rename_columns(list(names))
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"cannot read {self.label}: {str(error).splitlines()[0]}") from error

    def _reader(self, data: "_Stretch", keys: Sequence[str]) -> Any:
        pa, csv = need("pyarrow", "reading CSV"), need("pyarrow.csv", "reading CSV")
        return csv.open_csv(
            data,
            csv.ReadOptions(column_names=self._keys, block_size=self._block),
            csv.ParseOptions(
                delimiter=self._delimiter,
                quote_char='"' if self._quotes else False,
                newlines_in_values=self._quotes,
                ignore_empty_lines=len(self._keys) > 1,
            ),
            csv.ConvertOptions(
                column_types=dict.fromkeys(keys, pa.string()),
                include_columns=keys,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )


class _Stretch:
    """The data in a file, in pieces that end with no carriage return.

    Where one does and the next begins with a line feed, pyarrow takes both for the end of a line, in a cell as well,
    and leaves the line feed out.
    """

    closed = False

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file = file
        self._rest = end - start
        file.seek(start)

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most so many, none at the end."""
        piece = self._file.read(min(size, self._rest))
        if len(piece) > 1 and piece.endswith(b"\r"):
            self._file.seek(-1, 1)
            piece = piece[:-1]
        self._rest -= len(piece)
        return piece
