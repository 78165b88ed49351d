"""A pass over a table whose answer is one array."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rows import Block, Rows
from .engine import Engine


def gather(
    engine: Engine,
    rows: Rows,
    transform: Callable[[Block], NDArray[Any]],
    tail: tuple[int, ...],
    dtype: "np.dtype[Any]",
) -> NDArray[Any]:
    """Return the results of a pass for all rows as one array, filled in place when the number of rows is known."""
    if rows.n_rows is None:
        return np.concatenate(list(engine.map(rows, transform)))
    out = np.empty((rows.n_rows, *tail), dtype)
    filled = 0
    for part in engine.map(rows, transform):
        out[filled : filled + len(part)] = part
        filled += len(part)
    return out
