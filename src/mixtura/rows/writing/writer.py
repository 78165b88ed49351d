"""Scored tables to disk: every input column and the new ones, written beside the place and renamed at the end."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from ...errors import ColumnError, SourceError
from ...optional import need
from ..blocks.style import Style
from ..disk.compressing import compressed, split_ending
from ..disk.whole import WholeFile, expanded, replace_all
from ..files.formats import ENDINGS, SINKS, WRITTEN
from ..looked.typed import with_types
from ..sinks.sink import Highlights, Sink, Target
from ..sinks.text import TextSink
from .added import Added, freely_named, with_added
from .marks import NAME

if TYPE_CHECKING:
    import pyarrow as pa


class TableWriter:
    """Writes tables block by block with new columns appended; made by `open_writer` and `open_stream_writer`.

    A context manager: the file appears under its name when the `with` block ends well, and nothing is left when it
    does not.

    Parameters
    ----------
    target : WholeFile or binary file
        Where the tables go.
    where : str
        What messages call it.
    sink : type of Sink
        The format.
    mark : str or None
        What made the table, kept in formats that have room for it.
    compression : str or None
        How the file is compressed.
    replaces : bool
        Whether the file takes its place at the end of the block, and not when the caller lets it.
    """

    def __init__(
        self,
        target: WholeFile | io.RawIOBase,
        where: str,
        sink: type[Sink],
        mark: str | None,
        *,
        compression: str | None = None,
        replaces: bool,
    ) -> None:
        self._target = target
        self._where = where
        self._make_sink = sink
        self._mark = mark
        self._compression = compression
        self._replaces = replaces
        self._sink: Sink | None = None
        self._style = Style()

    def begin(self, style: Style) -> None:
        """Learn how the table that is going to be copied is written; without it, columns keep their types.

        Parameters
        ----------
        style : Style
            As `TableRows.style` returns it.
        """
        self._style = style

    def check_size(self, n_rows: int | None, n_columns: int) -> None:
        """Refuse a table that the format has no room for.

        Raises
        ------
        SourceError
            It has too many rows or columns.
        """
        self._make_sink.check_size(n_rows, n_columns, self._where)

    def write(self, table: "pa.Table", new: Added, highlights: Highlights | None = None) -> None:
        """Append rows.

        Parameters
        ----------
        table : pyarrow.Table
            Input columns of the next rows; the types of the first table hold for all.
        new : mapping of str to ndarray, list of (str or None) or Lists
            New columns by name; a list is text. A name that an input column has gets an underscore.
        highlights : Highlights, optional
            Cells that deserve attention, in formats that can show them.

        Raises
        ------
        ColumnError
            The table does not fit those before.
        SourceError
            The disk is full, or the file cannot be written.
        """
        new = freely_named(new, table.column_names)
        made = self._make_sink
        with self._explained():
            if made.has_types:
                table = with_types(table, self._style.number_types())
            table = with_added(table, new, made.added, lists=made.has_lists)
            if self._sink is None:
                self.check_size(None, table.num_columns)
                self._sink = made(self._opened(), self._marked(table.schema), self._style.delimiter)
            self._sink.write(table.cast(self._sink.schema), highlights)

    def _opened(self) -> Target:
        if not isinstance(self._target, WholeFile):
            return self._target
        file = self._target.create()
        return file if self._compression is None else compressed(file, self._compression)

    def _marked(self, schema: "pa.Schema") -> "pa.Schema":
        """Return a schema that says what made the table, and not what made the table that it comes from."""
        kept = {key: value for key, value in (schema.metadata or {}).items() if key != NAME.encode()}
        return schema.with_metadata(kept if self._mark is None else {**kept, NAME: self._mark})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        whole = self._target if isinstance(self._target, WholeFile) else None
        try:
            if kind is not None:
                self._abandon()
                return
            if self._sink is None:
                raise SourceError(f"there are no rows to write to {self._where}: write at least one table")
            with self._explained():
                self._sink.close()
            if whole is not None:
                whole.complete()
                if self._replaces:
                    replace_all([whole])
        except BaseException:
            kind = BaseException
            raise
        finally:
            if kind is not None and whole is not None:
                whole.discard()

    def _abandon(self) -> None:
        """Close the file whatever state it is in: the error that matters is on its way already."""
        # The end of a stream would say that it is whole.
        if self._sink is not None and isinstance(self._target, WholeFile):
            with suppress(Exception):
                self._sink.abandon()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        pa = need("pyarrow", "writing tables")
        try:
            yield
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
            raise ColumnError(f"cannot write these rows to {self._where}: {str(error).splitlines()[0]}") from error
        except OSError as error:
            reason = error.strerror or str(error).splitlines()[0]
            raise SourceError(
                f"cannot write {self._where} ({reason}): free some space or choose another place"
            ) from error


def open_writer(
    path: str | os.PathLike[str] | WholeFile, *, form: str | None = None, mark: str | None = None
) -> TableWriter:
    """Return a writer for a table file; its ending says the format.

    Parameters
    ----------
    path : str, path-like or WholeFile
        Where the file goes: .parquet, .csv, .tsv, .txt, .json (an array of records), .jsonl or .ndjson (one record a
        line), .arrow, .feather, .ipc or .xlsx; text also with .gz, .bz2 or .zst. A `WholeFile` takes its place when the
        caller lets it.
    form : {"parquet", "csv", "safe-csv", "tsv", "json", "jsonl", "arrow", "xlsx"}, optional
        The format, where the name need not say it. In CSV, text that is added to a table and that a spreadsheet would
        take for a formula gets an apostrophe before it; in safe CSV, text of the table too.
    mark : str, optional
        What made the table; kept in a Parquet or Arrow file, for `made_by`.

    Returns
    -------
    TableWriter
        A context manager.

    Raises
    ------
    SourceError
        The ending is none of these or says another format, or no file can be written there.

    Examples
    --------
    >>> import tempfile, pathlib, numpy as np, pyarrow as pa
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = pathlib.Path(folder.name, "scored.csv")
    >>> with open_writer(file) as writer:
    ...     writer.write(pa.table({"x": [1.5, 2.5]}), {"is_anomaly": np.array([False, True])})
    >>> print(file.read_text().strip())
    x,is_anomaly
    1.5,false
    2.5,true
    >>> folder.cleanup()
    """
    file = path.path if isinstance(path, WholeFile) else expanded(path)
    ending, compression = split_ending(file.name)
    sink = SINKS.get(ending)
    if form is not None and sink not in (None, SINKS[ENDINGS[form]]):
        raise SourceError(
            f"{file} has the ending of another format than {form}: name a file that ends in {ENDINGS[form]}"
        )
    sink = sink if form is None else WRITTEN[form]
    if sink is None:
        raise SourceError(f"cannot tell the format of {file} from its name: it must end in {', '.join(SINKS)}")
    if compression is not None and not issubclass(sink, TextSink):
        raise SourceError(
            f"{file} cannot be compressed, because only text formats can: leave {file.suffix} out of its name"
        )
    need("pyarrow", "writing tables")
    whole = path if isinstance(path, WholeFile) else WholeFile(path)
    return TableWriter(whole, str(file), sink, mark, compression=compression, replaces=whole is not path)


def open_stream_writer(stream: io.RawIOBase, where: str, form: str) -> TableWriter:
    """Return a writer to a stream that is open, such as standard output; parameters as for `open_writer`.

    What is written is seen at once. `where` is what messages call the stream.
    """
    need("pyarrow", "writing tables")
    return TableWriter(stream, where, WRITTEN[form], None, replaces=False)
