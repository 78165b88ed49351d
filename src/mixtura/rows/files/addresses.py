"""Where a table lies: a file, a pattern, a folder or an address on the network; its name, where a file has several."""

import os
import re
from dataclasses import dataclass

from ..disk.whole import expanded

_BETWEEN = "::"

# Which DuckDB reads, or a local file; a scheme of one letter is a drive.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.I)


@dataclass(frozen=True)
class Address:
    """Where a table lies.

    Attributes
    ----------
    place : str
        A file, a pattern, a folder or an address on the network.
    inside : str or None
        The name of the table in a file that holds several.
    """

    place: str
    inside: str | None = None


def address_of(source: str | os.PathLike[str]) -> Address:
    """Return what a source means: ``book.xlsx::Sheet`` is the table ``Sheet`` in ``book.xlsx``.

    It means a file of that whole name if there is one.

    Examples
    --------
    >>> address_of("book.xlsx::Sheet 1"), address_of("t.csv")
    (Address(place='book.xlsx', inside='Sheet 1'), Address(place='t.csv', inside=None))
    """
    given = os.fspath(source)
    first = given.find(_BETWEEN)
    if first < 1 or (not is_url(given) and _is_there(given)):
        return Address(given)
    at = first
    while at > 0:
        if _is_there(given[:at]):
            return Address(given[:at], given[at + len(_BETWEEN) :])
        at = given.find(_BETWEEN, at + 1)
    return Address(given[:first], given[first + len(_BETWEEN) :])


def is_url(source: str | os.PathLike[str]) -> bool:
    """Tell whether a source lies on the network, by what it begins with.

    Examples
    --------
    >>> is_url("https://example.org/t.csv"), is_url("s3://bucket/t.parquet"), is_url("s3:t.csv")
    (True, True, False)
    """
    return _SCHEME.match(os.fspath(source)) is not None


def _is_there(name: str) -> bool:
    return "\0" not in name and os.path.lexists(expanded(name))
