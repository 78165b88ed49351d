"""What a finding is."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...words import listing, visible

# Names that a sentence lists.
_NAMES = 4


@dataclass(frozen=True)
class Advice:
    """What to do about a finding.

    Attributes
    ----------
    text : str
        What to do, with ``{}`` where the option stands that does it.
    option : str or None
        The name of that option: "missing", "drop" or "as".
    values : tuple of str
        What it is given.
    """

    text: str
    option: str | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What deserves attention in a table.

    Attributes
    ----------
    name : str
        What sort of finding it is, such as "mark of missing values".
    what : str
        A sentence.
    columns : tuple of str
        The columns that it is about, at most a hundred.
    rows : tuple of int
        Some of the rows, from 1.
    n : int
        How many cells, rows, levels or columns are concerned.
    advice : Advice
        What to do.
    changes_answer : bool
        Whether groups and anomalies come out otherwise where nothing is done.
    """

    name: str
    what: str
    columns: tuple[str, ...]
    rows: tuple[int, ...]
    n: int
    advice: Advice
    changes_answer: bool = False


def named(names: Sequence[str], most: int = _NAMES) -> str:
    """Return names of columns for a sentence.

    Examples
    --------
    >>> named(["a"]), named(list("abcdef"))
    ('a', 'a, b, c, d and 2 more')
    """
    return listing([cut(name) for name in names], most)


def cut(text: str, longest: int = 40) -> str:
    """Return a text of a table for a sentence."""
    text = visible(text)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
