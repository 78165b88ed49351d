"""Shapes of texts: digits as 9, capital letters as A, other letters as a."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..optional import need
from .marks import look_like_numbers, trimmed

if TYPE_CHECKING:
    import pyarrow as pa

# The shape of a plain number, however many digits it has: no other text has this shape.
NUMBER = "number"

# Characters of a text that its shape is of.
LONGEST = 64

_CHARACTERS = (("[^\\P{L}\\p{Lu}]", "a"), ("\\p{Lu}", "A"), ("\\p{Nd}", "9"))
_RUNS = (("a{2,}", "a+"), ("A{2,}", "A+"), ("9{2,}", "9+"))


def shapes_in(texts: "pa.Array", *, runs: bool = False) -> "pa.Array":
    """Return the shape of each text, null where it is null.

    Parameters
    ----------
    texts : pyarrow.Array
        Strings.
    runs : bool
        Whether runs of one sort of characters are written as one.

    Examples
    --------
    >>> import pyarrow as pa
    >>> texts = pa.array(["AB-12", "Ab 1", "Åse", "12.50", None])
    >>> shapes_in(texts).to_pylist()
    ['AA-99', 'Aa 9', 'Aaa', 'number', None]
    >>> shapes_in(texts, runs=True).to_pylist()
    ['A+-9+', 'Aa 9', 'Aa+', 'number', None]
    """
    pa, compute = need("pyarrow", "reading text"), need("pyarrow.compute", "reading text")
    shapes = compute.utf8_slice_codeunits(texts, 0, LONGEST)
    for pattern, letter in _CHARACTERS + (_RUNS if runs else ()):
        shapes = compute.replace_substring_regex(shapes, pattern=pattern, replacement=letter)
    return compute.if_else(look_like_numbers(trimmed(texts)), pa.scalar(NUMBER, texts.type), shapes)


def tally_of_shapes(counts: Mapping[str, int], *, runs: bool = False) -> dict[str, int]:
    """Return how often each shape occurs, given how often each text does."""
    pa = need("pyarrow", "reading text")
    shapes = shapes_in(pa.array(list(counts), pa.string()), runs=runs).dictionary_encode()
    tally = np.bincount(shapes.indices.to_numpy(), list(counts.values()), minlength=len(shapes.dictionary))
    return dict(zip(shapes.dictionary.to_pylist(), tally.astype(int).tolist(), strict=True))
