"""How the numbers in the texts of a column are written, and what texts look like."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...optional import need

if TYPE_CHECKING:
    import pyarrow as pa

_NONE = 2**31


@dataclass(frozen=True, slots=True)
class TextsSeen:
    """Texts that are numbers; those of separate cells add up.

    Attributes
    ----------
    count : int
        How many.
    shortest, longest : int
        Characters.
    n_padded : int
        Digits alone that begin with a needless zero, such as ZIP codes.
    are_digits : bool
        Whether all are digits alone, perhaps after a minus, as whole numbers are written.
    """

    count: int = 0
    shortest: int = _NONE
    longest: int = 0
    n_padded: int = 0
    are_digits: bool = True

    def including(self, texts: "pa.Array") -> "TextsSeen":
        """Return what was seen of these and more texts, plain numbers without white space, none of them null."""
        if not len(texts):
            return self
        compute = need("pyarrow.compute", "reading text")
        # Plain numbers have one byte for each character.
        lengths = compute.binary_length(texts)
        extent = compute.min_max(lengths).as_py()
        n_padded = 0
        if extent["max"] > 1:
            starts = compute.and_(compute.starts_with(texts, "0"), compute.greater(lengths, 1))
            if starts.true_count:
                n_padded = compute.utf8_is_digit(texts.filter(starts)).true_count
        are_digits = self.are_digits and _are_digits(texts)
        return self + TextsSeen(len(texts), extent["min"], extent["max"], n_padded, are_digits)

    def __add__(self, other: "TextsSeen") -> "TextsSeen":
        return TextsSeen(
            self.count + other.count,
            min(self.shortest, other.shortest),
            max(self.longest, other.longest),
            self.n_padded + other.n_padded,
            self.are_digits and other.are_digits,
        )


def _are_digits(texts: "pa.Array") -> bool:
    """Tell whether plain numbers are digits alone, perhaps after a minus."""
    large = need("pyarrow.types", "reading text").is_large_string(texts.type)
    _, offsets, characters = texts.buffers()
    places = np.frombuffer(offsets, np.int64 if large else np.int32)
    start, stop = int(places[texts.offset]), int(places[texts.offset + len(texts)])
    held = characters[start:stop].to_pybytes()
    return b"-0" not in held and not held.translate(None, b"-0123456789")


class _Shape(dict[int, str]):
    """What stands for each character in a shape, found once for each."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        if letter.isalnum():
            letter = "9" if letter.isdecimal() else "A" if letter.isupper() else "a"
        self[code] = letter
        return letter


_SHAPE = _Shape()


def shape_of(text: str) -> str:
    """Return the shape of a text: digits as 9, capital letters as A, other letters as a.

    Examples
    --------
    >>> shape_of("AB-12"), shape_of("Ab 1")
    ('AA-99', 'Aa 9')
    """
    return text.translate(_SHAPE)
