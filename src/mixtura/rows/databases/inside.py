"""Which of the tables in a database is meant."""

import difflib
from collections.abc import Sequence

from ...errors import SourceError
from ...words import listing


def chosen_table(tables: Sequence[str], inside: str | None, label: str) -> str:
    """Return the name of the table that is read: the one that is asked for, or the only one.

    Parameters
    ----------
    tables : sequence of str
        Names of the tables and views that there are.
    inside : str or None
        The name that is asked for; letters may be capital or not, as in SQL.
    label : str
        What messages call the database.

    Raises
    ------
    SourceError
        There is no such table, or no name is given where there are several.
    """
    if inside is None and len(tables) == 1:
        return tables[0]
    if not tables:
        raise SourceError(f"{label} has no tables: name another file")
    listed = listing([repr(name) for name in tables], 20)
    if inside is None:
        raise SourceError(f"{label} holds several tables: name one as {label}::{tables[0]} (there are {listed})")
    alike = [name for name in tables if name == inside] or [name for name in tables if name.lower() == inside.lower()]
    if len(alike) == 1:
        return alike[0]
    close = difflib.get_close_matches(inside, tables, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise SourceError(f"{label} has no table {inside!r}: {hint}the tables are {listed}")
