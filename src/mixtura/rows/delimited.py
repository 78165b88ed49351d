"""Delimited text (CSV, TSV), read by DuckDB with a dialect that is ours to decide.

DuckDB's own guess takes a ragged file for one column of text, renames repeated columns, and reads 1.5 in a column
that began with whole numbers as 2. So the delimiter and the header are found here, from the first record; every column
used is read as floating-point numbers; and DuckDB only says which columns look like numbers.
"""

import csv
import gzip
import io
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ColumnError, EmptyTableError, SourceError
from . import duck
from .arrow import cut, kind_of
from .block import rows_per_block
from .columns import NUMERIC_KINDS
from .optional import need
from .parts import is_gzip

if TYPE_CHECKING:
    import pyarrow as pa

# In order of preference when two give as many fields.
_DELIMITERS = ",;\t|"

# Characters at the start of the file in which the first record must end: DuckDB's own limit is 2 MB a line.
_HEAD = 2_000_000

# Which the csv module holds to in all that it reads, whoever reads.
_FIELD_LIMIT = Lock()

# Besides an empty field; pandas reads the same as missing. NaN itself is a number to DuckDB and found later.
_MISSING = ("", "NA", "N/A", "n/a", "NULL", "null", "None", "<NA>", "#N/A")

# How many of them DuckDB looks at to see which columns hold numbers; its default. A later value that does not fit
# is an error that names its line.
_SAMPLE = 20480


# How DuckDB wants the ends of lines written.
_ESCAPED = {"\n": "\\n", "\r": "\\r", "\r\n": "\\r\\n"}

# Columns whose types are looked at in one query: DuckDB keeps vectors for every expression of a query, gigabytes of
# them for thousands of columns.
_TESTED = 256

# Values whose types are looked at together in a wider table.
_TESTED_VALUES = 2**21

