"""Numbers are finite, weights are weights: checked block by block, as they are read."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, InfiniteValuesError, MissingValuesError
from .block import Array

# How many rows and columns a message names before it says "and more".
_NAMED = 5

# From positions in the table (0-based) to words: "rows 3 and 7 of data.csv (…)".
Describe = Callable[[NDArray[np.intp]], str]


def listed(words: Sequence[str]) -> str:
    """Join words as one says them: "a", "a and b", "a, b and c"; the sixth and later become "more"."""
    shown = list(words[:_NAMED]) + (["more"] if len(words) > _NAMED else [])
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]


def quoted(names: Sequence[str]) -> str:
    """Join column names in quotes, after the word column or columns."""
    return ("column " if len(names) == 1 else "columns ") + listed([repr(name) for name in names])


def describe_rows(rows: NDArray[np.intp], *, first: int, where: str, remark: str) -> str:
    """Say rows in words, counted from `first`.

    Examples
    --------
    >>> describe_rows(np.array([2, 6]), first=1, where="data.csv", remark="counted from 1")
    'rows 3 and 7 of data.csv (counted from 1)'
    """
    word = "row" if len(rows) == 1 else "rows"
    return f"{word} {listed([str(row + first) for row in rows])} of {where} ({remark})"


def check_finite(
    values: Array, names: Sequence[str], first_row: int, describe: Describe, *, allows_missing: bool = False
) -> None:
    """Raise unless every value is a finite number, or missing where that is allowed.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        Floating-point numbers of one block.
    names : sequence of str
        Names of its columns.
    first_row : int
        Position of the first row in the table.
    describe : callable
        Turns positions of rows in the table into words.
    allows_missing : bool, default False
        Whether NaN may stand for missing values.

    Raises
    ------
    MissingValuesError
        A value is NaN, and may not be.
    InfiniteValuesError
        A value is infinite.
    """
    if np.isfinite(values).all():
        return
    missing = np.zeros(values.shape, bool) if allows_missing else np.isnan(values)
    bad = missing if missing.any() else np.isinf(values)
    if not bad.any():
        return
    rows = np.flatnonzero(bad.any(axis=1))
    columns = quoted([names[int(column)] for column in np.flatnonzero(bad.any(axis=0))])
    place = f"{describe(rows + first_row)}, {columns}"
    if missing.any():
        raise MissingValuesError(
            f"missing values in {place}: fill them in, drop these rows, or leave the {columns.partition(' ')[0]} out"
        )
    raise InfiniteValuesError(
        f"infinite values in {place}: replace them by numbers, drop these rows, "
        f"or leave the {columns.partition(' ')[0]} out"
    )


def check_weights(weights: Array, first_row: int, describe: Describe) -> NDArray[np.float64]:
    """Return the sample weights of one block as doubles, or raise unless all are finite and not negative."""
    result = np.ascontiguousarray(weights, dtype=np.float64)
    bad = ~(np.isfinite(result) & (result >= 0))
    if bad.any():
        rows = np.flatnonzero(bad)
        raise DataError(
            f"the sample weight is {result[rows[0]]:g} in {describe(rows + first_row)}: "
            "a weight is a finite number, zero or more"
        )
    return result


class Weights:
    """Sample weights given as one array, handed out block by block.

    Parameters
    ----------
    values : array_like of shape (n_rows,)
        The weights.
    n_rows : int or None
        Rows of the table, None while unknown; `finish` checks the number then.
    describe : callable
        Turns positions of rows in the table into words.
    """

    def __init__(self, values: object, n_rows: int | None, describe: Describe) -> None:
        try:
            array = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError("sample_weight does not hold numbers: give one number for each row") from error
        if array.ndim != 1:
            raise DataError(f"sample_weight has {array.ndim} dimensions: give one number for each row")
        self._values = check_weights(array, 0, describe)
        if n_rows is not None:
            self.finish(n_rows)

    def rows(self, first: int, n_rows: int) -> NDArray[np.float64]:
        """Return the weights of `n_rows` rows from row `first` on."""
        if first + n_rows > len(self._values):
            raise DataError(
                f"sample_weight has {len(self._values)} values and the table has more rows: give one for each row"
            )
        return self._values[first : first + n_rows]

    def finish(self, n_rows: int) -> None:
        """Raise unless there is one weight for each of `n_rows` rows."""
        if n_rows != len(self._values):
            raise DataError(
                f"sample_weight has {len(self._values)} values and the table {n_rows} rows: give one for each row"
            )
