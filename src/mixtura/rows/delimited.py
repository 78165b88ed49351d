"""Delimited text (CSV, TSV), read by DuckDB with a dialect that is ours to decide.

DuckDB's own guess takes a ragged file for one column of text, renames repeated columns, and reads 1.5 in a column
that began with whole numbers as 2. So the delimiter and the header are found in `dialect.py`; every column used is read
as floating-point numbers; and DuckDB only says which columns look like numbers.

A table is carried in exact types: a column of whole numbers stays one, and text stays as it is written. Only the last
value of a column tells. The first reading of the numbers finds it out beside its own work; where there was none, one
of the columns in doubt does.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ColumnError, SourceError
from . import duck
from .arrow import cut, kind_of
from .block import rows_per_block
from .columns import NUMERIC_KINDS
from .dialect import read_dialect
from ..optional import need
from .parts import is_gzip

if TYPE_CHECKING:
    import pyarrow as pa

# Besides an empty field; pandas reads the same as missing. NaN itself is a number to DuckDB and found later.
_MISSING = ("", "NA", "N/A", "n/a", "NULL", "null", "None", "<NA>", "#N/A")

# How many of them DuckDB looks at to see which columns hold numbers; its default. A later value that does not fit
# is an error that names its line.
_SAMPLE = 20480

# How DuckDB wants the ends of lines written.
_ESCAPED = {"\n": "\\n", "\r": "\\r", "\r\n": "\\r\\n"}

# Columns that are converted in one query: DuckDB keeps vectors for every expression of a query, gigabytes of them for
# thousands of columns.
_CONVERTED = 256

# Values whose types are looked at together in a wider table.
_TESTED_VALUES = 2**21

# The types that columns are carried in, the narrowest first.
_EXACT = ("BIGINT", "DOUBLE", "VARCHAR")


def _narrowest(key: str) -> str:
    """Return the SQL expression that says which of `_EXACT` is the narrowest that holds a value; null fits all."""
    # As DuckDB writes it, most of all; the pattern is slow.
    as_written = f"cast(try_cast({key} as bigint) as varchar) = {key}"
    whole = f"regexp_full_match({key}, '\\s*[+-]?[0-9]+\\s*') and try_cast({key} as bigint) is not null"
    return (
        f"case when {key} is null or {as_written} or ({whole}) then 0 "
        f"when try_cast({key} as double) is not null then 1 else 2 end"
    )


def _converted(key: str, kind: str) -> str:
    """Return the SQL expression for text as it is written, or as a number, null where that is missing."""
    if kind == "VARCHAR":
        return key
    words = ", ".join(map(duck.text, _MISSING))
    # What no number is may be missing, or an error.
    return f"coalesce(try_cast({key} as {kind}), case when {key} in ({words}) then null else cast({key} as {kind}) end)"


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
        # Which of `_EXACT` holds all values of a column that looks like whole numbers, or that is not used.
        self._known: dict[str, str] = {}

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the numeric columns `names`, in that order."""
        doubtful = self._doubtful(names)
        if not 0 < len(doubtful) <= _CONVERTED:
            yield from self._numbers(names, dict.fromkeys(names, "DOUBLE"))
            return
        # Beside the numbers, the kinds of columns that are in doubt; those are read as text.
        types = {self._key_of[name]: "DOUBLE" for name in names if name not in doubtful}
        keys = [self._key_of[name] for name in names]
        numbers = [key if key in types else f"cast({key} as double)" for key in keys]
        kinds = [_narrowest(self._key_of[name]) for name in doubtful]
        found = np.zeros(len(doubtful), int)
        query = f"select {', '.join([*numbers, *kinds])} from {self._scan(self._column_types(types))}"
        for batch in self._queried(query, [*names, *(f"kind {name}" for name in doubtful)], names):
            for position in range(len(doubtful)):
                found[position] = max(found[position], batch.column(len(names) + position).to_numpy().max())
            yield batch.select(range(len(names)))
        self._know(doubtful, found.tolist())

    def table_schema(self, used: Sequence[str]) -> "pa.Schema":
        """Return the schema of what `tables` yields for the same `used`."""
        pa = need("pyarrow", "reading CSV")
        arrow = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "VARCHAR": pa.string()}
        types = self._carried_types(used)
        return pa.schema([(name, arrow[types[name]]) for name in self._dialect.names])

    def tables(self, used: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield all columns; those in `used` hold numbers."""
        types = self._carried_types(used)
        for name in used:
            if types[name] == "VARCHAR":
                self._fail([name])
        names = self._dialect.names
        texts = [name for name in names if types[name] == "VARCHAR"]
        numbers = [name for name in names if types[name] != "VARCHAR"]
        if not texts:
            yield from self._numbers(names, types)
        elif len(numbers) <= _CONVERTED:
            expressions = ", ".join(_converted(self._key_of[name], types[name]) for name in names)
            yield from self._queried(f"select {expressions} from {self._scan_as_text()}", names, numbers)
        else:
            yield from self._side_by_side(texts, numbers, types)

    def _side_by_side(
        self, texts: Sequence[str], numbers: Sequence[str], types: Mapping[str, str]
    ) -> Iterator["pa.RecordBatch"]:
        """Yield all columns by two readers, as DuckDB reads no text as it is written beside missing numbers."""
        names, size = self._dialect.names, rows_per_block(len(self._dialect.names))
        keys = ", ".join(self._key_of[name] for name in texts)
        written = self._queried(f"select {keys} from {self._scan_as_text()}", texts, ())
        for parts in zip(cut(written, size), cut(self._numbers(numbers, types), size), strict=True):
            columns = [parts[types[name] != "VARCHAR"].column(name) for name in names]
            yield from need("pyarrow", "reading CSV").table(columns, names=names).combine_chunks().to_batches()

    def _numbers(self, names: Sequence[str], types: Mapping[str, str]) -> Iterator["pa.RecordBatch"]:
        """Yield columns as numbers of some types, null where they are missing; an error names its line."""
        keys = [self._key_of[name] for name in names]
        scan = self._scan(self._column_types({self._key_of[name]: kind for name, kind in types.items()}))
        with self._session() as connection:
            query = f"select {', '.join(keys)} from {scan}"
            yield from duck.stream(connection, query, names, rows_per_block(len(names)))

    def _queried(self, query: str, columns: Sequence[str], numbers: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield what a query gives, whose conversions fail where a column of `numbers` does not hold one."""
        try:
            with self._session() as connection:
                yield from duck.stream(connection, query, columns, rows_per_block(len(columns)))
        except SourceError:
            self._fail(numbers)
            raise

    def _fail(self, names: Sequence[str]) -> None:
        """Raise at the first value that is no number in some columns, if there is one: reading numbers says where."""
        if names:
            deque(self._numbers(names, dict.fromkeys(names, "DOUBLE")), maxlen=0)

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

    def _carried_types(self, used: Sequence[str]) -> dict[str, str]:
        """Return how each column is carried into `tables`, when those in `used` hold numbers.

        Text, dates and true/false stay the text they are in the file; numbers are integers when all of them are.
        """
        doubtful = self._doubtful(used)
        if doubtful:
            self._know(doubtful, self._exact_kinds([self._key_of[name] for name in doubtful]))
        return {**dict.fromkeys(self._dialect.names, "VARCHAR"), **dict.fromkeys(used, "DOUBLE"), **self._known}

    def _doubtful(self, used: Sequence[str]) -> list[str]:
        """Return the columns of which it is not known how they are carried, when those in `used` hold numbers."""
        pa = need("pyarrow", "reading CSV")
        return [
            field.name
            for field in self.schema
            # What is used and has a fraction among the first rows is a number, or an error.
            if kind_of(field.type) in NUMERIC_KINDS and not (field.name in used and pa.types.is_floating(field.type))
            if field.name not in self._known
        ]

    def _know(self, names: Sequence[str], kinds: Sequence[int]) -> None:
        self._known |= {name: _EXACT[kind] for name, kind in zip(names, kinds, strict=True)}

    def _exact_kinds(self, keys: Sequence[str]) -> Sequence[int]:
        """Return for each of some columns which of `_EXACT` is the narrowest that holds all its values."""
        scan = self._scan(self._column_types({}))
        with self._session() as connection:
            if len(keys) <= _CONVERTED:
                largest = ", ".join(f"max({_narrowest(key)})" for key in keys)
                few: Sequence[int] = connection.sql(f"select {largest} from {scan}").fetchall()[0]
                return few
            # As one column of values beside the numbers of theirs, as a test for each of thousands of columns is slow.
            pa = need("pyarrow", "reading CSV")
            kinds = np.zeros(len(keys), int)
            tester = connection.cursor()
            query = f"select {', '.join(keys)} from {scan}"
            for piece in duck.stream(connection, query, keys, _TESTED_VALUES // len(keys) + 1):
                numbers = pa.array(np.repeat(np.arange(len(keys)), piece.num_rows))
                table = tester.from_arrow(pa.table({"n": numbers, "v": pa.concat_arrays(piece.columns)}))
                found = table.aggregate(f"n, max({_narrowest('v')}) as kind", "n").fetchnumpy()
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
