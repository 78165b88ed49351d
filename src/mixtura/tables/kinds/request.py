"""What is asked of a model of a table, checked before any work begins."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import RequestError
from ..asking.reading import AS_FOUND, Reading
from ..asking.spelling import Spell, in_python
from . import KINDS, MIXTURES, Kind, kind_named
from .listed import DEFAULT, DEFAULT_WITH_COMPONENTS

# Written out: asking the library would import it, and what only checks a request would take seconds.
SEARCHED = ("full", "tied", "diag", "spherical")
SHAPES = (*SEARCHED, "factor")

# One count beyond which a search is a mistake in typing, not a wish.
_MOST_COMPONENTS = 1000

# How counts and shapes can be asked for: as text such as "1-9" or "full,diag", or as values.
Components = str | int | Iterable[int] | None
Shape = str | Sequence[str] | None


@dataclass(frozen=True)
class Request:
    """What is asked of a model of a table.

    Attributes
    ----------
    source : object
        The table.
    columns, drop : list of str or None
        Columns to use, or not to use.
    kind : Kind
        Kind of model.
    counts : list of int or None
        Numbers of components to try, in increasing order.
    shapes : list of str
        Covariance shapes to try.
    n_factors : int
        Number of factors, for the shape factor.
    seed : int
        Seed of the random starts.
    merge : bool
        Whether components are merged into clusters.
    n_clusters : int or None
        Into how many; None for as many as the rows tell apart.
    reading : Reading
        How the columns of the table are to be read.
    by : tuple of str
        Columns that say which segment a row is of; none where all rows are judged together.
    """

    source: Any
    columns: list[str] | None
    drop: list[str] | None
    kind: Kind
    counts: list[int] | None
    shapes: list[str]
    n_factors: int
    seed: int
    merge: bool = False
    n_clusters: int | None = None
    reading: Reading = AS_FOUND
    by: tuple[str, ...] = ()


def request(
    source: Any,
    *,
    columns: Sequence[str] | None,
    drop: Sequence[str] | None,
    model: str | None,
    components: Components,
    shape: Shape,
    seed: int,
    factors: int | None = None,
    kinds: tuple[Kind, ...] = KINDS,
    merge: bool = False,
    clusters: int | None = None,
    reading: Reading = AS_FOUND,
    by: str | Sequence[str] | None = None,
    spell: Spell = in_python,
) -> Request:
    """Return the request that keywords mean.

    Raises
    ------
    RequestError
        One of them does not mean anything.
    """
    check_seed(seed, spell)
    check_columns(columns, drop, spell)
    kind = kind_from(model, components=components, shape=shape, kinds=kinds, spell=spell)
    counts = counts_from(components, spell)
    shapes = shapes_from(shape, spell)
    n_factors = factors_from(factors, shapes, spell)
    kind.check(counts, None if shape is None else shapes, spell)
    if clusters is not None and clusters < 1:
        raise RequestError(f"{spell('clusters')} is {clusters}: write a number from 1 to that of the components")
    segments = tuple(dict.fromkeys(names(by) or ()))
    if segments and not kind.judges_within:
        raise RequestError(f"{spell('by')} needs {spell('model', DEFAULT.name)}, not {kind.name}")
    other = next((name for name in segments if reading.kinds.get(name, "category") not in ("category", "flag")), None)
    if other is not None:
        said = spell("as", (f"{other}={reading.kinds[other]}",))
        raise RequestError(f"{spell('by', other)} takes every value of the column as a segment: leave out {said}")
    dropped = [name for name in segments if name in (names(drop) or ())]
    if dropped:
        raise RequestError(
            f"{spell('by', dropped[0])} and {spell('drop')} contradict each other: take the column out of one"
        )
    used = names(columns)
    if used is not None:
        used += [name for name in segments if name not in used]
    return Request(
        source=source,
        columns=used,
        drop=names(drop),
        kind=kind,
        counts=counts,
        shapes=shapes,
        n_factors=n_factors,
        seed=seed,
        merge=merge or clusters is not None,
        n_clusters=clusters,
        # Whatever they hold, numbers too, their values are levels.
        reading=replace(reading, kinds=dict.fromkeys(segments, "category") | dict(reading.kinds))
        if segments
        else reading,
        by=segments,
    )


def _several(asked: int | Iterable[int]) -> Iterable[int]:
    return asked if isinstance(asked, Iterable) else [asked]


def check_columns(columns: Sequence[str] | None, drop: Sequence[str] | None, spell: Spell = in_python) -> None:
    """Refuse columns both to use and not to use."""
    if columns and drop:
        raise RequestError(
            f"{spell('columns')} and {spell('drop')} exclude each other: name the columns to use, or the columns to "
            "leave out"
        )


def names(columns: str | Sequence[str] | None) -> list[str] | None:
    """Return names of columns as a list; one name may stand alone."""
    if columns is None:
        return None
    return [columns] if isinstance(columns, str) else [str(name) for name in columns]


def counts_from(asked: Components, spell: Spell = in_python) -> list[int] | None:
    """Return the numbers of components meant, in increasing order, None when none are.

    Examples
    --------
    >>> counts_from("8,2-4,3"), counts_from(3), counts_from(range(1, 4))
    ([2, 3, 4, 8], [3], [1, 2, 3])
    """
    if asked is None:
        return None
    counts: set[int] = set()
    text = asked if isinstance(asked, str) else ",".join(map(str, _several(asked)))
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", part)
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= low <= high <= _MOST_COMPONENTS:
            raise RequestError(
                f"{spell('components')} is {text!r}: write counts from 1 to {_MOST_COMPONENTS} as in 3, 2,4,8 or 1-12"
            )
        counts.update(range(low, high + 1))
    return sorted(counts)


def shapes_from(asked: Shape, spell: Spell = in_python) -> list[str]:
    """Return the covariance shapes meant; where none are named, those that need no number of factors.

    Examples
    --------
    >>> shapes_from("diag, full"), shapes_from(["tied"])
    (['diag', 'full'], ['tied'])
    """
    if asked is None:
        return list(SEARCHED)
    shapes = [part.strip().lower() for part in (asked.split(",") if isinstance(asked, str) else asked)]
    wrong = [shape for shape in shapes if shape not in SHAPES]
    if wrong:
        raise RequestError(f"{spell('shape')} has {wrong[0]!r}: write some of {', '.join(SHAPES)}")
    return list(dict.fromkeys(shapes))


def factors_from(number: int | None, shapes: Sequence[str], spell: Spell = in_python) -> int:
    """Return the number of factors meant, one when there is no number.

    Examples
    --------
    >>> factors_from(None, ["full"]), factors_from(5, ["full", "factor"])
    (1, 5)
    """
    if number is None:
        return 1
    if "factor" not in shapes:
        raise RequestError(f"{spell('factors')} needs {spell('shape', 'factor')}")
    if number < 1:
        raise RequestError(f"{spell('factors')} is {number}: write a whole number from 1")
    return number


def kind_from(
    text: str | None,
    *,
    components: Components,
    shape: Shape,
    kinds: tuple[Kind, ...] = KINDS,
    spell: Spell = in_python,
) -> Kind:
    """Return the kind of model meant.

    Examples
    --------
    >>> kind_from(None, components=None, shape=None).name, kind_from(None, components="1-9", shape=None).name
    ('auto', 'mixture')
    """
    asked = [name for name, value in (("components", components), ("shape", shape)) if value is not None]
    if text is None:
        return DEFAULT_WITH_COMPONENTS if asked else DEFAULT
    kind = kind_named(text, kinds)
    if kind is None:
        raise RequestError(f"{spell('model')} is {text!r}: the kinds are {', '.join(k.name for k in kinds)}")
    if asked and not kind.has_components:
        mixtures = [spell("model", MIXTURES[0].name), *(k.name for k in MIXTURES[1:])]
        raise RequestError(f"{spell(asked[0])} needs {' or '.join(mixtures)}, not {text}")
    return kind


def check_seed(seed: int, spell: Spell = in_python) -> None:
    """Refuse a seed that NumPy would refuse."""
    if not 0 <= seed < 2**32:
        raise RequestError(f"{spell('seed')} is {seed}: write a whole number from 0 to {2**32 - 1}")


def check_comparison(rate: float, rows: int, seed: int, spell: Spell = in_python) -> None:
    """Refuse numbers that no comparison can be made with."""
    check_seed(seed, spell)
    if not 0 < rate < 1:
        raise RequestError(f"{spell('rate')} is {rate:g}: write a share of the rows between 0 and 1, such as 0.04")
    if rows < 10:
        raise RequestError(f"{spell('rows')} is {rows}: write a number of at least 10")
