"""What a fitted detector is: a frozen value that scores and explains rows, and that a file can hold."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from .explanation import Explanation


class OutlierModel(Protocol):
    """A frozen value that scores rows; pure, so that any number of threads may use it at once.

    Attributes
    ----------
    kind : str
        Its name in model files.
    n_features : int
        Number of columns.

    A model may have a `rarity` too: how rarely rows reach minus a score, with the methods of
    `mixtura.statistics.rarity.Rarity`. Of others, the scores of a table say so. One to which a missing cell says
    something has a method `without`: it returns the model to which some columns say nothing.
    """

    kind: ClassVar[str]

    @property
    def n_features(self) -> int:
        """Number of columns."""

    def score_samples(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the score of each row of a float array, shape (n_rows,): the lower, the less it belongs."""

    def explain(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return which cells of each row are wrong, and what they should have been.

        Rows that score below `at_least` are flagged, and a repaired row reaches it.
        """

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file holds, as little-endian doubles, floats or integers."""

    def settings(self) -> dict[str, Any]:
        """Return what a file says beside the arrays, of the types that JSON has."""

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """Return the model with these arrays and settings, or raise `ValueError` with the fault.

        Nothing about them is trusted: what passes can be scored without reading outside an array or without end.
        """
