"""An ensemble of small mixtures as a frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ..distributions.matrices import Floats
from ..kernels.ensemble import Members, Samples, Units, scores
from .ensemble_explain import explain
from .explanation import Explanation

# What a value adds to the outlyingness of a row when its column never changed in the table that was fitted: about as
# much as a row far beyond all others gets from the members, log(1 + 20,000).
NEW_VALUE = 10.0

_MOST_NEIGHBORS = 5

_UNIT_TYPES = {"center": np.float64, "scale": np.float64}
_MEMBER_TYPES = {
    "shapes": np.int32,
    "columns": np.int32,
    "log_constants": np.float64,
    "means": np.float32,
    "factors": np.float32,
    "medians": np.float64,
    "spreads": np.float64,
    "weights": np.float64,
}
# In files, beside the arrays of the members.
_SAMPLE_TYPES = {
    "references": np.float32,
    "distance_medians": np.float64,
    "distance_spreads": np.float64,
    "distance_weights": np.float64,
}
_DIMENSIONS = {"shapes": 2, "references": 3}


@dataclass(frozen=True, eq=False)
class EnsembleModel:
    """Small mixtures over some of the columns each, small samples of rows, and the units that they see the table in.

    Attributes
    ----------
    units : Units
        Where each column lies and how far it spreads.
    members : Members
        The mixtures, and what their log densities usually are.
    samples : Samples
        The samples, and what distances to their rows usually are.
    """

    units: Units
    members: Members
    samples: Samples

    kind: ClassVar[str] = "ensemble"

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return len(self.units.center)

    def score_samples(self, X: NDArray[Any]) -> Floats:
        """Return the score of each row of a float array, shape (n_rows,): the lower, the less it belongs."""
        return -scores(X, self.units, self.members, self.samples, NEW_VALUE)

    def explain(self, X: NDArray[Any]) -> Explanation:
        """Return what the members expected of each value, and which columns carry the score."""
        return explain(X, self.units, self.members, self.samples, NEW_VALUE)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file holds."""
        units = {name: getattr(self.units, name) for name in _UNIT_TYPES}
        members = {name: getattr(self.members, name) for name in _MEMBER_TYPES}
        return units | members | dict(zip(_SAMPLE_TYPES, self.samples[1:], strict=True))

    def settings(self) -> dict[str, Any]:
        """Return what a file says beside the arrays."""
        return {"limit": self.units.limit, "k": self.samples.k}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """Return the model with these arrays and settings, or raise `ValueError` with the fault."""
        known = _UNIT_TYPES | _MEMBER_TYPES | _SAMPLE_TYPES
        if set(arrays) != set(known) or set(settings) != {"limit", "k"}:
            raise ValueError(f"an ensemble has the arrays {', '.join(known)}, and says its limit and k")
        limit, k = settings["limit"], settings["k"]
        if type(k) is not int or not 1 <= k <= _MOST_NEIGHBORS:
            raise ValueError(f"k is {k!r} and must be a whole number from 1 to {_MOST_NEIGHBORS}")
        if not isinstance(limit, float) or not 0 < limit < np.inf:
            raise ValueError(f"limit is {limit!r} and must be a positive number")
        given = {name: _checked(arrays, name, dtype) for name, dtype in known.items()}
        members = Members(*(given[name] for name in _MEMBER_TYPES))
        samples = Samples(k, *(given[name] for name in _SAMPLE_TYPES))
        model = cls(Units(given["center"], given["scale"], limit), members, samples)
        if not len(model.units.center) or (model.units.scale < 0).any():
            raise ValueError("there must be columns, and no scale may be negative")
        # The kernel compares all sizes, and all columns with the table, before it reads a row.
        model.score_samples(np.zeros((1, model.n_features)))
        return model


def _checked(arrays: Mapping[str, NDArray[Any]], name: str, dtype: Any) -> NDArray[Any]:
    array = arrays[name]
    dimensions = _DIMENSIONS.get(name, 1)
    if array.dtype != dtype or array.ndim != dimensions:
        raise ValueError(f"{name} is an array of {array.dtype} with {array.ndim} dimensions, not of {np.dtype(dtype)}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds numbers that are not finite")
    array = np.array(array, order="C")
    array.setflags(write=False)
    return array
