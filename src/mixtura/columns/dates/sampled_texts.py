"""The distinct texts of a column, by shape, as evidence of what it holds."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ...optional import need
from ...typing import Floats
from .calendar_names import WORDS as CALENDAR_WORDS
from .skeletons import Shape, shapes_of

# A column is of a kind if this share of its cells fits.
ENOUGH = 0.9

_SAMPLE = 2000
# Free text has a shape for nearly each cell; the most common ones tell what form others have.
_MOST_SHAPES = 300

# What stands in moments besides names of months and weekdays.
_WORDS = re.compile(
    rb"utc|gmt|at|of|and|den?|er|\xc2\xba|\xd0\xb3|\xd1\x80|[ap]m?|st|nd|rd|th|[mqtwz]|"
    rb"(s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?|d|days?|wks?|weeks?|mos?|mons|months?|y|yrs?|years?)|[pdymw]?t"
)
_BLANKS = re.compile(rb"\xc2\xa0|\xe2\x80\xaf")


@dataclass(frozen=True, eq=False)
class Evidence:
    """Distinct texts of a column.

    Attributes
    ----------
    shapes : tuple of Shape
        Those texts that may be moments, the most common shape first.
    weights : ndarray of shape (n_texts,), float64
        How many cells have each text.
    """

    shapes: tuple[Shape, ...]
    weights: Floats

    def covers(self, share: float) -> bool:
        """Return whether that share of the cells has a shape that may be one of moments."""
        return bool(sum(self.weights[shape.positions].sum() for shape in self.shapes) >= share * self.weights.sum())

    def share(self, numbers: Floats) -> float:
        """Return the share of the cells that have a number."""
        return float(self.weights[~np.isnan(numbers)].sum() / self.weights.sum())

    def matched(
        self, match: Callable[[bytes], re.Match[bytes] | None], within: int | None = None
    ) -> Iterator[tuple[Shape, re.Match[bytes]]]:
        """Yield the shapes that match, with what is found in them; within the most common ones only, if so many."""
        for shape in self.shapes[:within]:
            if found := match(shape.skeleton):
                yield shape, found

    def nominated(self, match: Callable[[bytes], re.Match[bytes] | None]) -> bool:
        """Return whether something matches among the most common shapes."""
        return next(self.matched(match, _MOST_SHAPES), None) is not None

    def read(
        self,
        match: Callable[[bytes], re.Match[bytes] | None],
        numbers: Callable[[Shape, re.Match[bytes]], Floats],
    ) -> Floats:
        """Return a number for each text, NaN for those that do not match."""
        values = np.full(len(self.weights), np.nan)
        for shape, found in self.matched(match):
            values[shape.positions] = numbers(shape, found)
        return values


def evidence_of(examples: Mapping[str, int]) -> Evidence | None:
    """Return distinct texts by shape, None where most cannot be moments for the words and signs in them.

    Parameters
    ----------
    examples : mapping of str to int
        Distinct texts, and how many cells have each.
    """
    texts = [text.encode(errors="replace") for text in examples]
    weights = np.fromiter(examples.values(), np.float64, len(texts))
    if not weights.sum() > 0:
        return None
    if len(texts) > 2 * _SAMPLE:
        step = len(texts) // _SAMPLE
        # A sample leaves some room for chance.
        if not _evidence(texts[::step], weights[::step]).covers(ENOUGH - 0.1):
            return None
    evidence = _evidence(texts, weights)
    return evidence if evidence.covers(ENOUGH) else None


def _evidence(texts: list[bytes], weights: Floats) -> Evidence:
    cells = need("pyarrow", "reading dates").array(texts)
    shapes = [shape for shape in shapes_of(cells) if _may_be_moment(shape.skeleton)]
    return Evidence(tuple(sorted(shapes, key=lambda shape: -weights[shape.positions].sum())), weights)


def _may_be_moment(skeleton: bytes) -> bool:
    plain = _BLANKS.sub(b" ", skeleton).lower()
    return b"0" in plain and all(
        word in CALENDAR_WORDS or _WORDS.fullmatch(word) for word in re.findall(rb"[a-z\x80-\xff]+", plain)
    )
