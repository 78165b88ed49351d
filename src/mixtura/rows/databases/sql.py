"""DuckDB queries: run once, the result kept on disk and read from there in every pass."""

import glob
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ...errors import SourceError
from .. import duck
from ..columnar.files import FileTable
from ..columnar.scans import ParquetPart
from ..disk.scratch import Scratch
from ..disk.watch import Watch

_LABEL = "the query"

# The first word after white space and comments, then something that cannot be part of a file name's stem alone.
_QUERY = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:select|with|from|values)(?:[\s('\"*]|/\*|--)", re.I | re.S)


def is_query(source: str) -> bool:
    """Tell whether a string is a query: its first word is select, with, from or values, and more follows.

    It is none where there is a file of that name. What a shell makes of ``*`` are names of files, which others may have
    chosen: a name never becomes a query.

    Examples
    --------
    >>> is_query("SELECT * FROM 'data.csv'"), is_query("values (1, 2)"), is_query("select.csv")
    (True, True, False)
    """
    return _QUERY.match(source) is not None and not os.path.lexists(source)


def open_query(query: str) -> FileTable:
    """Run a query and open its result.

    The result goes to a temporary Parquet file, so that every pass sees the same rows in the same order, also where
    the query itself promises no order.
    """
    scratch = Scratch()
    file = scratch.folder / "query.parquet"
    # DuckDB plans a query first and reads its files later.
    watch = Watch(_existing(files_in(query)))
    with watch.reading(), duck.session(_LABEL, scratch=scratch.folder) as connection:
        statements = connection.extract_statements(query)
        if len(statements) != 1 or statements[0].type.name != "SELECT":
            raise SourceError("the query must be one statement that returns a table: write one SELECT")
        result = connection.sql(query)
        names = result.columns
        # DuckDB would rename columns in Parquet whose names repeat or differ in case only.
        result.project(", ".join(f"#{position + 1} as c{position}" for position in range(len(names)))).write_parquet(
            str(file)
        )
    return FileTable([ParquetPart(file, _LABEL, names)], _LABEL, scratch)


def _existing(names: Sequence[str]) -> list[Path]:
    """Return the files that there are of some names and patterns."""
    paths = [os.path.expanduser(name) for name in names if "\0" not in name]
    matches = [path for name in paths for path in ([name] if os.path.exists(name) else glob.glob(name, recursive=True))]
    return [Path(path) for path in matches if os.path.isfile(path)]


def files_in(query: str) -> list[str]:
    """Return the files and patterns that a query names as its tables, as they are written there."""
    with duck.session(_LABEL) as connection:
        # DuckDB's own parser, as quotes may be doubled, escaped, or dollars.
        parsed = connection.execute("select json_serialize_sql(?)", [query]).fetchall()[0][0]
    tree = json.loads(parsed)
    if tree.get("error"):  # a statement without a tree, or none at all
        return [single or double for single, double in re.findall(r"'([^']*)'|\"([^\"]*)\"", query)]
    return list(_named(tree, within=False))


def _named(node: Any, *, within: bool) -> Iterator[str]:
    """Yield names of tables, and `within` a function that gives a table the texts that it is called with."""
    if isinstance(node, list):
        for item in node:
            yield from _named(item, within=within)
    elif isinstance(node, dict):
        for key, item in node.items():
            if isinstance(item, str) and key in (("text", "value") if within else ("table_name",)):
                yield item
            yield from _named(item, within=within or node.get("type") == "TABLE_FUNCTION")
