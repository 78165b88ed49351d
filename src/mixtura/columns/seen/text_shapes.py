"""Shapes of texts: digits as 9, capital letters as A, other letters as a."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ...optional import need
from .marks import look_like_numbers, trimmed

if TYPE_CHECKING:
    import pyarrow as pa

# The shape of a plain number, however many digits it has: no other text has this shape.
NUMBER = "number"

# Characters of a text that its shape is of.
LONGEST = 64

# What ASCII characters become, and all others.
_PLAIN = np.frombuffer(
    bytes(
        ord("a" if sign.islower() else "A" if sign.isupper() else "9" if sign.isdigit() else sign)
        for sign in map(chr, range(128))
    )
    + bytes(range(128, 256)),
    np.uint8,
)
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
    validity, offsets, signs = shapes.buffers()
    data = _PLAIN[np.frombuffer(signs or b"", np.uint8)]
    shapes = pa.Array.from_buffers(shapes.type, len(shapes), [validity, offsets, pa.py_buffer(data)])
    patterns = (_CHARACTERS if data.max(initial=0) > 127 else ()) + (_RUNS if runs else ())
    if patterns:
        encoded = shapes.dictionary_encode()
        different = encoded.dictionary
        for pattern, letter in patterns:
            different = compute.replace_substring_regex(different, pattern=pattern, replacement=letter)
        shapes = different.take(encoded.indices)
    return compute.if_else(look_like_numbers(trimmed(texts)), pa.scalar(NUMBER, texts.type), shapes)


def tally_of_shapes(counts: Mapping[str, int], *, runs: bool = False) -> dict[str, int]:
    """Return how often each shape occurs, given how often each text does."""
    pa = need("pyarrow", "reading text")
    shapes = shapes_in(pa.array(list(counts), pa.string()), runs=runs).dictionary_encode()
    tally = np.bincount(shapes.indices.to_numpy(), list(counts.values()), minlength=len(shapes.dictionary))
    return dict(zip(shapes.dictionary.to_pylist(), tally.astype(int).tolist(), strict=True))
