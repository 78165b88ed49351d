"""JSON records, one a line or in an array, read by DuckDB; objects in them are opened, lists are text."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import EmptyTableError, SourceError
from ...optional import need
from .. import duck
from ..blocks.block import rows_per_block
from .documents import as_records
from .nesting import noted
from .values import Leaf, Values

if TYPE_CHECKING:
    import pyarrow as pa

# Whole numbers of so many digits may not be among the doubles; those behind a point are fractions.
_LONG = r"[^.\d]\d{16,}"

# Records whose keys give the columns their order; keys that come later come last.
_FIRST = 1000

_ARROW = {
    "NULL": "null",
    "BIGINT": "int64",
    "UBIGINT": "uint64",
    "DOUBLE": "float64",
    "BOOLEAN": "bool_",
    "VARCHAR": "string",
}


class JsonPart:
    """A JSON file: records, or a document that is a table in another way.

    All of it is read once at the start to find the type of every column: going by a sample, a column would pass for
    whole numbers, and the 1.5 that comes later would be rounded. What is of several types is text.

    Parameters
    ----------
    file : Path
        The file.
    label : str
        What messages call it.
    inside : str, optional
        Key of the list of records, in a document that has several.
    """

    n_rows: int | None = None

    def __init__(self, file: Path, label: str, inside: str | None = None) -> None:
        self.label = label
        found = as_records(file, label, inside)
        self._scratch, self.notes = found.scratch, found.notes
        self._call = f"{duck.path(found.file)}, format='auto', compression='none'"
        leaves = self._exact(*self._values())
        pa = need("pyarrow", "reading JSON")
        self.schema = pa.schema([noted(pa.field(leaf.name, getattr(pa, _ARROW[leaf.type])()), leaf) for leaf in leaves])
        self._leaf_of = {leaf.name: leaf for leaf in leaves}
        # DuckDB knows no empty name, and takes names for the same that differ in case only.
        self._is_flat = all(len(leaf.keys) == 1 and leaf.name for leaf in leaves) and (
            len({leaf.name.lower() for leaf in leaves}) == len(leaves)
        )
        self.empty = False

    def batches(self, names: Sequence[str]) -> Iterator["pa.RecordBatch"]:
        """Yield the columns `names`, in that order."""
        pa = need("pyarrow", "reading JSON")
        leaves = [self._leaf_of[name] for name in names]
        schema = pa.schema([self.schema.field(name) for name in names])
        with duck.session(self.label) as connection:
            for batch in duck.stream(connection, self._query(leaves), names, rows_per_block(len(names))):
                columns = [
                    pa.nulls(batch.num_rows) if leaf.type == "NULL" else column
                    for leaf, column in zip(leaves, batch.columns, strict=True)
                ]
                yield pa.record_batch(columns, schema)

    def _query(self, leaves: Sequence[Leaf]) -> str:
        types = ["VARCHAR" if leaf.type == "NULL" else leaf.type for leaf in leaves]
        if self._is_flat:
            named = [(duck.name(leaf.name), kind) for leaf, kind in zip(leaves, types, strict=True)]
            told = ", ".join(f"{name}: '{kind}'" for name, kind in named)
            columns = ", ".join(name for name, _ in named)
            return f"select {columns} from read_json({self._call}, auto_detect=false, columns={{{told}}})"
        columns = ", ".join(f"cells[{at + 1}]::{kind}" for at, kind in enumerate(types))
        return f"select {columns} from ({self._cells(leaves)})"

    def _cells(self, leaves: Sequence[Leaf]) -> str:
        """Return a query for the values of some columns as one list of texts for each record."""
        pointers = ", ".join(duck.text(leaf.pointer) for leaf in leaves)
        return f"select json_extract_string(json, [{pointers}]) as cells from read_json_objects({self._call})"

    def _values(self) -> tuple[Values, bool]:
        """Return what values all records have, and whether there are long numbers among them."""
        records = f"read_json_objects({self._call})"
        structure = "json_structure(json)::varchar, len(json_keys(json))"
        values, any_long, n_kinds = Values(), False, 0
        with duck.session(self.label) as connection:
            for told, n_keys in connection.sql(f"select {structure} from {records} limit {_FIRST}").fetchall():
                self._include(values, json.loads(told), n_keys)
            kinds = connection.execute(
                f"select {structure}, regexp_matches(json, '{_LONG}') from {records} group by all"
            )
            while rows := kinds.fetchmany(_FIRST):
                n_kinds += len(rows)
                for told, n_keys, has_long in rows:
                    self._include(values, json.loads(told), n_keys)
                    any_long |= has_long
        if not n_kinds:
            raise EmptyTableError(f"{self.label} has no rows: give a table with at least one")
        return values, any_long

    def _include(self, values: Values, structure: Any, n_keys: int) -> None:
        if not isinstance(structure, dict) and structure != "JSON":
            raise SourceError(
                f"{self.label} does not hold records: write a JSON array of objects, or one object a line"
            )
        if n_keys > len(structure if isinstance(structure, dict) else {}):
            raise SourceError(f"{self.label} has a record with a duplicate key: give each value a key of its own")
        values.include(structure)

    def _exact(self, values: Values, any_long: bool) -> list[Leaf]:
        """Return the columns, those of numbers as text that no type of numbers holds exactly."""
        leaves = list(values.leaves())
        numbers = [leaf for leaf in leaves if leaf.type in ("BIGINT", "UBIGINT", "DOUBLE")]
        if not numbers:
            return leaves
        too_large = dict.fromkeys(numbers, False)
        if any_long:
            asked = ", ".join(_exceeding(f"cells[{at + 1}]", leaf) for at, leaf in enumerate(numbers))
            with duck.session(self.label) as connection:
                (found,) = connection.sql(f"select {asked} from ({self._cells(numbers)})").fetchall()
            too_large = dict(zip(numbers, found, strict=True))
        return [_holding(leaf, too_large[leaf]) if leaf in too_large else leaf for leaf in leaves]


def _exceeding(cell: str, leaf: Leaf) -> str:
    """Return a query whether any whole number of a column exceeds doubles, or signed integers where all are whole."""
    if leaf.type == "DOUBLE":
        return rf"bool_or(regexp_full_match({cell}, '-?\d{{16,}}') and abs({cell}::double) >= {2**53})"
    return f"max({cell}::hugeint) > {2**63 - 1}"


def _holding(leaf: Leaf, is_exceeded: bool) -> Leaf:
    """Return a column of numbers with a type that holds its values exactly."""
    if leaf.type == "DOUBLE":
        return replace(leaf, type="VARCHAR") if is_exceeded else leaf
    if not is_exceeded:
        return replace(leaf, type="BIGINT")
    return leaf if leaf.type == "UBIGINT" else replace(leaf, type="VARCHAR")
