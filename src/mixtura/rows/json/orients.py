"""Tables that are one JSON object, as pandas and others write them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Table = tuple[Iterable[dict[str, Any]], str]


def table_of(document: Mapping[str, Any]) -> Table | None:
    """Return the records of a document, and what is said of how it is read; None if it is no table of these forms.

    Examples
    --------
    >>> records, note = table_of({"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}})
    >>> list(records), note
    ([{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y'}], 'The keys of the document are its columns.')
    """
    return _with_schema(document) or _split(document) or _of_lists(document) or _of_objects(document)


def _with_schema(document: Mapping[str, Any]) -> Table | None:
    """Return the table of ``orient="table"``: records beside a schema."""
    schema, data = document.get("schema"), document.get("data", [])
    if not (isinstance(schema, dict) and isinstance(schema.get("fields"), list) and _are(dict, data)):
        return None
    keys = schema.get("primaryKey", [])
    index = [record.get("index") for record in data] if keys == ["index"] else []
    without = {"index"} if index == list(range(len(data))) else set()
    records = [{key: value for key, value in record.items() if key not in without} for record in data]
    return records, "The records beside the schema are read."


def _split(document: Mapping[str, Any]) -> Table | None:
    """Return the table of ``orient="split"``: names, labels of rows, and rows."""
    columns, data = document.get("columns"), document.get("data", [])
    if not (isinstance(columns, list) and _are(list, data) and all(len(row) == len(columns) for row in data)):
        return None
    names = [".".join(map(str, name)) if isinstance(name, list) else str(name) for name in columns]
    index = document.get("index") or []
    labels = index if isinstance(index, list) and len(index) == len(data) else []
    return _records(names, labels, data), "The document has columns and rows."


def _of_lists(document: Mapping[str, Any]) -> Table | None:
    """Return the table of an object that has a list for each column."""
    columns = list(document.values())
    if not (_are(list, columns) and columns[0] and len({len(column) for column in columns}) == 1):
        return None
    if any(isinstance(cell, dict) for column in columns for cell in column):
        return None
    return _records(list(document), [], zip(*columns, strict=True)), "The keys of the document are its columns."


def _of_objects(document: Mapping[str, Any]) -> Table | None:
    """Return the table of ``orient="columns"`` or ``"index"``: an object for each column, or for each row."""
    values = list(document.values())
    if not (_are(dict, values) and values[0] and all(value.keys() == values[0].keys() for value in values)):
        return None
    outer, inner = list(document), list(values[0])
    if any(isinstance(cell, dict) for value in values for cell in value.values()):
        return None
    if len(values) == 1 and not _are_positions(inner):
        return None
    rows = [[value[label] for value in values] for label in inner]
    # What is of one column is of one type; a table has more rows than columns.
    unlike_as_columns = sum(_are_mixed(value.values()) for value in values), len(outer)
    unlike_as_rows = sum(map(_are_mixed, rows)), len(inner)
    if _are_positions(inner) or (not _are_positions(outer) and unlike_as_columns <= unlike_as_rows):
        return _records(outer, inner, rows), "The keys of the document are its columns."
    return _records(inner, outer, [[*value.values()] for value in values]), "The keys of the document are its rows."


def _are(kind: type, values: Any) -> bool:
    return isinstance(values, list) and len(values) > 0 and all(isinstance(value, kind) for value in values)


def _are_positions(labels: Sequence[Any]) -> bool:
    return [str(label) for label in labels] == [str(position) for position in range(len(labels))]


def _are_mixed(cells: Iterable[Any]) -> bool:
    kinds = {float if type(cell) is int else type(cell) for cell in cells if cell is not None}
    return len(kinds) > 1


def _records(names: Sequence[str], labels: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Yield rows as records, their labels in a column of their own unless they are positions."""
    if not labels or _are_positions(labels):
        yield from (dict(zip(names, row, strict=True)) for row in rows)
        return
    index = "index"
    while index in names:
        index += "_"
    for label, row in zip(labels, rows, strict=True):
        yield {index: label, **dict(zip(names, row, strict=True))}
