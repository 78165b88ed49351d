"""Explanations in words: the column that makes a row unusual, in the units of the table."""

import math
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from ..detectors.explanation import Explanation


def reasons(columns: Sequence[str], X: NDArray[Any], explanation: Explanation) -> list[str]:
    """Return a sentence for each row that names the column that makes it unusual, the value seen and the one expected.

    Where no value lies two standard deviations off, the sentence says so: the row is then unusual as a whole, lying
    between groups or at the edge of one. So it does where all that the row has is missing.

    Parameters
    ----------
    columns : sequence of str
        Names of the columns.
    X : ndarray of shape (n_rows, n_columns)
        Values seen, in the units of the table.
    explanation : Explanation
        What was expected, in the same units.

    Returns
    -------
    list of str

    Examples
    --------
    >>> import numpy as np
    >>> expected, deviation, distance = np.array([[[1.1, 55.0]], [[0.2, 2.0]], [[-4.0, 1.0]]])
    >>> explanation = Explanation(expected, deviation, distance, distance**2 / 17, np.array([[True, True]]))
    >>> print(*reasons(["carat", "table"], np.array([[0.3, 57.0]]), explanation))
    carat = 0.3, expected 1.1 ± 0.2 given the other columns (4.0 sd below)
    """
    stands_out = explanation.stands_out
    sentences = []
    for row, column in enumerate(explanation.column):
        value, distance = float(X[row, column]), float(explanation.distance[row, column])
        if math.isnan(value):
            sentences.append("no single column stands out")
            continue
        sentence = (
            f"{columns[column]} = {format_number(value)}, "
            f"expected {format_number(float(explanation.expected[row, column]))}"
        )
        deviation = float(explanation.deviation[row, column])
        given = " given the other columns" if explanation.given_others[row, column] else ""
        if deviation == 0 and distance != 0:
            sentence += f"{given} (always so in the rows fitted)"
        else:
            direction = "below" if distance < 0 else "above"
            sentence += f" ± {format_number(deviation, 2)}{given} ({_steps(abs(distance))} sd {direction})"
        if not stands_out[row, column]:
            sentence = f"no single column stands out; foremost is {sentence}"
        sentences.append(sentence)
    return sentences


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
    if not 1e-4 <= size < 1e15:
        return f"{value:.{digits}g}"
    if value == int(value):
        return str(int(value))
    text = f"{value:.{max(0, digits - 1 - math.floor(math.log10(size)))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _steps(distance: float) -> str:
    return f"{distance:.1f}" if distance < 1000 else format_number(distance)
