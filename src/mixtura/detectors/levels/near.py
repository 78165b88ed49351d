"""Rare levels whose text is nearly that of a common one: likelier misspelt than meant."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats, Integers
from .slips import slips

# A level is common that so many rows have, and a level may be a misspelling of one that so many times as many have.
_COMMON = 5
_TIMES = 10

# Slips are made by chance: hardly ever is one made more often than this, and a level that recurs is meant.
_MOST_RARE = 2

# One of so many characters may be a slip, or one in shorter texts; no more than so many.
_ONE_IN = 4
_MOST_SLIPS = 12

# Only the most frequent of the common levels, and the beginnings of long texts, are compared.
_MOST_COMMON = 512
_LONGEST = 256

# Blanks and hyphens between letters are written in several ways.
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[\s_-]+(?=[^\W\d_])")

# Texts are first compared by how often they have characters of so many kinds.
_KINDS = 64


def near_levels(texts: Sequence[str], counts: Integers) -> tuple[NDArray[np.int32], Floats]:
    """Return the common level that each rare one is a misspelling of, -1 where it is none, and what that says in nats.

    A level that one or two rows have may be another one with slips, and one that more rows have another way to write
    it. Common levels that are as near one another tell how often a level that is meant is near by chance. The nats are
    the logarithm of how many times more often rare levels are near; where they are not, such as among codes, none is
    misspelt. Another way to write a level is no chance, however many other levels are rare.

    Parameters
    ----------
    texts : sequence of str
        The texts of the levels of a column.
    counts : ndarray of shape (n_levels,)
        How many rows have each level.

    Examples
    --------
    >>> near_levels(["Oslo", "Paris", "Madrid", "Olso"], np.array([40, 30, 29, 1]))
    (array([-1, -1, -1,  0], dtype=int32), array([0.        , 0.        , 0.        , 1.60943791]))
    """
    near, nats = np.full(len(texts), -1, np.int32), np.zeros(len(texts))
    common = np.argsort(-counts, kind="stable")[:_MOST_COMMON]
    common = common[counts[common] >= _COMMON]
    rare = np.flatnonzero((counts > 0) & (counts * _TIMES <= counts.max(initial=0)))
    if not len(common) or not len(rare):
        return near, nats
    alike = [_alike(text[:_LONGEST]) for text in texts]
    profiles = _profiles(alike)
    found, as_written = np.full((2, len(texts)), -1, np.int32)
    for level in rare.tolist():
        others = common[counts[common] >= _TIMES * int(counts[level])]
        others = others[others != level]
        as_written[level] = _nearest(level, others, alike, profiles, 0)
        if as_written[level] < 0 and counts[level] <= _MOST_RARE:
            found[level] = _nearest(level, others, alike, profiles, _MOST_SLIPS)
    n_rare = np.count_nonzero((counts > 0) & (counts <= _MOST_RARE) & (as_written < 0))
    for of_each, most in ((found, _MOST_SLIPS), (as_written, 0)):
        misspelt = of_each >= 0
        if not misspelt.any():
            continue
        n_near = sum(_nearest(level, common[common != level], alike, profiles, most) >= 0 for level in common.tolist())
        says = np.log((len(common) + 2) / (n_near + 1))
        if most:
            says += np.log(np.count_nonzero(misspelt) / n_rare)
        if says > 0:
            near[misspelt], nats[misspelt] = of_each[misspelt], says
    return near, nats


def _alike(text: str) -> str:
    """Return a text in lower case, with one blank where there are blanks or hyphens between letters."""
    return _BETWEEN_LETTERS.sub(" ", " ".join(text.casefold().split()))


def _profiles(texts: Sequence[str]) -> NDArray[np.int16]:
    """Return how often each text has characters of each kind."""
    found = np.zeros((len(texts), _KINDS), np.int16)
    for place, text in enumerate(texts):
        letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        found[place] = np.bincount(letters % _KINDS, minlength=_KINDS)
    return found


def _nearest(level: int, others: Integers, texts: Sequence[str], profiles: NDArray[np.int16], most: int) -> int:
    """Return the other level of which a text has the fewest slips, -1 where none is near enough."""
    text = texts[level]
    most = min(max(len(text) // _ONE_IN, 1), max(len(text) - 1, 0), most)
    # A letter put in or left out changes one count, one that is replaced two.
    changes = np.abs(profiles[others] - profiles[level]).sum(axis=1)
    nearest = -1
    for other in others[changes <= 2 * most]:
        apart = slips(text, texts[other], most)
        if apart <= most:
            nearest, most = int(other), apart - 1
            if most < 0:
                break
    return nearest