# The types that columns are carried in, the narrowest first.
_EXACT = ("BIGINT", "DOUBLE", "VARCHAR")


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is laid out.

    Attributes
    ----------
    names : tuple of str
        Column names; a nameless column at position i, and every column of a file without header, is "x<i>".
    delimiter : str
        One of comma, semicolon, tab and bar: the one that splits the first record into the most fields.
    header : bool
        Whether the first record is the header: it is, unless every field in it is a number.
    skip : int
        Empty lines before it.
    new_line : str or None
        What ends a line; None where DuckDB may find it, as no name has a line's end in it.
    """

    names: tuple[str, ...]
    delimiter: str
    header: bool
    skip: int
    new_line: str | None = None


def read_dialect(file: Path, label: str, *, tabs: bool = False) -> Dialect:
    """Find the dialect of a delimited file from its first record; `tabs` says that tabs are the delimiter."""
    opener = gzip.open if is_gzip(file) else open
    try:
        with opener(file, "rt", encoding="utf-8-sig", newline="") as stream:
            head = stream.read(_HEAD)
    except UnicodeDecodeError as error:
        raise SourceError(f"{label} is not UTF-8 text: save it as UTF-8") from error
    except (OSError, EOFError) as error:
        raise SourceError(f"cannot read {label}: {error}") from error
    if not head.strip():
        raise EmptyTableError(f"{label} is empty: give a table with a header and at least one row")
    records = {delimiter: _first_record(head, delimiter, label) for delimiter in ("\t" if tabs else _DELIMITERS)}
    delimiter = max(records, key=lambda candidate: len(records[candidate][1]))
    skip, fields = records[delimiter]
    header = not all(_is_number(field) for field in fields)
    names = tuple((field.strip() if header else "") or f"x{position}" for position, field in enumerate(fields))
    broken = any("\n" in field or "\r" in field for field in fields)
    return Dialect(names, delimiter, header, skip, _line_end(head) if broken else None)


def _first_record(head: str, delimiter: str, label: str) -> tuple[int, list[str]]:
    """Return how many empty lines come first, and the fields of the first record."""
    lines = io.StringIO(head, newline="")
    try:
        with _long_fields():
            for position, fields in enumerate(csv.reader(lines, delimiter=delimiter)):
                if fields and len(head) == lines.tell() == _HEAD:
                    raise SourceError(f"the first line of {label} does not end within {_HEAD:,} characters: shorten it")
                if fields:
                    return position, fields
    except csv.Error as error:
        raise SourceError(f"{label} is not delimited text ({error}): check that it is a CSV or TSV file") from error
    raise EmptyTableError(f"{label} is empty: give a table with a header and at least one row")


@contextmanager
def _long_fields() -> Iterator[None]:
    with _FIELD_LIMIT:
        usual = csv.field_size_limit(_HEAD)
        try:
            yield
        finally:
            csv.field_size_limit(usual)


def _line_end(head: str) -> str | None:
    """Return what ends the first record, which has line ends between quotes too."""
    text = head.lstrip("\r\n")
    quoted = False
    for position, character in enumerate(text):
        quoted ^= character == '"'
        if not quoted and character in "\r\n":
            return "\r\n" if text.startswith("\r\n", position) else character
    return None


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _narrowest(key: str) -> str:
    """Return the SQL expression that says which of `_EXACT` holds all values of a column of text."""
    digits = f"regexp_full_match({key}, '\\s*[+-]?[0-9]+\\s*')"
    whole = f"count({key}) = count(case when {digits} then try_cast({key} as bigint) end)"
    return f"case when {whole} then 0 when count({key}) = count(try_cast({key} as double)) then 1 else 2 end"


class DelimitedPart:
    """A CSV or TSV file, plain or compressed by gzip."""

    n_rows: int | None = None

    def __init__(self, file: Path, label: str, *, tabs: bool = False) -> None:
        self.label = label
        self._file = file
        self._dialect = read_dialect(file, label, tabs=tabs)
        # DuckDB compares names without case; ours may differ in case only, or repeat.
        self._keys = [f"c{position}" for position in range(len(self._dialect.names))]
        self._key_of = dict(zip(self._dialect.names, self._keys, strict=True))
        self.schema, self.empty = self._detect()

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the numeric columns `names`, in that order."""
        yield from self._read(names, dict.fromkeys(names, "DOUBLE"))

    def table_schema(self, used: Sequence[str]) -> "pa.Schema":
        """Return the schema of what `tables` yields for the same `used`."""
        pa = need("pyarrow", "reading CSV")
        arrow = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "VARCHAR": pa.string()}
        return pa.schema([(name, arrow[self._carried_types[name]]) for name in self._dialect.names])

    def tables(self, used: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield all columns; those in `used` hold numbers."""
        types = self._carried_types
        for name in used:
            if types[name] == "VARCHAR":
                deque(self.batches([name]), maxlen=0)  # Raises at the value that is not a number.
        names = self._dialect.names
        texts = [name for name in names if types[name] == "VARCHAR"]
        numbers = [name for name in names if types[name] != "VARCHAR"]
        if not texts:
            yield from self._read(numbers, types)
            return
        # Two readers side by side: what is a missing number may be a word in a text.
        size = rows_per_block(len(names))
        for parts in zip(cut(self._read(texts, types), size), cut(self._read(numbers, types), size), strict=True):
            columns = [parts[types[name] != "VARCHAR"].column(name) for name in names]
            yield from need("pyarrow", "reading CSV").table(columns, names=names).combine_chunks().to_batches()

    def _read(self, names: Sequence[str], types: Mapping[str, str]) -> Iterator["pa.RecordBatch"]:
        """Yield columns as numbers where missing values are null, or as text exactly as it is written."""
        keys = [self._key_of[name] for name in names]
        scan = self._scan(self._column_types({self._key_of[name]: kind for name, kind in types.items()}))
        if types[names[0]] == "VARCHAR":
            scan = self._scan_as_text()
        with self._session() as connection:
            query = f"select {', '.join(keys)} from {scan}"
            yield from duck.stream(connection, query, names, rows_per_block(len(names)))

    def _detect(self) -> "tuple[pa.Schema, bool]":
        """Return the types that the first rows suggest, and whether there are no rows."""
        options = f"names=[{', '.join(map(duck.text, self._keys))}], sample_size={_SAMPLE}"
        try:
            with duck.session(self.label) as connection:
                head = connection.sql(f"select * from {self._scan(options)} limit 1").to_arrow_table()
        except SourceError:
            # The sniffer only says that it fails; reading everything as text says on which line and why.
            self._read_as_text()
            raise
        return head.rename_columns(list(self._dialect.names)).schema, head.num_rows == 0

    def _read_as_text(self) -> None:
        counts = ", ".join(f"count({key})" for key in self._keys)
        with self._session() as connection:
            connection.sql(f"select {counts} from {self._scan_as_text()}").fetchall()

    @cached_property
    def _carried_types(self) -> Mapping[str, str]:
        """How each column is carried into `tables`: found by reading the file once.

        Text, dates and true/false stay the text they are in the file; numbers are integers when all of them are.
        """
        types = dict.fromkeys(self._dialect.names, "VARCHAR")
        numeric = [field.name for field in self.schema if kind_of(field.type) in NUMERIC_KINDS]
        keys = [self._key_of[name] for name in numeric]
        scan = self._scan(self._column_types({}))
        with self._session() as connection:
            kinds = self._exact_kinds(connection, scan, keys) if keys else []
        return types | {name: _EXACT[kind] for name, kind in zip(numeric, kinds, strict=True)}

    def _exact_kinds(self, connection: Any, scan: str, keys: Sequence[str]) -> Sequence[int]:
        """Return for each of some columns which of `_EXACT` is the narrowest that holds all its values."""
        if len(keys) <= _TESTED:
            tests = ", ".join(_narrowest(key) for key in keys)
            few: Sequence[int] = connection.sql(f"select {tests} from {scan}").fetchall()[0]
            return few
        # As one column of values beside the numbers of theirs, as a test for each of thousands of columns is slow.
        pa = need("pyarrow", "reading CSV")
        kinds = np.zeros(len(keys), int)
        tester = connection.cursor()
        pieces = duck.stream(connection, f"select {', '.join(keys)} from {scan}", keys, _TESTED_VALUES // len(keys) + 1)
        for piece in pieces:
            numbers = pa.array(np.repeat(np.arange(len(keys)), piece.num_rows))
            table = tester.from_arrow(pa.table({"n": numbers, "v": pa.concat_arrays(piece.columns)}))
            found = table.aggregate(f"n, {_narrowest('v')} as kind", "n").fetchnumpy()
            np.maximum.at(kinds, found["n"], found["kind"])
        exact: list[int] = kinds.tolist()
        return exact

    def _scan_as_text(self) -> str:
        """Return the table function call that reads every column exactly as it is written."""
        as_is = f"force_not_null=[{', '.join(map(duck.text, self._keys))}]"
        return self._scan(f"{self._column_types({})}, {as_is}", missing=("",))

    def _column_types(self, types: Mapping[str, str]) -> str:
        """Return the options that fix every type, text unless told."""
        columns = ", ".join(f"{key}: '{types.get(key, 'VARCHAR')}'" for key in self._keys)
        return f"auto_detect=false, columns={{{columns}}}"

    def _scan(self, options: str, missing: Sequence[str] = _MISSING) -> str:
        layout = self._dialect
        compression = "gzip" if is_gzip(self._file) else "none"
        if layout.new_line is not None:
            options = f"new_line={duck.text(_ESCAPED[layout.new_line])}, {options}"
        return (
            f"read_csv({duck.path(self._file)}, delim={duck.text(layout.delimiter)}, quote='\"', escape='\"', "
            f"comment='', header={str(layout.header).lower()}, skip={layout.skip}, "
            f"nullstr=[{', '.join(map(duck.text, missing))}], compression='{compression}', hive_partitioning=false, "
            f"{options})"
        )

    @contextmanager
    def _session(self) -> Iterator[Any]:
        try:
            with duck.session(self.label) as connection:
                yield connection
        except SourceError as error:
            raise self._explained(str(error.__cause__)) or error from error.__cause__

    def _explained(self, message: str) -> ColumnError | SourceError | None:
        """Turn DuckDB's page about a bad line into one sentence, None for errors of another kind."""
        line = re.search(r"CSV Error on Line: (\d+)", message)
        where = f"line {line[1]} of {self.label}" if line else self.label
        value = re.search(r'converting column "c(\d+)"\. Could not convert string "(.*?)" to', message, re.DOTALL)
        if value:
            name = self._dialect.names[int(value[1])]
            return ColumnError(
                f"column {name!r} holds {value[2]!r} in {where}, where the column has numbers so far: "
                "correct the value, or leave the column out with drop="
            )
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
