"""A model that judges rows within their segments, as a frozen value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ...typing import Bools, Floats, Integers
from ..density.model import DensityModel
from ..ensemble.mixed import MixedEnsemble, read_ensemble
from ..ensemble.model import EnsembleModel
from ..explaining.given import MOST_GIVEN
from ..explanation import Explanation
from ..model import OutlierModel
from .keys import SegmentKeys
from .levels import LevelTables
from .shifts import Shifts

_READ = {EnsembleModel.kind: read_ensemble, DensityModel.kind: DensityModel.from_arrays}

_OWN = {"segment_keys", "segment_counts", "segment_medians", "segment_center", "segment_centers", "segment_factors"}
_LEVELS, _INNER = "segment_levels", "within_"


@dataclass(frozen=True, eq=False)
class SegmentedModel:
    """A model of the rows of a table as they would be in a usual segment.

    Attributes
    ----------
    model : OutlierModel
        The model, of all columns but those that say which segment a row is of.
    keys : SegmentKeys
        The segments.
    shifts : Shifts
        What is usual of the numbers of each.
    counts : ndarray of shape (n_segments,), int64
        Rows of each in the table fitted.
    medians : ndarray of shape (n_segments + 1, n_columns)
        Medians of each, and at last of all rows, of the other columns; NaN where a column has none.
    levels : LevelTables or None
        How usual levels are in each; None where segments do not differ in them.
    """

    model: OutlierModel
    keys: SegmentKeys
    shifts: Shifts
    counts: Integers
    medians: Floats
    levels: LevelTables | None = None

    kind: ClassVar[str] = "segments"

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.model.n_features + len(self.keys.columns)

    @property
    def rarity(self) -> Any:
        """How rare minus a score is, where the model says so; else None."""
        return getattr(self.model, "rarity", None)

    @property
    def others(self) -> Integers:
        """Places of the columns that are judged."""
        return self.keys.others(self.n_features)

    def judged_by(self, X: NDArray[Any]) -> list[tuple[int, ...]]:
        """Return the columns of the segment within which each row is judged: none of a row of no segment."""
        known = self.keys.segments_of(X) < len(self.keys)
        return [self.keys.columns if one else () for one in known]

    def score_samples(self, X: NDArray[Any]) -> Floats:
        """Return the score of each row of a float array, shape (n_rows,): the lower, the less it belongs."""
        segments = self.keys.segments_of(X)
        seen = self.shifts.seen(X[:, self.others], segments)
        if self.levels is None:
            return self.model.score_samples(seen)
        return self._mixed.score_samples(seen, self.levels.cells(self._mixed.votes, seen, segments))

    @property
    def _mixed(self) -> MixedEnsemble:
        assert isinstance(self.model, MixedEnsemble), "tables of levels are those of such a model"
        return self.model

    def explain(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return which cells of each row are wrong, and what they should have been in its segment."""
        segments = self.keys.segments_of(X)
        found = self._explained(self.shifts.seen(X[:, self.others], segments), segments, at_least)
        expected, repaired = (self.shifts.back(values, segments) for values in (found.expected, found.repaired))
        within = (segments < len(self.keys))[:, np.newaxis] & self._differs
        return replace(
            found,
            expected=self._among(expected, X),
            deviation=self._among(found.deviation / self.shifts.factors[segments], np.ones_like(X)),
            distance=self._beside(found.distance),
            shares=self._beside(found.shares),
            given_others=self._beside(found.given_others | within),
            flagged_cells=self._beside(found.flagged_cells),
            other_cells=self._beside(found.other_cells),
            repaired=self._among(np.where(found.flagged_cells, repaired, 0.0), X, found.flagged_cells),
            given=self._given(found, np.asarray((found.flagged_cells & within).any(axis=1))),
        )

    def _explained(self, seen: NDArray[Any], segments: Integers, at_least: float | None) -> Explanation:
        """Return the explanation of rows as they are seen, by the levels that are usual in their segments."""
        if self.levels is None or not len(seen):
            return self.model.explain(seen, at_least)
        order = np.argsort(segments, kind="stable")
        parts = []
        for rows in np.split(order, np.flatnonzero(np.diff(segments[order])) + 1):
            votes = self.levels.at(self._mixed.votes, int(segments[rows[0]]))
            parts.append(self._mixed.voting(votes).explain(seen[rows], at_least))
        return Explanation.concatenate(parts).take(np.argsort(order))

    @property
    def _differs(self) -> Bools:
        """The other columns in which segments differ, by numbers or levels, shape (n_columns,)."""
        found = self.shifts.moved
        if self.levels is not None:
            coding = self._mixed.votes.coding
            differs = (self.levels.shares != self._mixed.votes.shares).any(axis=0)
            found[coding.columns] = [one.any() for one in coding.each(differs)]
        return found

    def _beside(self, found: NDArray[Any]) -> NDArray[Any]:
        """Return what is found of the other columns with nothing in the columns of segments."""
        all_columns = np.zeros((len(found), self.n_features), found.dtype)
        all_columns[:, self.others] = found
        return all_columns

    def _among(self, found: Floats, X: NDArray[Any], where: NDArray[np.bool_] | None = None) -> Floats:
        """Return rows with what is found of the other columns, everywhere or where that is said."""
        rows = X.astype(np.float64)
        rows[:, self.others] = found if where is None else np.where(where, found, rows[:, self.others])
        return rows

    def _given(self, found: Explanation, within: Bools) -> Integers:
        """Return the columns that tell most, those of segments first where these tell a flagged cell."""
        given = np.where(found.given >= 0, self.others[found.given], -1)
        first = np.tile(self.keys.columns, (len(given), 1))
        beside = np.hstack([first, given])[:, : max(MOST_GIVEN, len(self.keys.columns))]
        own = np.hstack([given, np.full((len(given), beside.shape[1] - given.shape[1]), -1)])
        return np.where(within[:, np.newaxis], beside, own)

    def without(self, columns: Sequence[int]) -> Self:
        """Return the model to which some columns say nothing: without those of segments, rows are of no segment."""
        model, own = self, [int(np.searchsorted(self.others, c)) for c in columns if c not in self.keys.columns]
        if len(own) < len(columns):
            keys = replace(self.keys, keys=self.keys.keys[:0])
            levels = None if self.levels is None else self.levels.unknown()
            parts = (self.model, keys, self.shifts.unknown(), self.counts[:0], self.medians[-1:], levels)
            model = type(self)(*parts)
        silent = getattr(self.model, "without", None)
        if silent is None or not own:
            return model
        levels = None if model.levels is None else model.levels.without(self._mixed.votes, own)
        return replace(model, model=silent(own), levels=levels)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file holds."""
        own = {
            "segment_keys": self.keys.keys,
            "segment_counts": self.counts,
            "segment_medians": self.medians,
            "segment_center": self.shifts.center,
            "segment_centers": self.shifts.centers,
            "segment_factors": self.shifts.factors,
        }
        own |= {} if self.levels is None else self.levels.arrays()
        return own | {_INNER + name: array for name, array in self.model.arrays().items()}

    def settings(self) -> dict[str, Any]:
        """Return what a file says beside the arrays."""
        return {
            "columns": [*self.keys.columns],
            "sizes": [*self.keys.sizes],
            "within": self.model.kind,
            "settings": self.model.settings(),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """Return the model with these arrays and settings, or raise `ValueError` with the fault."""
        if set(settings) != {"columns", "sizes", "within", "settings"} or not set(arrays) >= _OWN:
            raise ValueError("a model of segments says its columns, their sizes, and what judges rows within them")
        if not all(name in (*_OWN, _LEVELS) or name.startswith(_INNER) for name in arrays):
            raise ValueError("a model of segments has arrays of no other model")
        columns, sizes, read = settings["columns"], settings["sizes"], _READ.get(settings["within"])
        if read is None:
            raise ValueError(f"rows are judged within segments by one of {', '.join(_READ)}")
        if not all(isinstance(s, list) and s and all(type(k) is int and k >= 0 for k in s) for s in (columns, sizes)):
            raise ValueError("the columns of segments and their sizes are whole numbers")
        inner = {name.removeprefix(_INNER): array for name, array in arrays.items() if name.startswith(_INNER)}
        model = read(inner, settings["settings"])
        n_columns = model.n_features + len(columns)
        if len(columns) != len(sizes) or len(set(columns)) < len(columns) or max(columns) >= n_columns:
            raise ValueError("the columns of segments are columns of the table, with a size each")
        keys = replace(SegmentKeys.none(columns, sizes), keys=arrays["segment_keys"])
        names = ("segment_counts", "segment_medians", "segment_center", "segment_centers", "segment_factors")
        counts, medians, center, centers, factors = (arrays[name] for name in names)
        shape = (len(keys) + 1, model.n_features)
        if not (
            keys.keys.dtype == counts.dtype == np.int64
            and keys.keys.ndim == 1
            and counts.shape == (len(keys),)
            and center.shape == shape[1:]
            and medians.shape == centers.shape == factors.shape == shape
        ):
            raise ValueError("segments have the wrong sizes")
        if any(array.dtype != np.float64 for array in (medians, center, centers, factors)):
            raise ValueError("what is usual of segments must be doubles")
        if (np.diff(keys.keys) <= 0).any() or (keys.keys < 0).any() or (counts < 0).any():
            raise ValueError("segments have keys in ascending order, and no negative counts")
        if not (np.isfinite(center).all() and np.isfinite(centers).all() and np.isfinite(factors).all()):
            raise ValueError("what is usual of segments must be finite numbers")
        if not (factors > 0).all() or np.isinf(medians).any():
            raise ValueError("spreads of segments must be positive, and medians not infinite")
        levels = None
        if _LEVELS in arrays:
            if not isinstance(model, MixedEnsemble):
                raise ValueError("a model of numbers alone has no levels")
            levels = LevelTables.from_arrays(arrays, model.votes, len(keys))
        return cls(model, keys, Shifts(center, centers, factors), counts, medians, levels)
