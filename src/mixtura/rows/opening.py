"""`rows.open`: any table as rows."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..columns.kinds.kind import Kind
from ..columns.kinds.unused import Identifier
from ..errors import SourceError
from .blocks.arrays import ArrayRows
from .blocks.block import Rows
from .blocks.columns import Absent, Choice, Missing, NonNumeric, Takes, as_list
from .blocks.reading import ReadingOptions
from .columnar.files import FileTable
from .databases.sql import is_query, open_query
from .disk.whole import expanded
from .duck import is_connection, last_result
from .files.paths import is_stream, open_path
from .files.streams import open_arrow_stream, open_binary
from .frames.frame import FrameTable, as_frame, collected, is_lazy, open_record_batch
from .looked.decoded import decoded
from .looked.raw import RawTable


def open(
    source: Any,
    *,
    columns: Any = None,
    drop: Any = None,
    sample_weight: Any = None,
    non_numeric: NonNumeric = "error",
    missing: Missing = "error",
    kinds: "Mapping[str, Kind | str] | None" = None,
    missing_marks: Sequence[str] = (),
    header: bool | None = None,
    ragged: bool = False,
    file_column: str | None = None,
    takes: Takes = "numbers",
    absent: Absent = "error",
) -> Rows:
    """Open a table as rows that can be read again and again, block by block.

    Parameters
    ----------
    source : object
        One of

        - a NumPy array of two dimensions, or a list of lists;
        - a pandas, Polars or pyarrow table or record batch, or another dataframe that narwhals knows, whatever types
          its columns have; a lazy dataframe, which is collected; any other Arrow
          stream (the PyCapsule interface: a DuckDB relation, a record batch reader) is copied to a temporary file
          first, because it may be readable only once; so is the result of ``connection.execute(query)`` of DuckDB;
        - ``"-"`` for standard input, or a binary file object; copied to a temporary file first, its first bytes
          tell whether it is Parquet, Arrow IPC, JSON or else CSV;
        - a string whose first word, after comments, is SELECT, WITH, FROM or VALUES in any case, followed by a space,
          a quote or a parenthesis, unless there is a file of that name: a DuckDB query, run once, its result kept in a
          temporary file;
        - the path of a named pipe, read as standard input is;
        - any other string, or a `pathlib.Path`: a file, or, if there is no such file, a pattern with ``*``, ``?``,
          ``[…]`` or ``**`` whose matches are read one after the other in the order of their names. The format follows
          from the ending, or from the first bytes of a file that is no text: .csv, .tsv, .tab, .psv, .txt, .dat,
          .data, .parquet, .pq, .json, .jsonl, .ndjson, .geojson, .arrow, .arrows, .feather, .ipc, .orc, .avro;
          workbooks .xlsx, .xlsm, .xls, .xlsb, .ods; databases .sqlite, .sqlite3, .db, .db3, .duckdb, .ddb; text
          formats also with .gz, .zst, .bz2, .xz or .zip;
        - such a file with ``::`` and the name of a sheet, a table, a view or a list of records behind it:
          ``"book.xlsx::Sheet 2"``, ``"shop.db::orders"``. Without a name the first sheet that is shown is read, and
          the only table of a database;
        - a folder: all files in it, and in folders below that are named KEY=VALUE, as Hive names partitions. Each key
          is a column behind those of the files. Names that begin with a dot or an underscore are left out;
        - an address such as ``https://example.org/t.csv`` or ``s3://bucket/t.parquet``, where DuckDB's extension for
          it is installed (``duckdb -c "INSTALL httpfs"``); copied to a temporary folder first;
        - `Rows`, returned as they are.
    columns : sequence of str, or of int for an array, optional
        Columns to use, in this order. Default: every column that holds numbers, and with ``takes="all"`` those of
        dates and levels besides.
    drop : sequence of str, or of int for an array, optional
        Columns not to use.
    sample_weight : array_like of shape (n_rows,), or str, optional
        Weight of each row, or the name of the column that holds it; that column is not used otherwise.
    non_numeric : {"error", "drop"}, default "error"
        What to do with columns that do not hold numbers and that neither `columns` nor `drop` names: raise, or leave
        them out and list them in `left_out`.
    missing : {"error", "allow"}, default "error"
        What to do with missing values: raise, or give them as NaN, and cells that do not fit their columns too, which
        `Block.strays` tells apart. An infinite value is such a cell, and in an array an error all the same. `Rows`
        keep to what they were opened with.
    kinds : mapping of str to Kind or str, optional
        What columns hold, as far as that is known, or the names of the kinds that they are said to be of.
    missing_marks : sequence of str, optional
        Marks of missing values, besides those that are always taken for such.
    header : bool, optional
        Whether the first record of delimited text holds the names of the columns. Default: what it looks like beside
        the others.
    ragged : bool, default False
        Whether rows of delimited text may have too few fields, the last of which are missing, or too many, the last of
        which are left out.
    file_column : str, optional
        Name of a column, behind all others, that says which file a row comes from. It is not used.
    takes : {"numbers", "levels", "all", "codes"}, default "numbers"
        What is used: columns of numbers alone; also flags and categories of at most 30 levels, or those that `columns`
        names ("levels"); or also those of dates (days since 1970-01-01), times and durations (seconds), and of flags,
        categories and text ("all"). Flags, categories and text are the codes of their levels, or of the shapes of their
        texts where these repeat. `levels` then says what the codes of each column stand for. A level that has none gets
        the code that follows all others. As "levels" a flag or category of numbers has codes of levels too; as "codes",
        all are used, and whole numbers of few values are codes of levels.
    absent : {"error", "leave out"}, default "error"
        What to do with names in `columns` that the table does not have: raise, or leave them out while at least half of
        the columns are there.

    Returns
    -------
    Rows
        A `TableRows`, unless `source` is other `Rows`.

    Raises
    ------
    ColumnError
        A column is unknown, repeated, or does not hold numbers.
    EmptyTableError
        There are no rows, or no columns to use.
    SourceError
        The source cannot be read.
    MissingDependencyError
        A library that reads such a source is not installed.

    Notes
    -----
    Missing and infinite values are found in the pass that reads them, and raise `MissingValuesError` and
    `InfiniteValuesError` there. NaN, null, None, pandas NA and masked values are all missing values, in columns of
    whole numbers too, which are read as floating-point numbers.

    The encoding, the delimiter, the quotes and the header of delimited text are found from the text: lines of a table
    have as many fields each, and a header is unlike what is below it. Lines before the table are no part of it. An
    empty field is a missing value.

    Messages count rows of files, streams and queries from 1, without the header, and rows of arrays and dataframes
    from 0.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import rows
    >>> table = rows.open(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), columns=[1])
    >>> [block.values.ravel().tolist() for block in table.blocks()]
    [[2.0, 4.0, 6.0]]
    """
    if non_numeric not in ("error", "drop"):
        raise ValueError(f"non_numeric is {non_numeric!r}: use 'error' or 'drop'")
    if missing not in ("error", "allow"):
        raise ValueError(f"missing is {missing!r}: use 'error' or 'allow'")
    if file_column is not None and columns is None:
        drop = [*as_list(drop), file_column]
    choice = Choice(columns, drop, sample_weight, non_numeric, missing, takes=takes, absent=absent)
    if hasattr(source, "blocks") and hasattr(source, "n_columns"):
        if choice != Choice(non_numeric=non_numeric, missing=missing, takes=takes):
            raise SourceError("these rows are already open: choose columns and weights when you open them")
        rows: Rows = source
        return rows
    raw = open_raw(source, ReadingOptions(header, ragged, file_column))
    if file_column is not None:
        kinds = {file_column: Identifier("the file of the row"), **(kinds or {})}
    if raw is None:
        return ArrayRows(source, columns=columns, drop=drop, sample_weight=sample_weight, missing=missing)
    return decoded(raw, choice, kinds or {}, tuple(missing_marks))


def open_raw(source: Any, options: ReadingOptions | None = None) -> RawTable | None:
    """Return a table as it stands; None for an array, whose columns all hold numbers.

    Errors as of `open`.
    """
    options = options or ReadingOptions()
    if options.file_column is not None and not is_path(source):
        raise SourceError("only rows of files have a column of files: leave out file_column")
    if isinstance(source, (str, os.PathLike)):
        return _open_text(source, options)
    if not hasattr(source, "read"):
        options.refuse_for(f"the {type(source).__name__}")
    if is_connection(source):
        source = last_result(source)
    if is_lazy(source):
        source = source.collect()
    if isinstance(source, (np.ndarray, list, tuple)):
        return None
    is_arrow = hasattr(source, "__arrow_c_array__") or hasattr(source, "__arrow_c_stream__")
    frame = as_frame(source)
    if frame is None and not is_arrow:
        frame = collected(source)
    if frame is not None:
        return FrameTable(frame)
    if hasattr(source, "__array__") and not is_arrow:
        return None
    return _open_stream(source, options)


def is_path(source: Any) -> bool:
    """Tell whether a source is neither an object with data, nor standard input, a pipe or a query."""
    if isinstance(source, str) and (source == "-" or is_query(source)):
        return False
    return isinstance(source, (str, os.PathLike)) and not is_stream(source)


def _open_stream(source: Any, options: ReadingOptions) -> RawTable:
    if hasattr(source, "__arrow_c_array__"):
        return open_record_batch(source)
    if hasattr(source, "__arrow_c_stream__"):
        return open_arrow_stream(source)
    if hasattr(source, "read"):
        return open_binary(source, str(getattr(source, "name", "the stream")), options)
    raise SourceError(
        f"cannot read a table from {type(source).__name__}: "
        "give an array, a dataframe, an Arrow stream, a path, a query or a binary file"
    )


def _open_text(source: "str | os.PathLike[str]", options: ReadingOptions) -> FileTable:
    if source == "-":
        return open_binary(sys.stdin.buffer, "standard input", options)
    if isinstance(source, str) and is_query(source):
        options.refuse_for("the result of a query")
        return open_query(source)
    if is_stream(source):
        try:
            stream = expanded(source).open("rb")
        except OSError as error:
            raise SourceError(f"cannot read {source}: {error.strerror}") from error
        with stream:
            return open_binary(stream, str(source), options)
    return open_path(source, options)
