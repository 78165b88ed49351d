"""Numbers of reasons: values as the table has them, expectations with no more digits than are known."""

import math
from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from ...words import number, severity

# Values have so many significant digits at least, and no more than so many however fine the step of their column is.
_LEAST_DIGITS, _MOST_DIGITS = 4, 7

# A number on a grid has as many decimals as so many digits of the step.
_DIGITS_OF_STEP = 3

# A step is written with at most so many decimals.
_MOST_DECIMALS = 12

# Numbers as large, or smaller, are written with an exponent.
_LARGE, _SMALL = 1e15, 1e-4

# Whole numbers below have no separators: years do not.
_SEPARATED = 10_000

# Scores are told with so many digits, and with more where these do not tell them apart.
_SCORE_DIGITS = range(3, 9)


def format_number(value: float, digits: int = 4) -> str:
    """Return a number with as many significant digits as given, its whole part always in full.

    Zeros at the end are left out. Only numbers of 10^15 or more, or below 10^-4, get an exponent.

    Examples
    --------
    >>> [format_number(value) for value in (0.3, 1.23456, 55000.0, 123456.789, 2.5e-7, 1e20)]
    ['0.3', '1.235', '55000', '123457', '2.5e-07', '1e+20']
    """
    size = abs(value)
    if value == 0:
        return "0"
    if not _SMALL <= size < _LARGE:
        return f"{value:.{digits}g}"
    if value == int(value):
        return str(int(value))
    return _stripped(f"{value:.{_decimals_of_digits(size, digits)}f}")


def seen(value: float, step: float = 0.0) -> str:
    """Return a value as its column has it: to four significant digits, or to the `step` of the column.

    Examples
    --------
    >>> seen(18034.256, 0.01), seen(2.25), seen(1984.0, 1.0), seen(0.123456), seen(9.52380952, 1e-8)
    ('18,034.26', '2.25', '1984', '0.1235', '9.52381')
    """
    size = abs(value)
    if value == 0 or not _SMALL <= size < _LARGE:
        return format_number(value)
    least, most = (_decimals_of_digits(size, digits) for digits in (_LEAST_DIGITS, _MOST_DIGITS))
    return _written(value, max(least, min(most, _decimals(step))))


def written(value: float) -> str:
    """Return a rounded number with all its digits.

    Examples
    --------
    >>> written(17000.0), written(8.53), written(2.5e-7), written(1984.0)
    ('17,000', '8.53', '2.5e-07', '1984')
    """
    size = abs(value)
    if value != 0 and not _SMALL <= size < _LARGE:
        return repr(value)
    return _written(value, max(0, -int(Decimal(repr(value)).as_tuple().exponent)))


def about(expected: float, deviation: float, step: float = 0.0, on_grid: float = 0.0, unlike: str = "") -> str:
    """Return what is expected, after "about", with as few digits as `told` finds.

    Examples
    --------
    >>> about(8.5312, 0.14, 0.01), about(17345.0, 2100.0, 1.0), about(3.7, 0.4, 1.0), about(1.3, 25.0)
    ('about 8.5', 'about 17,000', 'about 4', 'about 1')
    """
    return f"about {written(told(expected, deviation, step, on_grid, unlike)[0])}"


def told(expected: float, deviation: float, step: float = 0.0, on_grid: float = 0.0, unlike: str = "") -> list[float]:
    """Return what is expected with few digits, then with more and more.

    The first has those down to the leading digit of the deviation, and one of its own at least. None is finer than the
    `step` of the column, unless all others are written as the value seen. Digits beyond the fourth are given where the
    column has as many.

    Parameters
    ----------
    expected, deviation : float
        What is expected, and how far values lie from it as a rule.
    step, on_grid : float
        The step of the column, 0 where it has none, and a value that it has.
    unlike : str
        The value seen, as it is written: none of the numbers is written the same, unless they are equal.

    Examples
    --------
    >>> told(8.5312, 0.14, 0.01), told(3.7, 0.4, 1.0), told(17345.0, 2100.0, 1.0)[:3]
    ([8.5, 8.53], [4.0], [17000.0, 17300.0, 17340.0])
    >>> told(8.5312, 0.14, 0.01, unlike="8.5")[0], told(8.501, 0.14, 0.01, unlike="8.5")[0], told(2.5222164, 1e-9)[0]
    (8.53, 8.501, 2.522)
    """
    places = list(_with_places(expected, deviation, step))
    coarse = [value for value, place in places if place > step]
    possible = [value for value in (*coarse, on_steps(expected, step, on_grid)) if written(value) != unlike]
    finer = [value for value, _ in places if written(value) != unlike]
    return list(dict.fromkeys(possible or [*finer, expected]))


