"""The ensemble of a table with columns of levels: numbers by mixtures and tails, levels by how rare they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ...engines.progress import OnProgress
from ...rows.blocks.block import Levels
from ...statistics.rarity import Rarity
from ...typing import Floats, Integers
from ..explaining.belonging import background_of
from ..explaining.mixed import MixedExplainer
from ..explanation import Explanation
from ..levels.votes import VOICE_OF_LEVELS, Cells, LevelVotes
from .assembly import fit_ensemble
from .columns import Range
from .logarithms import Logarithms
from .model import EnsembleModel, SurpriseRarity

_OF_LEVELS = "level_columns"
_OWN = {"mixed_background", "mixed_places", "mixed_tail"}


@dataclass(frozen=True, eq=False)
class MixedEnsemble:
    """An ensemble for the columns of numbers, and what the columns of levels say.

    The score of a row is minus its surprise in nats: how rarely numbers and levels are as unusual together, plus what
    its most extreme value adds.

    Attributes
    ----------
    numbers : EnsembleModel or None
        The ensemble of the columns of numbers; None where there are none.
    votes : LevelVotes
        What levels say.
    both : Rarity
        Of the nats of usual numbers and of usual levels together.
    n_rows : int
        Number of rows of the table fitted.
    background : ndarray of shape (n, n_columns)
        Rows of it, by which others are explained.
    """

    numbers: EnsembleModel | None
    votes: LevelVotes
    both: Rarity
    n_rows: int
    background: Floats

    kind: ClassVar[str] = "ensemble"

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.votes.n_columns

    @property
    def n_mixtures(self) -> int:
        """Number of members that see numbers."""
        return 0 if self.numbers is None else self.numbers.n_mixtures

    @cached_property
    def of_numbers(self) -> Integers:
        """Places of the columns of numbers."""
        return np.setdiff1d(np.arange(self.n_features), self.votes.coding.columns)

    @cached_property
    def _order(self) -> Integers:
        """Places of the columns, those of numbers first."""
        return np.concatenate([self.of_numbers, self.votes.coding.columns])

    @property
    def rarity(self) -> SurpriseRarity:
        """How rare minus a score is."""
        return SurpriseRarity.of(self.n_rows, self.n_features)

    def score_samples(self, X: NDArray[Any], cells: Cells | None = None) -> Floats:
        """Return the score of each row of a float array, shape (n_rows,): the lower, the less it belongs.

        What is known of the levels of rows may be given, as of `LevelVotes.votes`.
        """
        usual, evident, extreme = self.votes.parts(X, cells)
        if self.numbers is None:
            return -(np.maximum(usual, evident) + extreme)
        together = np.maximum(self.both.nats(_together(usual_numbers(self.numbers, self.votes, X), usual)), evident)
        return -sum(self.numbers.beyond_nats(X[:, self.of_numbers]), together + extreme)

    def explain(self, X: NDArray[Any], at_least: float | None = None) -> Explanation:
        """Return which cells of each row are wrong, and what they should have been."""
        return self._explainer(np.asarray(X, dtype=np.float64), at_least)

    def voting(self, votes: LevelVotes) -> Self:
        """Return the same ensemble with other votes of levels, which explains rows by the same mixture."""
        other = replace(self, votes=votes)
        explainer = self._explainer.voting(votes, other._score)
        other.__dict__["_explainer"] = explainer  # a cached property, which takes long to find
        return other

    def recalibrated(self, pool: NDArray[Any], cells: Cells) -> Self:
        """Return the ensemble of a table, of which `pool` holds rows, with what is known of the levels of these."""
        votes = self.votes.recalibrated(pool, cells)
        usual = votes.parts(pool, cells)[0]
        if self.numbers is not None:
            usual = _together(usual_numbers(self.numbers, votes, pool), usual)
        return replace(self, votes=votes, both=Rarity.of(usual))

    @cached_property
    def _explainer(self) -> MixedExplainer:
        order = self._order
        background = self.background[:, order]
        numbers = None if self.numbers is None else self.numbers.explainer_of(background, self._score)
        return MixedExplainer(numbers, self.votes, self._score, background, order)

    def _score(self, rows: NDArray[Any]) -> Floats:
        """Return the scores of rows whose columns of numbers come first."""
        return self.score_samples(rows[:, np.argsort(self._order)])

    def without(self, columns: Sequence[int]) -> Self:
        """Return the model to which some columns say nothing: not even that their cells are missing."""
        return replace(self, votes=self.votes.without(columns))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that a file holds."""
        own = {"mixed_background": self.background, **self.both.arrays("mixed")}
        return ({} if self.numbers is None else self.numbers.arrays()) | self.votes.arrays() | own

    def settings(self) -> dict[str, Any]:
        """Return what a file says beside the arrays."""
        numbers = None if self.numbers is None else self.numbers.settings()
        return {"n_columns": self.n_features, "n_rows": self.n_rows, "numbers": numbers}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """Return the model with these arrays and settings, or raise `ValueError` with the fault."""
        if set(settings) != {"n_columns", "n_rows", "numbers"} or not set(arrays) >= _OWN:
            raise ValueError("an ensemble of numbers and levels says its n_columns, n_rows and that of its numbers")
        n_columns, n_rows, of_numbers = settings["n_columns"], settings["n_rows"], settings["numbers"]
        if type(n_columns) is not int or type(n_rows) is not int or n_rows < 1:
            raise ValueError("n_columns and n_rows must be positive whole numbers")
        background = arrays["mixed_background"]
        if background.ndim != 2 or background.shape[1] != n_columns or background.dtype != np.float64:
            raise ValueError(f"mixed_background has rows of {n_columns} columns")
        if not len(background) or np.isinf(background).any():
            raise ValueError("mixed_background must have rows, without infinite numbers")
        votes = LevelVotes.from_arrays(arrays, n_columns)
        ours = set(votes.arrays()) | _OWN
        numbers = None
        if of_numbers is not None:
            held = {name: array for name, array in arrays.items() if name not in ours}
            numbers = EnsembleModel.from_arrays(held, of_numbers)
        elif set(arrays) != ours:
            raise ValueError("an ensemble of levels alone has no arrays of numbers")
        if (0 if numbers is None else numbers.n_features) + len(votes.coding.columns) != n_columns:
            raise ValueError(f"there are {n_columns} columns, and not as many of numbers and of levels")
        return cls(numbers, votes, Rarity.from_arrays(arrays, "mixed"), n_rows, background)


