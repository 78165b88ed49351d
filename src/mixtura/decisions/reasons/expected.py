"""What was expected of flagged cells, as values that could stand in the table."""

from collections.abc import Sequence

import numpy as np

from ...columns.kinds.kind import Kind
from ...detectors.explanation import Explanation
from .numbers import written


def expected_values(explanation: Explanation, kinds: Sequence[Kind] = ()) -> list[list[str]]:
    """Return what was expected of the flagged cells of each row, in the order of the columns.

    Parameters
    ----------
    explanation : Explanation
        What was found, in the units of the table, its repaired values as they are told.
    kinds : sequence of Kind, optional
        What each column holds. Default: numbers.

    Returns
    -------
    list of list of str
        Numbers that programs read too; levels, forms of texts, dates as they are written.
    """
    expected = []
    for flagged, values in zip(explanation.flagged_cells, explanation.repaired, strict=True):
        texts = []
        for column in np.flatnonzero(flagged).tolist():
            value = float(values[column])
            is_number = not kinds or kinds[column].in_use
            texts.append(written(value).replace(",", "") if is_number else kinds[column].speak(value))
        expected.append(texts)
    return expected
