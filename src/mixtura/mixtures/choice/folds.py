"""Cross-validation: fits to most rows of a table, judged by the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ...distributions.mixture import Mixture
from ...intake.counted import CountedRows
from ...intake.table import Table
from ...rows import Block
from .criteria import likelihoods

K = TypeVar("K")

# Rows are shuffled within stretches of this length, so that no table is too long for it.
_STRETCH = 2**16


@dataclass(frozen=True)
class Folds:
    """A division of the rows of a table that count into folds of equal size, at random.

    The fold of a row follows from its number among those and the seed alone, whatever the table is stored in and
    wherever a pass runs. Rows that do not count are in the first fold.

    Parameters
    ----------
    n_folds, n_rows : int
        Number of folds, and of rows that count.
    seed : int
        Seed of the division.
    counted : CountedRows, optional
        Which rows these are. Default: all.
    """

    n_folds: int
    n_rows: int
    seed: int
    counted: CountedRows | None = None

    def of(self, block: Block) -> NDArray[np.int32]:
        """Return the fold of each row of a block, from 0."""
        first, places = (block.first_row, np.arange(len(block.values))) if self.counted is None else self.counted(block)
        folds = np.zeros(len(block.values), np.int32)
        if len(places):
            start, last = first // _STRETCH, first + len(places)
            division = (self.n_folds, self.n_rows, self.seed)
            stretches = [_fold_of_rows(*division, stretch) for stretch in range(start, -(-last // _STRETCH))]
            folds[places] = np.concatenate(stretches)[first - start * _STRETCH : last - start * _STRETCH]
        return folds


@lru_cache(maxsize=64)
def _fold_of_rows(n_folds: int, n_rows: int, seed: int, stretch: int) -> NDArray[np.int32]:
    first = stretch * _STRETCH
    numbers = np.arange(first, min(first + _STRETCH, n_rows))
    random = np.random.default_rng([seed, stretch])
    return random.permutation(numbers % n_folds).astype(np.int32)


@dataclass(frozen=True)
class Part:
    """One fold, or all the others: blocks in which the other rows weigh nothing."""

    folds: Folds
    fold: int
    held_out: bool

    def __call__(self, block: Block) -> Block:
        """Return the block with weight zero for the rows that do not belong."""
        kept = (self.folds.of(block) == self.fold) == self.held_out
        return replace(block, weights=kept * (1.0 if block.weights is None else block.weights))


def training_rows(n_rows: int, n_folds: int) -> int:
    """Return how many rows of a table are outside of its largest fold."""
    return n_rows - -(-n_rows // n_folds)


def folds_of(counted: CountedRows, n_folds: int, n_components: int, random_state: np.random.RandomState) -> Folds:
    """Return a random division of the rows of a table that count.

    Raises
    ------
    ValueError
        There are fewer rows than folds, or fewer outside of a fold than components.
    """
    n_rows = counted.n_rows
    if n_rows < n_folds:
        raise ValueError(f"{n_folds} folds need as many rows, and the table has {n_rows}: use fewer folds")
    training = training_rows(n_rows, n_folds)
    if training < n_components:
        raise ValueError(
            f"{n_components} components need as many rows, and {n_folds} folds of {n_rows} rows leave {training}: "
            "try fewer components, or more folds"
        )
    return Folds(n_folds, n_rows, int(random_state.randint(2**31 - 1)), counted)


def cross_validate(table: Table, folds: Folds, fit: Callable[[Table], Mapping[K, Mixture | None]]) -> dict[K, float]:
    """Return the mean log density of a row under fits to the other folds, for each of several models.

    Smyth (2000), "Model selection for probabilistic clustering using cross-validated likelihood", Statistics and
    Computing 10.

    Parameters
    ----------
    table : Table
        The table.
    folds : Folds
        How the rows are divided.
    fit : callable
        Given the table with no weight for the rows left out, returns the fits by name; None for a model that
        cannot be fitted to them, whose mean is minus infinity.
    """
    sums: dict[K, float] = {}
    total = 0.0
    for fold in range(folds.n_folds):
        held_out = table.through(Part(folds, fold, held_out=True))
        weight = 0.0
        for name, mixture in fit(table.through(Part(folds, fold, held_out=False))).items():
            if mixture is None:
                sums[name] = float("-inf")
                continue
            log_likelihood, _, weight = likelihoods(mixture, held_out)
            sums[name] = sums.get(name, 0.0) + log_likelihood
        total += weight
    return {name: value / total for name, value in sums.items()}
