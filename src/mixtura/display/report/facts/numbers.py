"""Numbers with the digits that a picture needs, and the edges of the bars of a histogram."""

import math
import sys

import numpy as np

from ....statistics.sketch import QuantileSketch
from ....typing import Floats

# Bars of a histogram, at most.
_MOST_BARS = 40

_LARGEST = sys.float_info.max


def significant(value: float, digits: int = 6) -> float:
    """Return a number with so many significant digits.

    Examples
    --------
    >>> significant(1234.56789), significant(-2.000000001e-30)
    (1234.57, -2e-30)
    """
    short = float(f"{value:.{digits}g}")
    # The largest doubles would round to infinity.
    return short if math.isfinite(short) else value


def rounded(values: Floats, span: float) -> list[float]:
    """Return numbers of one column as a picture needs them: five digits of each, and what a range has room for.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        The numbers.
    span : float
        Width of the picture: a ten-thousandth of it, or less, is left of every difference.

    Examples
    --------
    >>> rounded(np.array([0.123456789, 1700000123.25]), 1000.0)
    [0.12346, 1700000123.2]
    """
    across = 4 - math.floor(math.log10(span)) if math.isfinite(span) and span > 0 else -sys.maxsize
    return [_rounded(value, across) for value in values.tolist()]


def _rounded(value: float, decimals: int) -> float:
    if not math.isfinite(value) or value == 0:
        return value
    own = 4 - math.floor(math.log10(abs(value)))
    return significant(value, 5) if own >= decimals else round(value, decimals)


def bars(minimum: float, maximum: float) -> Floats:
    """Return the edges of at most 40 bars of one width, 1, 2 or 5 times a power of ten, that hold a range.

    Examples
    --------
    >>> bars(0.3, 5.2).tolist()
    [0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.2, 2.4, 2.6, 2.8, 3.0, 3.2, 3.4, 3.6, 3.8, 4.0, 4.2, 4.4, \
4.6, 4.8, 5.0, 5.2]
    >>> bars(7.0, 7.0).tolist()
    [6.5, 7.5]
    """
    if not minimum < maximum:
        half = max(0.5, abs(minimum) * 1e-6)
        return np.clip([minimum - half, minimum + half], -_LARGEST, _LARGEST)
    # Two fewer, for the bars that stand out at both ends.
    width = maximum / (_MOST_BARS - 2) - minimum / (_MOST_BARS - 2)
    power = 10.0 ** math.floor(math.log10(width)) if width > 0 else 0.0
    step = next((factor * power for factor in (1, 2, 5, 10) if factor * power >= width), 0.0)
    plain = np.array([minimum, maximum])
    if not step or max(abs(minimum), abs(maximum)) / step > 1e12:
        return plain
    places = range(math.floor(minimum / step), math.ceil(maximum / step) + 1)
    edges = np.clip([float(f"{place * step:.15g}") for place in places], -_LARGEST, _LARGEST)
    edges[0], edges[-1] = min(edges[0], minimum), max(edges[-1], maximum)
    return edges if (np.diff(edges) > 0).all() else plain


def histogram(sketch: QuantileSketch) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return the edges of bars, and how many of the numbers in a sketch are in each; the last one is closed.

    Without any, there is one empty bar.
    """
    if not sketch.count:
        return (0.0, 1.0), (0,)
    edges = bars(float(sketch.lowest.values[0]), sketch.largest)
    below = sketch.rank(edges, "left")
    below[-1] = sketch.count
    return tuple(edges.tolist()), tuple(np.diff(below).tolist())
