"""A fitted isolation forest, as a frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ...kernels import forest as kernel
from ...typing import Floats
from ..explaining.belonging import explainer_by, explainer_of_columns
from ..explaining.explainer import Explainer
from ..explaining.wide import WideExplainer
from ..explanation import Explanation
from .tree import IsolationTree, average_path_length, depth_of, leaf_lengths

MOST_DEPTH = 30
MOST_COLUMNS = 2**22


@dataclass(frozen=True, eq=False)
class ForestModel:
    """Isolation trees of one depth, and the units of their thresholds.

    Attributes
    ----------
    features : ndarray of shape (n_trees, n_nodes, width), int32
        Columns of the split of each node; `IsolationTree` says how nodes are numbered.
    coefficients : ndarray of the same shape, float32, or None
        Coefficients of hyperplanes, None where splits are along one column.
    thresholds : ndarray of shape (n_trees, n_nodes), float32
        Thresholds, in units of the trees: values less `center`, times `scale`.
    counts : ndarray of shape (n_trees, 2 n_nodes), int32
        Rows of the sample of the tree in each node.
    center : ndarray of shape (n_features,)
        Median of each column in a sample.
    scale : ndarray of shape (n_features,)
        Powers of two, one over the largest distance from it.
    deviation : ndarray of shape (n_features,)
        Spread about it, as a standard deviation, by the median of the distances, or of the squares where that is zero.
    background : ndarray of shape (n, n_features) or None
        Rows of the table by which others are explained; None in a file of an older version.
    """

    kind: ClassVar[str] = "forest"

    features: NDArray[np.int32]
    coefficients: NDArray[np.float32] | None
    thresholds: NDArray[np.float32]
    counts: NDArray[np.int32]
    center: Floats
    scale: Floats
    deviation: Floats
    background: Floats | None = None

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return len(self.center)

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return len(self.thresholds)

    @cached_property
    def lengths(self) -> NDArray[np.float32]:
        """Path length of the rows that end in each place of the last level, shape (n_trees, n_nodes)."""
        return leaf_lengths(self.counts)

    @cached_property
    def average_length(self) -> float:
        """Average path length for samples of the size of those of the trees, which gives score -0.5."""
        # Rounded as the lengths are: a forest that cannot split gives exactly -0.5.
        return float(average_path_length(self.counts[:, 1]).astype(np.float32).mean(dtype=np.float64))

    def trees(self) -> list[IsolationTree]:
        """Return the trees, views of the arrays."""
        coefficients = [None] * self.n_trees if self.coefficients is None else self.coefficients
        return [
            IsolationTree(*arrays)
            for arrays in zip(self.features, coefficients, self.thresholds, self.counts, strict=True)
        ]

    def path_lengths(self, X: NDArray[Any]) -> Floats:
        """Return the mean over the trees of the path length of each row, shape (n_rows,)."""
        return kernel.lengths(X, self._units, self._arrays)

    def score_samples(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the score of each row, shape (n_rows,), between -1 and 0: the lower, the less it belongs."""
        if self.average_length == 0:  # trees of one row
            return np.full(len(X), -0.5)
        scores: Floats = self.path_lengths(X)
        scores /= -self.average_length
        np.exp2(scores, out=scores)
        return np.negative(scores, out=scores)

    def contributions(self, X: NDArray[Any]) -> Floats:
        """Return by how many splits each column shortens the path of each row, shape (n_rows, n_features).

        Every split on the way of a row changes the mean length of the paths that lead on from there; that change is
        its column's, or shared among the columns of a hyperplane by the sizes of their terms. All of them add up to the
        mean path length of the samples less that of the row.
        """
        return kernel.column_credits(X, self._units, self._arrays)

    def explain(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return which cells lengthen the path of each row when they are repaired, and what they should have been."""
        return self._explainer(X, at_least)

    @cached_property
    def _explainer(self) -> Explainer | WideExplainer:
        if self.background is None:
            return explainer_of_columns(self.center, self.deviation, self.score_samples)
        return explainer_by(self.background, self.score_samples)

    def joined(self, other: Self) -> Self:
        """Return the forest of the trees of both, which share units."""
        depth = max(depth_of(self.thresholds), depth_of(other.thresholds))
        pairs = zip(self._deepened(depth), other._deepened(depth), strict=True)
        features, coefficients, thresholds, counts = (
            None if one is None or two is None else np.concatenate([one, two]) for one, two in pairs
        )
        units = self.center, self.scale, self.deviation
        return type(self)(features, coefficients, thresholds, counts, *units, self.background)  # type: ignore[arg-type]  # only coefficients may be None

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file holds."""
        arrays: dict[str, NDArray[Any]] = {
            "features": self.features,
            "thresholds": self.thresholds,
            "counts": self.counts,
            "center": self.center,
            "scale": self.scale,
            "deviation": self.deviation,
        }
        optional = {"coefficients": self.coefficients, "background": self.background}
        return arrays | {name: array for name, array in optional.items() if array is not None}

    def settings(self) -> dict[str, Any]:
        """Return what a file says beside the arrays: nothing."""
        return {}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """Return the forest with these arrays, or raise `ValueError` with the fault."""
        known = {"features", "thresholds", "counts", "center", "scale", "deviation", "coefficients", "background"}
        _require(set(arrays) <= known and not settings, "there are no others, and no settings")
        center, scale, deviation = (_array(arrays, name, np.float64, 1) for name in ("center", "scale", "deviation"))
        thresholds = _array(arrays, "thresholds", np.float32, 2)
        counts = _array(arrays, "counts", np.int32, 2)
        features = _array(arrays, "features", np.int32, 3)
        coefficients = _array(arrays, "coefficients", np.float32, 3) if "coefficients" in arrays else None
        background = _array(arrays, "background", np.float64, 2) if "background" in arrays else None
        n_trees, n_nodes = thresholds.shape
        _require(0 < len(center) <= MOST_COLUMNS, "center has a value for each column")
        _require(len(scale) == len(center) == len(deviation), "center, scale and deviation are of one length")
        _require(bool(np.isfinite([center, scale, deviation]).all()), "center, scale and deviation are finite")
        _require(bool((scale > 0).all() and (deviation >= 0).all()), "scale is above zero, deviation not below")
        if background is not None:
            _require(background.shape[1] == len(center) and len(background) > 0, "background has rows of all columns")
            _require(not np.isinf(background).any(), "background has numbers and missing values")
        _require(
            n_trees > 0 and n_nodes in {2**depth for depth in range(MOST_DEPTH + 1)},
            "thresholds has a power of two of nodes for each tree",
        )
        _require(counts.shape == (n_trees, 2 * n_nodes), "counts has two values for each threshold")
        _require(
            features.shape[:2] == thresholds.shape and 0 < features.shape[2] <= len(center),
            "features has one or more columns for each node",
        )
        _require(bool(((features >= 0) & (features < len(center))).all()), "every feature is a column")
        if coefficients is None:
            _require(features.shape[2] == 1, "splits by several columns have coefficients")
        else:
            _require(coefficients.shape == features.shape, "coefficients and features are of one shape")
            _require(bool(np.isfinite(coefficients).all()), "coefficients are finite")
        _require(bool((counts >= 0).all() and (counts[:, 1] > 0).all()), "every tree has a sample")
        below = counts[:, 2:].reshape(n_trees, n_nodes - 1, 2)
        _require(bool((below.sum(axis=2, dtype=np.int64) == counts[:, 1:n_nodes]).all()), "counts of children add up")
        _require(bool((np.isfinite(thresholds[:, 1:]) | (thresholds[:, 1:] == np.inf)).all()), "thresholds are numbers")
        _require(bool(((thresholds[:, 1:] == np.inf) == (below[:, :, 1] == 0)).all()), "leaves have threshold infinity")
        return cls(features, coefficients, thresholds, counts, center, scale, deviation, background)

    @property
    def _units(self) -> kernel.Units:
        return kernel.Units(self.center, self.scale)

    @property
    def _arrays(self) -> kernel.Forest:
        return kernel.Forest(self.features, self.coefficients, self.thresholds, self.counts, self.lengths)

    def _deepened(
        self, depth: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32] | None, NDArray[np.float32], NDArray[np.int32]]:
        """Return features, coefficients, thresholds and counts with leaves below the last level, down to a depth."""
        features, coefficients, thresholds, counts = self.features, self.coefficients, self.thresholds, self.counts
        while depth_of(thresholds) < depth:
            last = counts[:, thresholds.shape[1] :]
            counts = np.concatenate([counts, np.stack([last, np.zeros_like(last)], axis=2).reshape(len(last), -1)], 1)
            thresholds = np.concatenate([thresholds, np.full_like(thresholds, np.inf)], axis=1)
            features = np.concatenate([features, np.zeros_like(features)], axis=1)
            if coefficients is not None:
                coefficients = np.concatenate([coefficients, np.zeros_like(coefficients)], axis=1)
        return features, coefficients, thresholds, counts


def _array(arrays: Mapping[str, NDArray[Any]], name: str, dtype: type[np.generic], ndim: int) -> NDArray[Any]:
    """Return an array of a file in the native order of bytes."""
    array = arrays.get(name)
    _require(
        array is not None and array.ndim == ndim and np.can_cast(array.dtype, dtype, "equiv"),
        f"there is {name}, {ndim}-dimensional, of type {np.dtype(dtype).name}",
    )
    return np.ascontiguousarray(array, dtype=dtype)


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(f"the arrays are not those of an isolation forest, in which {rule}")
