"""DuckDB: sessions, quoting, and its errors in one sentence of ours."""

import errno
import json
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SourceError
from ..optional import need
from .disk.scratch import no_room

if TYPE_CHECKING:
    import pyarrow as pa


_NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


@contextmanager
def session(label: str, *, scratch: Path | None = None) -> Iterator[Any]:
    """Open a private in-memory DuckDB for one pass; its errors come out as `SourceError` about `label`.

    Nothing is fetched from the network and Python variables are not visible to queries. `scratch` is a folder for the
    intermediate results of queries. There is no limit of memory of ours: scans stream and need little, but how little
    depends on the width of the table, and a limit would only make wide ones fail.
    """
    duckdb = need("duckdb", "reading files and queries")
    settings: dict[str, Any] = {
        "autoinstall_known_extensions": "false",
        "python_enable_replacements": "false",
        "preserve_insertion_order": "true",
    }
    if scratch is not None:
        settings["temp_directory"] = str(scratch)
    connection = duckdb.connect(":memory:", config=settings)
    try:
        # Else a bar is drawn on standard output after two seconds, in the middle of what is piped from there.
        connection.execute("set enable_progress_bar_print = false")
        yield connection
    except (duckdb.Error, OSError) as error:
        full = _full_disk(str(error))
        if full is not None and scratch is not None:
            raise no_room(scratch.parent, full) from error
        reason = first_sentence(str(error))
        if scratch is None:
            # The label says which file; DuckDB may know it by a temporary name.
            reason = re.sub(r"(?i) ?(?:(?:in|at end of) )?file ([\"']).*?\1,? ?", " ", reason).strip()
        raise SourceError(f"cannot read {label}: {reason}") from error
    finally:
        connection.close()


def load(connection: Any, extension: str, purpose: str) -> None:
    """Load an extension of DuckDB; none is fetched from the network.

    Raises
    ------
    SourceError
        It is not installed.
    """
    (known,) = connection.execute(
        "select count(*) from duckdb_extensions() where extension_name = ? and installed", [extension]
    ).fetchone()
    if not known:
        raise SourceError(
            f"{purpose} needs the extension {extension!r} of DuckDB, which is not installed: install it with "
            f'duckdb -c "INSTALL {extension}", or in Python with duckdb.sql("INSTALL {extension}")'
        )
    connection.execute(f"load {extension}")


def is_connection(source: Any) -> bool:
    """Tell whether a source is a DuckDB connection, whose last result is the table, without importing DuckDB."""
    return type(source).__name__ == "DuckDBPyConnection"


def last_result(connection: Any) -> "pa.RecordBatchReader":
    """Return the rows that the last query of a connection has yet to give.

    Raises
    ------
    SourceError
        There was no query, or its rows are read already.
    """
    duckdb = need("duckdb", "reading files and queries")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a relation would be copied once less
        try:
            reader = connection.to_arrow_reader()
        except duckdb.Error as error:
            raise SourceError(f"cannot read the DuckDB connection: {first_sentence(str(error))}") from error
    if reader is None:
        raise SourceError("the DuckDB connection has no rows left to give: execute a query, and read its result once")
    return reader


def _full_disk(message: str) -> OSError | None:
    """Return the error of the system when there was no room to write, which DuckDB tells by its number or in words."""
    told = re.search(r'"errno":"(\d+)"', message)
    for number in _NO_ROOM:
        if (told and int(told[1]) == number) or os.strerror(number) in message:
            return OSError(number, os.strerror(number))
    return None


def first_sentence(message: str) -> str:
    r"""Return the gist of a DuckDB message: its first line, without the pointer into the query and the advice.

    Examples
    --------
    >>> first_sentence('Parser Error: syntax error at or near "selec"\n\nLINE 1: selec 1\n        ^')
    'syntax error at or near "selec"'
    """
    # Some messages are, or end in, an object of JSON that holds the message.
    inner = re.search(r'\{"exception_type":.*?"exception_message":("(?:[^"\\]|\\.)*")', message, re.DOTALL)
    message = str(json.loads(inner[1], strict=False)) if inner else message
    line = message.strip().splitlines()[0] if message.strip() else "no reason given"
    return re.sub(r"^(?:[A-Z][A-Za-z]* )+Error: ", "", line).strip()


def text(value: str) -> str:
    """Return `value` as an SQL string literal."""
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """Return `value` as an SQL identifier."""
    return '"' + value.replace('"', '""') + '"'


def path(file: Path) -> str:
    """Return a path as an SQL string literal that DuckDB takes for that one file, whatever characters it holds."""
    return text(re.sub(r"([*?\[])", r"[\1]", str(file.absolute())))


def stream(connection: Any, query: str, columns: Sequence[str], rows_at_once: int) -> Iterator["pa.RecordBatch"]:
    """Run a query and yield its record batches, columns renamed to `columns`, never the whole result at once."""
    for batch in connection.sql(query).to_arrow_reader(rows_at_once):
        yield batch.rename_columns(list(columns))
