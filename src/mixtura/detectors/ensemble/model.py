"""An ensemble of small mixtures, and the tails of the columns, as a frozen value."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...kernels.ensemble import Members, Regression, Samples, Tails, Units, extremes, scores
from ...statistics.rarity import NEVER, NEW_VALUE, Rarity
from ...typing import Floats
from ..explaining.belonging import explainer_by, explainer_of_columns, on_planes
from ..explaining.explainer import Explainer
from ..explaining.wide import WideExplainer
from ..explanation import Explanation
from ..levels.absent import Absent
from ..planes import Planes, no_planes
from .extremes import LEAST_WIDTH
from .flags import VOICE_OF_FLAGS, Flags
from .logarithms import Logarithms

# A value differs from that of a column that never changed if it does so in its first digits.
_SAME_DIGITS = 1e-6

_MOST_NEIGHBORS = 5

# What a file may hold of a regression, of tails and of flags: whatever a fit finds, and nothing of which rows have
# infinite scores.
_LEAST_REMAINING = 0.05
_SHAPES = (1e-3, 10.0)
_MOST_NATS = 1e3

_UNIT_TYPES = {"center": np.float64, "scale": np.float64, "deviations": np.float64}
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
_REGRESSION_TYPES = dict.fromkeys(("shift", "spread", "loadings", "remaining"), np.float64)
_TAIL_TYPES = dict.fromkeys(("tail_centers", "tail_starts", "tail_scales", "tail_shapes", "tail_nats"), np.float64)
_FLAG_TYPES = {"flag_columns": np.int32, "flag_values": np.float64, "flag_nats": np.float64}
_RARITIES = ("votes", "flags", "both")
_RARITY_TYPES = {f"{name}_{part}": np.float64 for name in _RARITIES for part in ("places", "tail")}
_TYPES = _UNIT_TYPES | _MEMBER_TYPES | _SAMPLE_TYPES | _REGRESSION_TYPES | _TAIL_TYPES | _FLAG_TYPES | _RARITY_TYPES
# Of tables on a plane only.
_PLANE_TYPES = dict.fromkeys(("plane_normals", "plane_values", "plane_nats"), np.float64)
# Not of files of older versions.
_BACKGROUND_TYPES = {"background": np.float64}
# Of tables with levels only.
_LOG_TYPES: dict[str, Any] = {"log_columns": np.int32, "log_units": np.float64}
# Of tables of numbers that a few rows lack.
_ABSENT_TYPES = {"absent_each": np.float64, "absent_steps": np.float64}
_DIMENSIONS = {
    "absent_steps": 2,
    "background": 2,
    "log_units": 2,
    "plane_normals": 2,
    "deviations": 2,
    "shapes": 2,
    "references": 3,
    "loadings": 2,
    "flag_values": 2,
    "flag_nats": 2,
}
_DIMENSIONS |= {f"{name}_places": 2 for name in _RARITIES} | {"plane_normals": 2}


@dataclass(frozen=True)
class SurpriseRarity:
    """How rarely the rows of a table reach a surprise, the sum of two nats that may be of one cause.

    Attributes
    ----------
    together : float
        Up to here a surprise is as rare as it says. Beyond, half of what exceeds it counts.
    """

    together: float

    @classmethod
    def of(cls, n_rows: int, n_columns: int) -> Self:
        """Return that of a table of so many rows and columns."""
        return cls(max(math.log(n_rows) - math.log(n_columns) / 2, 0.0))

    def nats(self, values: ArrayLike) -> Floats:
        """Return minus the logarithm of the probability that a row reaches each value, at least 0."""
        surprise = np.maximum(np.asarray(values, dtype=np.float64), 0.0)
        return np.asarray(surprise - np.maximum(surprise - self.together, 0.0) / 2)

    def value_at(self, nats: float) -> float:
        """Return the surprise that has so many nats."""
        return nats + max(nats - self.together, 0.0)


@dataclass(frozen=True, eq=False)
class EnsembleModel:
    """Small mixtures over some of the columns each, small samples of rows, flags, and the tails of all columns.

    The score of a row is minus its surprise in nats: minus the logarithm of the share of the rows of a table like the
    one fitted that mixtures, samples and flags find as unusual, plus what its most extreme value adds: how many nats
    that lies beyond the rarest value which so many rows and columns hold by chance. A row that lacks cells which nearly
    all rows have is as surprising as few rows lack as much, if nothing else makes it more so.

    Attributes
    ----------
    units : Units
        Where each column lies and how far it spreads.
    deviations : ndarray of shape (3, n_columns)
        How far values of each column lie from its centre as a rule, the least that they may be said to lie from what
        other columns predict, and how far they lie from what the regression predicts, in units.
    members : Members
        The mixtures, and what their log densities usually are.
    samples : Samples
        The samples, and what distances to their rows usually are.
    regression, tails : Regression, Tails
        What values are given the others of their row; where the tails of both start, and how they fall.
    flags : Flags
        The columns of two values.
    rarities : tuple of Rarity
        Of the votes of members and samples, of the sums of flags, and of both together.
    planes : Planes
        The combinations of columns that never change.
    n_rows : int
        Number of rows of the table fitted.
    background : ndarray of shape (n, n_columns) or None
        Rows of it, by which others are explained; None in a file of an older version.
    logarithms : Logarithms
        Columns that members and samples see in logarithms; none in a table of numbers alone.
    absent : Absent or None
        Cells that are missing though nearly all rows have them; None where votes of levels know of them.
    """

    units: Units
    deviations: Floats
    members: Members
    samples: Samples
    regression: Regression
    tails: Tails
    flags: Flags
    rarities: tuple[Rarity, Rarity, Rarity]
    planes: Planes
    n_rows: int
    background: Floats | None = None
    logarithms: Logarithms = field(default_factory=Logarithms.none)
    absent: Absent | None = None

    kind: ClassVar[str] = "ensemble"

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return len(self.units.center)

    @property
    def n_mixtures(self) -> int:
        """Number of members."""
        return len(self.members.shapes)

    @property
    def log_rows(self) -> float:
        """Nats of the rarest row of the table fitted."""
        return math.log(self.n_rows)

    @cached_property
    def voting_units(self) -> Units:
        """Units of members and samples, which see no flags."""
        return voting_units(self.logarithms.units(self.units), self.flags.columns)

    def score_samples(self, X: NDArray[Any]) -> Floats:
        """Return the score of each row of a float array, shape (n_rows,): the lower, the less it belongs."""
        usual = self.usual_nats(X)
        return -sum(self.beyond_nats(X), usual if self.absent is None else np.maximum(usual, self.absent.nats(X)))

    def usual_nats(self, X: NDArray[Any]) -> Floats:
        """Return the nats of what members, samples and flags find of each row."""
        votes, flags = self.voted_nats(X)
        if not len(self.flags) or not len(self.members.shapes):
            return votes + flags
        return self.rarities[2].nats(votes + VOICE_OF_FLAGS * flags)

    def voted_nats(self, X: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return the nats of what members and samples find of each row, and those of its flags; 0 where none are."""
        votes, flags, _ = self.rarities
        found = np.zeros(len(X))
        if len(self.members.shapes):
            seen = self.logarithms.seen(X)
            found = votes.nats(scores(seen, self.voting_units, self.members, self.samples))
        return found, flags.nats(self.flags.together(X)) if len(self.flags) else np.zeros(len(X))

    def extreme_nats(self, X: NDArray[Any]) -> Floats:
        """Return the nats that the most extreme value of each row has beyond what chance has to offer."""
        return np.asarray(np.maximum(extremes(X, self.units, self.regression, self.tails) - self.allowance, 0.0))

    def beyond_nats(self, X: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
        """Return the nats of the most extreme value of each row, of values never seen, and of rows off the planes."""
        new: Floats = self.new_values(X)[1].sum(axis=1)
        off = self.planes.nats * self.planes.gaps(X, self.units).any(axis=1)
        return self.extreme_nats(X), new, np.asarray(off)

    @property
    def allowance(self) -> float:
        """Nats that a value needs to count: as many as the rarest of n √d values by chance.

        Of n d values a few, about √d, come so far. The full allowance would leave no value of a heavy tail to count in
        tables of many columns, and none at all would let chance rank them.
        """
        return self.log_rows + math.log(self.n_features) / 2

    def new_values(self, X: NDArray[Any]) -> tuple[NDArray[np.int64], Floats]:
        """Return the columns of one value or two, and the nats of other values in each, shape (n_rows, n_such)."""
        constant = np.flatnonzero(self.units.scale == 0)
        center = self.units.center[constant]
        with np.errstate(over="ignore"):
            changed = np.abs(X[:, constant].astype(np.float64) - center) > _SAME_DIGITS * np.abs(center)
        nats = np.where(changed, self.log_rows + NEW_VALUE, 0.0)
        return np.append(constant, self.flags.columns), np.hstack([nats, self.flags.third(X)])

    @property
    def rarity(self) -> "SurpriseRarity":
        """How rare minus a score is: from where an extreme counts by chance in a few rows, both parts may be one."""
        return SurpriseRarity.of(self.n_rows, self.n_features)

    def explain(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return which cells of each row are wrong, and what they should have been."""
        found = self._explainer(X, at_least)
        return found if self.absent is None else self.absent.told(found, X)

    def without(self, columns: Sequence[int]) -> Self:
        """Return the model to which it says nothing that cells of some columns are missing."""
        return self if self.absent is None else replace(self, absent=self.absent.without(columns))

    @cached_property
    def _explainer(self) -> Explainer | WideExplainer:
        if self.background is None:
            varies = self.units.scale > 0
            spread = np.where(varies, self.deviations[0] / np.where(varies, self.units.scale, 1.0), 0.0)
            return explainer_of_columns(self.units.center, spread, self.score_samples)
        return self.explainer_of(self.background, self.score_samples)

    def explainer_of(self, background: Floats, score: Callable[[NDArray[Any]], Floats]) -> Explainer | WideExplainer:
        """Return what explains rows that `score` scores, of which the first columns are those of the ensemble."""
        explainer = explainer_by(background, score, self.n_features)
        if not len(self.planes) or isinstance(explainer, WideExplainer):
            return explainer
        # Planes are in the units of the ensemble: normals @ ((x - center) * scale) = values.
        normals = self.planes.normals * self.units.scale
        values = self.planes.values + normals @ (self.units.center - explainer.scaling.center)
        return replace(explainer, mixture=on_planes(explainer.mixture, normals * explainer.scaling.scale, values))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file holds."""
        arrays: dict[str, NDArray[Any]] = {
            "center": self.units.center,
            "scale": self.units.scale,
            "deviations": self.deviations,
        }
        arrays |= {name: getattr(self.members, name) for name in _MEMBER_TYPES}
        arrays |= dict(zip(_SAMPLE_TYPES, self.samples[1:], strict=True))
        arrays |= dict(zip(_REGRESSION_TYPES, self.regression, strict=True))
        arrays |= dict(zip(_TAIL_TYPES, self.tails, strict=True))
        arrays |= dict(zip(_FLAG_TYPES, (self.flags.columns, self.flags.values, self.flags.nats), strict=True))
        for name, rarity in zip(_RARITIES, self.rarities, strict=True):
            arrays |= rarity.arrays(name)
        if len(self.planes):
            parts = (self.planes.normals, self.planes.values, np.array([self.planes.nats]))
            arrays |= dict(zip(_PLANE_TYPES, parts, strict=True))
        if self.background is not None:
            arrays |= {"background": self.background}
        arrays |= {} if self.absent is None else self.absent.arrays()
        return arrays | self.logarithms.arrays()

    def settings(self) -> dict[str, Any]:
        """Return what a file says beside the arrays."""
        return {"limit": self.units.limit, "k": self.samples.k, "n_rows": self.n_rows}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """Return the model with these arrays and settings, or raise `ValueError` with the fault."""
        types = _TYPES
        for optional in (_PLANE_TYPES, _BACKGROUND_TYPES, _LOG_TYPES, _ABSENT_TYPES):
            types = types if optional.keys().isdisjoint(arrays) else types | optional
        if set(arrays) != set(types) or set(settings) != {"limit", "k", "n_rows"}:
            raise ValueError(f"an ensemble has the arrays {', '.join(_TYPES)}, and says its limit, k and n_rows")
        limit, k, n_rows = settings["limit"], settings["k"], settings["n_rows"]
        if type(k) is not int or not 1 <= k <= _MOST_NEIGHBORS:
            raise ValueError(f"k is {k!r} and must be a whole number from 1 to {_MOST_NEIGHBORS}")
        if not isinstance(limit, float) or not 0 < limit < np.inf:
            raise ValueError(f"limit is {limit!r} and must be a positive number")
        if type(n_rows) is not int or n_rows < 1:
            raise ValueError(f"n_rows is {n_rows!r} and must be a positive whole number")
        given = {name: _checked(arrays, name, dtype) for name, dtype in types.items()}
        units = Units(given["center"], given["scale"], limit)
        d = len(units.center)
        if not d or units.scale.shape != (d,) or given["deviations"].shape != (3, d) or (units.scale < 0).any():
            raise ValueError("there must be columns with a scale and three deviations each, no scale negative")
        flags = Flags(*(given[name] for name in _FLAG_TYPES))
        if flags.values.shape != (2, len(flags)) or flags.nats.shape != (3, len(flags)):
            raise ValueError("flags have two values each, and three probabilities")
        if len(flags) and not (flags.columns.min() >= 0 and flags.columns.max() < d):
            raise ValueError("a flag has no such column")
        if not ((flags.nats >= 0) & (flags.nats <= _MOST_NATS)).all():
            raise ValueError("flag_nats are no nats of shares")
        regression, tails = (
            Regression(*(given[name] for name in _REGRESSION_TYPES)),
            Tails(*(given[name] for name in _TAIL_TYPES)),
        )
        _check(regression, tails)
        votes, flagged, both = (Rarity.from_arrays(given, name) for name in _RARITIES)
        model = cls(
            units,
            given["deviations"],
            Members(*(given[name] for name in _MEMBER_TYPES)),
            Samples(k, *(given[name] for name in _SAMPLE_TYPES)),
            regression,
            tails,
            flags,
            (votes, flagged, both),
            _planes(given, d),
            n_rows,
            _background(given, d),
            Logarithms.from_arrays(given, d),
            Absent.from_arrays(given, d) if "absent_each" in given else None,
        )
        # The kernels compare all sizes, and all columns with the table, before they read a row.
        scores(np.zeros((1, model.n_features)), model.voting_units, model.members, model.samples)
        model.score_samples(np.zeros((1, model.n_features)))
        return model


def voting_units(units: Units, flags: NDArray[np.int32]) -> Units:
    """Return the units in which flags are not seen."""
    scale = units.scale.copy()
    scale[flags] = 0.0
    return units._replace(scale=scale)


def _planes(given: Mapping[str, NDArray[Any]], n_columns: int) -> Planes:
    """Return the planes of a file, or raise `ValueError` where no fit finds such."""
    if "plane_normals" not in given:
        return no_planes(n_columns)
    normals, values, nats = (given[name] for name in _PLANE_TYPES)
    if normals.shape != (len(values), n_columns) or nats.shape != (1,) or not 0 <= nats[0] <= _MOST_NATS:
        raise ValueError("planes have a coefficient for each column, a value each, and nats from 0 on")
    if np.abs(normals).max(initial=0.0) > 1 + _SAME_DIGITS:
        raise ValueError("plane_normals must be of length one")
    return Planes(normals, values, float(nats[0]))


def _background(given: Mapping[str, NDArray[Any]], n_columns: int) -> Floats | None:
    """Return the rows of a file that explain others, or raise `ValueError` where they are not rows of the table."""
    background = given.get("background")
    if background is not None and (background.shape[1] != n_columns or not len(background)):
        raise ValueError(f"background has rows of {n_columns} columns")
    return background


def _check(regression: Regression, tails: Tails) -> None:
    """Raise `ValueError` where no fit finds such numbers."""
    if (regression.remaining < _LEAST_REMAINING).any() or (np.abs(regression.loadings) > 1).any():
        raise ValueError("loadings and what they leave must be those of correlations: remaining must be positive")
    if (regression.spread < LEAST_WIDTH).any() or (tails.scales < LEAST_WIDTH).any():
        raise ValueError("spread and tail_scales must be positive")
    if (tails.shapes < _SHAPES[0]).any() or (tails.shapes > _SHAPES[1]).any():
        raise ValueError(f"tail_shapes must be positive, from {_SHAPES[0]} to {_SHAPES[1]}")
    if (tails.starts < 0).any() or (np.abs(tails.centers) > NEVER).any():
        raise ValueError("tails start at distances, of centres that are within reach")


def _checked(arrays: Mapping[str, NDArray[Any]], name: str, dtype: Any) -> NDArray[Any]:
    array = arrays[name]
    dimensions = _DIMENSIONS.get(name, 1)
    if array.dtype != dtype or array.ndim != dimensions:
        raise ValueError(f"{name} is an array of {array.dtype} with {array.ndim} dimensions, not of {np.dtype(dtype)}")
    if not np.isfinite(array[~np.isnan(array)] if name == "background" else array).all():
        raise ValueError(f"{name} holds numbers that are not finite")
    array = np.array(array, order="C")
    array.setflags(write=False)
    return array
