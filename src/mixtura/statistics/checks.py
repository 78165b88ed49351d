"""What comes as one number a row: scores, p-values, labels, weights."""

import sys
from numbers import Number
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# What other types than numbers are called, by the kind of their dtype.
_KINDS = {"b": "true and false", "c": "complex", "U": "text", "S": "bytes", "M": "dates", "m": "durations"}


def row_numbers(values: ArrayLike, what: str, *, truths: bool = False, missing: bool = False) -> NDArray[np.float64]:
    """Return one number for each row as doubles.

    Parameters
    ----------
    values : array_like of shape (n_rows,)
        Numbers: an array, a list, or a column of a frame.
    what : str
        What they are, in the plural, for messages.
    truths : bool, default=False
        Whether true and false may stand for 1 and 0.
    missing : bool, default=False
        Whether some may be missing: NaN, None, NA of pandas or masked, which become NaN.

    Raises
    ------
    ValueError
        The values are not in one dimension or no numbers, or one is missing.

    Examples
    --------
    >>> row_numbers([1, 2.5], "scores")
    array([1. , 2.5])
    >>> row_numbers([[1, 2.5]], "scores")
    Traceback (most recent call last):
    ValueError: scores must be one for each row, and their shape is (1, 2)
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{what} must be one for each row, and these make no array: {error}") from error
    if array.ndim != 1:
        raise ValueError(f"{what} must be one for each row, and their shape is {array.shape}")
    if array.dtype.kind == "O":
        array = _of_objects(array)
    if array.dtype.kind not in ("iufb" if truths else "iuf"):
        raise ValueError(f"{what} must be numbers, and these are {_KINDS.get(array.dtype.kind, array.dtype)}")
    numbers = array.astype(np.float64)
    if isinstance(values, np.ma.MaskedArray):
        numbers[np.ma.getmaskarray(values)] = np.nan
    strange = np.flatnonzero(np.isnan(numbers))
    if len(strange) and not missing:
        raise ValueError(
            f"{what} must be numbers, and that of row {strange[0]} (counted from 0) is NaN or missing: leave it out"
        )
    return numbers


def _of_objects(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of objects as one of numbers, NaN for those that are missing, if they are numbers."""
    nothing = (None, getattr(sys.modules.get("pandas"), "NA", None))
    known = [np.nan if any(value is one for one in nothing) else value for value in array]
    typed = np.array(known, dtype=None if known else np.float64)
    if typed.dtype.kind == "O" and all(isinstance(value, Number) for value in known):
        return typed.astype(np.float64)  # fractions and decimals
    return typed