def _with_places(expected: float, deviation: float, step: float) -> Iterator[tuple[float, float]]:
    """Yield an expectation with more and more digits, and the worth of the last one."""
    size = abs(expected)
    if not 0 < deviation < _LARGE or size >= _LARGE or max(size, deviation) < _SMALL:
        place = 10.0 ** math.floor(math.log10(size)) if size else 0.0
        for digits in range(2, _MOST_DECIMALS):
            yield float(f"{expected:.{digits}g}"), place * 10.0 ** (1 - digits)
        return
    # What is a hundredth of the deviation is as good as nothing.
    exponent = math.floor(math.log10(min(deviation, max(size, deviation / 100))))
    if size:
        leading = math.floor(math.log10(size)) + 1
        in_column = -_decimals(step) if leading + _decimals(step) <= _MOST_DIGITS else 0
        exponent = max(exponent, min(leading - _LEAST_DIGITS, in_column, 0))
    for decimals in range(-exponent, max(-exponent, 0) + _MOST_DECIMALS):
        yield round(expected, decimals), 10.0**-decimals


def told_apart(*scores: float) -> list[str]:
    """Return scores with few digits, those that would be written as another one with as many as it takes.

    Examples
    --------
    >>> told_apart(3.9876, 0.4012, 2.052), told_apart(3.99, 2.0521, 2.0524)
    (['3.99', '0.401', '2.05'], ['3.99', '2.0521', '2.0524'])
    """
    return [_unlike(score, [other for other in scores if other != score]) for score in scores]


def _unlike(score: float, others: Sequence[float]) -> str:
    texts = (number(score, digits) for digits in _SCORE_DIGITS)
    unlike = (
        text
        for text, digits in zip(texts, _SCORE_DIGITS, strict=True)
        if text not in [number(other, digits) for other in others]
    )
    return next(unlike, repr(score))


def widened(low: float, high: float) -> tuple[float, float]:
    """Return a range in digits down to a hundredth of its width, as wide or a little wider.

    Examples
    --------
    >>> widened(0.8324815, 2.410871), widened(1.0, 65.0), widened(5000.0, 292857.0)
    ((0.83, 2.42), (1.0, 65.0), (5000.0, 293000.0))
    """
    if not 0 < high - low < _LARGE:
        return low, high
    low, high = (float(f"{limit:.{_MOST_DIGITS}g}") for limit in (low, high))
    scale = Decimal(10) ** (2 - math.floor(math.log10(high - low)))
    down = (Decimal(repr(low)) * scale).to_integral_value(ROUND_FLOOR) / scale
    up = (Decimal(repr(high)) * scale).to_integral_value(ROUND_CEILING) / scale
    return float(down), float(up)


def percentage(share: float) -> str:
    """Return a share of most rows as a percentage, with as many nines as it takes.

    Examples
    --------
    >>> percentage(0.9531), percentage(0.99954), percentage(0.995), percentage(1.0)
    ('95.3%', '99.954%', '99.5%', '100%')
    """
    return "100%" if share == 1 else f"{_stripped(severity(100 * share))}%"


def on_steps(value: float, step: float, on_grid: float) -> float:
    """Return the nearest number on the grid of a `step` through `on_grid`; the same where there is no step.

    It has as many decimals as three digits of the step, which tell it from all others of the grid.

    Examples
    --------
    >>> on_steps(3.27, 1.0, 12.0), on_steps(0.3271, 0.01, 0.15), on_steps(3.27, 0.0, 12.0), on_steps(9.3, 1.15078, 0.0)
    (3.0, 0.33, 3.27, 9.21)
    """
    if not step > 0 or abs(value) >= _LARGE:
        return value
    decimals = min(max(_decimals(step), _decimals(on_grid)), _decimals_of_digits(step, _DIGITS_OF_STEP))
    return round(on_grid + round((value - on_grid) / step) * step, decimals)


def _written(value: float, decimals: int) -> str:
    whole = "," if abs(value) >= _SEPARATED else ""
    return _stripped(f"{value:{whole}.{decimals}f}")


def _stripped(text: str) -> str:
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short == "-0" else short


def _decimals(step: float) -> int:
    """Return the decimals that a step is written with; 0 for none."""
    if not 0 < abs(step) < _LARGE:
        return 0
    exponent = Decimal(f"{step:.6g}").normalize().as_tuple().exponent
    return min(_MOST_DECIMALS, max(0, -int(exponent)))


def _decimals_of_digits(size: float, digits: int) -> int:
    return max(0, digits - 1 - math.floor(math.log10(size)))