def read_ensemble(arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> EnsembleModel | MixedEnsemble:
    """Return the ensemble that a file holds, of a table of numbers or of one with levels; see `from_arrays`."""
    return (MixedEnsemble if _OF_LEVELS in arrays else EnsembleModel).from_arrays(arrays, settings)


def fit_mixed(
    pool: NDArray[Any],
    whole: Range,
    levels: Levels,
    n_members: int,
    random_state: np.random.RandomState,
    n_threads: int,
    on_progress: OnProgress | None = None,
) -> MixedEnsemble:
    """Return the ensemble of a table some of whose columns have levels, of which `pool` holds rows."""
    sizes = [None if texts is None else len(texts) for texts in levels]
    votes = LevelVotes.of(pool, sizes, levels, whole.n_rows)
    places = np.setdiff1d(np.arange(len(levels)), votes.coding.columns)
    numbers, usual = None, votes.parts(pool)[0]
    if len(places):
        part, of_part = pool[:, places], Range(whole.minima[places], whole.maxima[places], whole.n_rows)
        logarithms = Logarithms.of(part)
        numbers = fit_ensemble(part, of_part, n_members, random_state, n_threads, on_progress, logarithms)
        usual = _together(usual_numbers(numbers, votes, pool), usual)
    return MixedEnsemble(numbers, votes, Rarity.of(usual), whole.n_rows, background_of(pool))


def usual_numbers(numbers: EnsembleModel, votes: LevelVotes, X: NDArray[Any]) -> Floats:
    """Return the nats of what is found of the numbers of each row, as they stand or given a level.

    What is unusual in the table may be usual in rows of a level. The less unusual of both counts.
    """
    places = np.setdiff1d(np.arange(X.shape[1]), votes.coding.columns)
    found = numbers.usual_nats(X[:, places])
    center, scale = np.zeros((2, X.shape[1]))
    center[places], scale[places] = numbers.units.center, numbers.units.scale
    rows, moved = votes.given.moved(X, votes.coding.codes(X), center, scale)
    if len(rows):
        found[rows] = np.minimum(found[rows], numbers.usual_nats(moved[:, places]))
    return found


def _together(numbers: Floats, levels: Floats) -> Floats:
    """Return what numbers and levels find of rows, where the voice of levels is that of flags."""
    return np.asarray(numbers + VOICE_OF_LEVELS * levels)
