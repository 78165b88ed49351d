"""Rare levels whose text is nearly that of a common one: likelier misspelt than meant."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...typing import Floats, Integers

# A level is common that so many rows have, and a level may be a misspelling of one that so many times as many have.
_COMMON = 5
_TIMES = 10

# Texts are near where one of so many characters is different, or one in shorter texts, never all; no more than so many.
_ONE_IN = 4
_MOST_DIFFERENT = 12

# Only the most frequent of the common levels, and the beginnings of long texts, are compared.
_MOST_COMMON = 512
_LONGEST = 256

# Texts are first compared by how often they have characters of so many kinds.
_KINDS = 64


def distance(one: str, other: str, most: int) -> int:
    """Return how many characters must be put in, left out, replaced, or swapped with the next; `most` + 1 if more.

    Damerau (1964), "A technique for computer detection and correction of spelling errors", Communications of the ACM 7.

    Examples
    --------
    >>> distance("Olso", "Oslo", most=2), distance("Berlin", "Bern", most=2), distance("Paris", "Rome", most=2)
    (1, 2, 3)
    """
    width = len(other)
    if abs(len(one) - width) > most:
        return most + 1
    # What is farther from the diagonal than this needs more changes.
    far = most + 1
    before: list[int] = []
    row = [min(j, far) for j in range(width + 1)]
    for i, letter in enumerate(one, 1):
        following = [far] * (width + 1)
        if i <= most:
            following[0] = i
        for j in range(max(i - most, 1), min(i + most, width) + 1):
            least = min(row[j] + 1, following[j - 1] + 1, row[j - 1] + (letter != other[j - 1]))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == other[j - 1]:
                least = min(least, before[j - 2] + 1)
            following[j] = least
        if min(following) >= far:
            return far
        before, row = row, following
    return min(row[-1], far)


def near_levels(texts: Sequence[str], counts: Integers) -> tuple[NDArray[np.int32], Floats]:
    """Return the common level that each rare one is near, -1 where none is, and what that says in nats.

    Where common levels are near one another (codes such as A1 and A2), nearness says nothing. The nats are minus the
    logarithm of the share of the common levels that are near another, with one more that is and one more that is not.

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
    rare = np.flatnonzero(counts * _TIMES <= counts.max(initial=0))
    if not len(common) or not len(rare):
        return near, nats
    alike = [" ".join(text[:_LONGEST].casefold().split()) for text in texts]
    profiles = _profiles(alike)
    alone = sum(_nearest(level, common[common != level], alike, profiles) < 0 for level in common.tolist())
    says = float(np.log((len(common) + 2) / (len(common) - alone + 1)))
    for level in rare.tolist():
        others = common[counts[common] >= _TIMES * max(int(counts[level]), 1)]
        near[level] = _nearest(level, others[others != level], alike, profiles)
    nats[near >= 0] = says
    return near, nats


def _profiles(texts: Sequence[str]) -> NDArray[np.int16]:
    """Return how often each text has characters of each kind."""
    found = np.zeros((len(texts), _KINDS), np.int16)
    for place, text in enumerate(texts):
        letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        found[place] = np.bincount(letters % _KINDS, minlength=_KINDS)
    return found


def _nearest(level: int, others: Integers, texts: Sequence[str], profiles: NDArray[np.int16]) -> int:
    """Return the nearest other level that is near enough, -1 where none is."""
    text = texts[level]
    most = min(max(len(text) // _ONE_IN, 1), len(text) - 1, _MOST_DIFFERENT)
    # A character put in or left out changes one count, one that is replaced two.
    changes = np.abs(profiles[others] - profiles[level]).sum(axis=1)
    nearest = -1
    for other in others[changes <= 2 * most]:
        apart = distance(text, texts[other], most)
        if apart <= most:
            nearest, most = int(other), apart - 1
            if most < 0:
                break
    return nearest
