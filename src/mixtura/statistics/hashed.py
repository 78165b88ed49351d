"""Numbers of rows as good as drawn at random, which choose the same rows whatever blocks they come in."""

import numpy as np
from numpy.typing import NDArray

from ..typing import Integers


def hashes(rows: Integers) -> NDArray[np.uint64]:
    """Return a number for each row that is as good as drawn at random, and always the same for the same row.

    The finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"), which
    maps different rows to different numbers.
    """
    mixed = (rows.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
