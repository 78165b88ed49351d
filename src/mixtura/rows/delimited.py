"""Delimited text (CSV, TSV), read by DuckDB with a dialect that is ours to decide.

DuckDB's own guess takes a ragged file for one column of text, renames repeated columns, and reads 1.5 in a column
that began with whole numbers as 2. So the delimiter and the header are found in `dialect.py`, and every field is read
as the text that it is.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SourceError
from ..optional import need
from . import duck
from .block import rows_per_block
from .dialect import read_dialect
from .parts import is_gzip

if TYPE_CHECKING:
    import pyarrow as pa

# How DuckDB wants the ends of lines written.
_ESCAPED = {"\n": "\\n", "\r": "\\r", "\r\n": "\\r\\n"}


class DelimitedPart:
    """A CSV or TSV file, plain or compressed by gzip; all its columns are text."""

    n_rows: int | None = None
    notes: tuple[str, ...] = ()

    def __init__(self, file: Path, label: str, *, tabs: bool = False) -> None:
        self.label = label
        self._file = file
        self._dialect = read_dialect(file, label, tabs=tabs)
        # DuckDB compares names without case; ours may differ in case only, or repeat.
        self._keys = [f"c{position}" for position in range(len(self._dialect.names))]
        self._key_of = dict(zip(self._dialect.names, self._keys, strict=True))
        pa = need("pyarrow", "reading CSV")
        self.schema = pa.schema([(name, pa.string()) for name in self._dialect.names])
        with self._session() as connection:
            self.empty = connection.sql(f"select 1 from {self._scan()} limit 1").fetchall() == []

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order, every field as it is written; an empty one is null."""
        keys = ", ".join(self._key_of[name] for name in names)
        with self._session() as connection:
            yield from duck.stream(connection, f"select {keys} from {self._scan()}", names, rows_per_block(len(names)))

    def _scan(self) -> str:
        """Return the table function call that reads every column exactly as it is written."""
        layout = self._dialect
        compression = "gzip" if is_gzip(self._file) else "none"
        new_line = "" if layout.new_line is None else f"new_line={duck.text(_ESCAPED[layout.new_line])}, "
        columns = ", ".join(f"{key}: 'VARCHAR'" for key in self._keys)
        return (
            f"read_csv({duck.path(self._file)}, auto_detect=false, {new_line}delim={duck.text(layout.delimiter)}, "
            f"quote='\"', escape='\"', comment='', header={str(layout.header).lower()}, skip={layout.skip}, "
            f"nullstr='', compression='{compression}', hive_partitioning=false, columns={{{columns}}})"
        )

    @contextmanager
    def _session(self) -> Iterator[Any]:
        try:
            with duck.session(self.label) as connection:
                yield connection
        except SourceError as error:
            raise self._explained(str(error.__cause__)) or error from error.__cause__

    def _explained(self, message: str) -> SourceError | None:
        """Turn DuckDB's page about a bad line into one sentence, None for errors of another kind."""
        line = re.search(r"CSV Error on Line: (\d+)", message)
        where = f"line {line[1]} of {self.label}" if line else self.label
        fields = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
        if fields:
            return SourceError(
                f"{where} does not have as many fields as the first ({fields[2]} instead of {fields[1]}): correct it"
            )
        if "not utf-8" in message:
            return SourceError(f"{where} is not UTF-8 text: save the file as UTF-8")
        if "invalid state" in message or "nterminated quote" in message:
            return SourceError(f"{where} mixes line endings or has a stray quote: correct the file")
        return None
