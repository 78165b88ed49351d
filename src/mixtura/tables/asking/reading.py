"""How a table is to be read, where its files and cells do not say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ...columns.asked import ASKED
from ...errors import RequestError
from ...words import listing
from .spelling import Spell, in_python


@dataclass(frozen=True)
class Reading:
    """How a table is to be read.

    Attributes
    ----------
    kinds : mapping of str to str
        What columns are said to hold.
    missing : tuple of str
        Marks of missing values, besides those that are always taken for such.
    header : bool or None
        Whether the first record of delimited text holds the names of the columns; None to go by what it looks like.
    ragged : bool
        Whether rows of delimited text may have too few or too many fields.
    file_column : str or None
        Name of a column, behind all others, that says which file each row comes from.
    """

    kinds: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    missing: tuple[str, ...] = ()
    header: bool | None = None
    ragged: bool = False
    file_column: str | None = None


AS_FOUND = Reading()
"""A table is read as what it looks like, and its columns as what they are found to hold."""


def reading(
    kinds: Mapping[str, str] | None = None,
    missing: str | Sequence[str | float] | None = None,
    *,
    header: bool | None = None,
    ragged: bool = False,
    file_column: str | None = None,
    spell: Spell = in_python,
) -> Reading:
    """Return how a table is to be read, as keywords say; one mark may stand alone, and marks may be numbers.

    Raises
    ------
    RequestError
        There is no such kind.

    Examples
    --------
    >>> reading(missing=[-200, "n/m"]).missing, reading(missing="x").missing
    (('-200', 'n/m'), ('x',))
    """
    for name, kind in (kinds or {}).items():
        if kind not in ASKED:
            said = spell("as", (f"{name}={kind}",))
            raise RequestError(f"{said} is not a kind of column: the kinds are {listing(list(ASKED), 20)}")
    marks = [missing] if isinstance(missing, (str, int, float)) else missing or ()
    return Reading(dict(kinds or {}), tuple(str(mark) for mark in marks), header, ragged, file_column)
