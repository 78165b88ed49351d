"""Texts that are alike up to their digits, read together: their numbers stand at the same places."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...optional import need
from ...typing import Integers

if TYPE_CHECKING:
    import pyarrow as pa

# No date, time or duration takes more bytes than this.
LONGEST = 64

_ZERO = ord("0")
_WITHOUT_DIGITS = np.arange(256, dtype=np.uint8)
_WITHOUT_DIGITS[_ZERO : _ZERO + 10] = _ZERO


@dataclass(frozen=True, eq=False)
class Shape:
    """Texts that are alike up to their digits.

    Attributes
    ----------
    skeleton : bytes
        Their text with 0 in place of every digit: `0000-00-00`.
    positions : ndarray of shape (n_texts,), int64
        Where they are in the column, in increasing order.
    starts : ndarray of shape (n_texts,), int64
        Where each begins in `data`.
    data : ndarray of uint8
        All bytes of the column.
    """

    skeleton: bytes
    positions: Integers
    starts: Integers
    data: NDArray[np.uint8]

    def number(self, start: int, end: int) -> Integers:
        """Return the number that the digits from `start` to `end` of each text are; there are at most 18."""
        values: Integers = np.zeros(len(self.starts), np.int64)
        for place in range(start, end):
            values *= 10
            values += self.data[self.starts + place]
        values -= _ZERO * ((10 ** (end - start) - 1) // 9)
        return values


def shapes_of(cells: "pa.ChunkedArray | pa.Array") -> list[Shape]:
    """Return the texts of a column by shape, without those that are missing or too long for any moment.

    Parameters
    ----------
    cells : pyarrow Array or ChunkedArray
        Text or binary.
    """
    pa: Any = need("pyarrow", "reading dates")
    cells = cells.cast(pa.large_binary())
    texts = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    short = (np.diff(_offsets(texts)) <= LONGEST) & texts.is_valid().to_numpy(zero_copy_only=False)
    positions = np.flatnonzero(short)
    if not len(positions):
        return []
    if len(positions) < len(texts):
        texts = texts.filter(pa.array(short))
    offsets = _offsets(texts)
    data = np.frombuffer(texts.buffers()[2] or b"", np.uint8)
    offsets, data = offsets - offsets[0], data[offsets[0] : offsets[-1]]
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(_WITHOUT_DIGITS[data])]
    encoded = pa.Array.from_buffers(pa.large_binary(), len(texts), buffers).dictionary_encode()
    codes = encoded.indices.to_numpy()
    skeletons = encoded.dictionary.to_pylist()
    # Sixteen bits are sorted in one pass.
    order = np.argsort(codes.astype(np.uint16) if len(skeletons) < 2**16 else codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(skeletons) + 1))
    groups = [order[start:end] for start, end in pairwise(bounds)]
    return [
        Shape(skeleton, positions[group], offsets[group], data)
        for skeleton, group in zip(skeletons, groups, strict=True)
    ]


def _offsets(texts: "pa.Array") -> Integers:
    return np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
