"""What was expected of flagged cells, as values that could stand in the table."""

from collections.abc import Sequence

import numpy as np

from ...columns.kind import Kind
from ...detectors.explanation import Explanation
from .habits import Habits
from .numbers import in_steps


def expected_values(
    explanation: Explanation, habits: Habits | None = None, kinds: Sequence[Kind] = ()
) -> list[list[str]]:
    """Return what was expected of the flagged cells of each row, in the order of the columns.

    Parameters
    ----------
    explanation : Explanation
        What was found, in the units of the table.
    habits : Habits, optional
        What the values of the columns are like.
    kinds : sequence of Kind, optional
        What each column holds. Default: numbers.

    Returns
    -------
    list of list of str
        Numbers with no more digits than their columns have, or than four; levels, forms of texts, dates as they are
        written.
    """
    told = []
    for flagged, values in zip(explanation.flagged_cells, explanation.repaired, strict=True):
        texts = []
        for column in np.flatnonzero(flagged).tolist():
            value, step, on_grid = float(values[column]), 0.0, 0.0
            if habits is not None:
                value = habits.within(column, value)
                step, on_grid = float(habits.step[column]), float(habits.usual[column])
            is_number = not kinds or kinds[column].in_use
            texts.append(in_steps(value, step, on_grid) if is_number else kinds[column].speak(value))
        told.append(texts)
    return told
