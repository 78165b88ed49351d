"""Passes over rows with missing values, which are NaN: the E-step over what was observed.

The values that a row misses are integrated out (Ghahramani and Jordan 1994, "Supervised learning from incomplete data
via an EM approach"; Little and Rubin 2019, "Statistical Analysis with Missing Data", section 11.2). The arithmetic is
in ``native/incomplete.hpp``. Rows that miss the same columns share a factorisation where they follow one another, and
are sorted for that.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, softmax

from ..kernels import observed
from ..rows import ArrayRows, Block, Rows, rows_per_block
from ..statistics.moments import Moments
from ..typing import Floats
from .passes import Components, Passes


class ObservedPasses(Passes):
    """The passes of `Passes`, over rows in which NaN marks a missing value.

    Every answer rests on the marginal distribution of what was observed. A row without any value says nothing: it adds
    nothing to moments, its log density is zero, and its responsibilities are the weights of the components.

    Parameters
    ----------
    components : Components
        What the model knows.
    dtype : dtype
        Type of the rows, float32 or float64; the parameters are rounded to it.
    """

    def __init__(self, components: Components, dtype: "np.dtype[Any] | type") -> None:
        super().__init__(components, dtype)
        covariance, means = components.covariance, components.means
        degrees, sizes = components.degrees_of_freedom, np.arange(means.shape[1] + 1)
        self._model = observed.Model(
            covariance.observed_kernel,
            covariance.is_shared,
            components.log_constants_in(sizes),
            self._means,
            np.ascontiguousarray(covariance.observed_factors(means), dtype=self.dtype),
            observed.filled_up(covariance.precision_rows),
            degrees,
            None if degrees is None else _log_corrections(degrees, sizes),
            self._levels,
        )

    def summarise(self, block: Block) -> Moments:
        """Return the expected moments of a block, in the units of the table."""
        part, rows = self._known(block)
        weight = float(len(rows)) if part.weights is None else float(part.weights.sum())
        return replace(super().accumulate(part), weight=weight)

    def accumulate(self, block: Block, *, floor: float = -np.inf, log_density: NDArray[Any] | None = None) -> Moments:
        """Return the expected moments of the rows of a block whose log density is above `floor`, their weight at zero.

        The log density of every row is written to `log_density` if given.
        """
        part, rows = self._known(block)
        if log_density is None:
            return super().accumulate(part, floor=floor)
        densities = np.empty(len(rows), self.dtype)
        moments = super().accumulate(part, floor=floor, log_density=densities)
        log_density[:] = 0
        log_density[rows] = densities
        return moments

    def in_units(self, moments: Moments) -> Moments:
        """Return moments as they are: they are in the units of the table already."""
        return moments

    def likelihoods(self, block: Block) -> Floats:
        """Return three weighted sums: of log densities, of log responsibilities of the likeliest component, of ones.

        Rows without any value are left out.
        """
        return super().likelihoods(self._known(block)[0])

    def log_density(self, block: Block) -> NDArray[Any]:
        """Return the log density of what was observed of each row of a block."""
        return self._scattered(block, np.zeros((), self.dtype), super().log_density)

    def responsibilities(self, block: Block) -> NDArray[Any]:
        """Return the responsibilities of the components for each row of a block; noise takes what is left of one."""
        return self._scattered(block, self.weights.astype(self.dtype), super().responsibilities)

    def labels(self, block: Block) -> NDArray[np.int64]:
        """Return the most probable component of each row of a block, -1 for noise."""
        weights = self.weights
        label = -1 if weights.max() < 1 - weights.sum() else int(weights.argmax())
        return self._scattered(block, np.array(label, np.int64), super().labels)

    @property
    def weights(self) -> Floats:
        """Weights of the components."""
        if self.noise is not None and self.noise.weight == 1:
            return np.zeros(len(self.components.offsets))
        share = 1.0 if self.noise is None else 1 - self.noise.weight
        return np.asarray(softmax(self.components.offsets)) * share

    def _known(self, block: Block) -> tuple[Block, NDArray[np.int64]]:
        """Return the rows of a block that have a value, sorted by the numbers that they miss, and their positions."""
        missing = np.isnan(block.values)
        rows = _order(_keys(missing[:, self.components.numbers]))
        rows = rows[~np.asarray(missing.all(axis=1))[rows]]
        weights = None if block.weights is None else block.weights[rows]
        return replace(block, values=block.values.take(rows, axis=0), weights=weights, strays=None), rows

    def _scattered(self, block: Block, unknown: NDArray[Any], ask: Callable[[Block], NDArray[Any]]) -> NDArray[Any]:
        """Return what a pass says of each row of a block, `unknown` for rows without any value."""
        part, rows = self._known(block)
        out = np.full((len(block.values), *unknown.shape), unknown)
        out[rows] = ask(part)
        return out

    def _add(self, block: Block, moments: Moments, floor: float, log_density: NDArray[Any] | None) -> float:
        noise = None if self.noise is None else self.noise.log_densities_inside(np.isnan(block.values))
        return observed.accumulate(
            self._model,
            block.values,
            block.weights,
            moments.counts,
            moments.first,
            moments.second.reshape(-1),
            tails=moments.tails,
            log_backgrounds=noise,
            floor=floor,
            log_density=log_density,
            level_weights=moments.levels,
        )

    def _score(self, block: Block, **out: NDArray[Any]) -> None:
        observed.score(self._model, block.values, **out)


def _log_corrections(degrees: Floats, sizes: NDArray[np.int64]) -> Floats:
    """Return what is added to log u of rows with some numbers of columns, as if they had all.

    The expectation of log u is log((nu + d) / (nu + q)) + psi((nu + d) / 2) - log((nu + d) / 2), of which a pass sums
    the first term and `next_degrees` adds the others: here d is the number of columns observed, there it is the number
    of all columns.
    """
    halves = (degrees[:, None] + sizes) / 2
    added = digamma(halves) - np.log(halves)
    return np.asarray(added - added[:, -1:])


def patterns_of(values: NDArray[Any]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64] | slice]]:
    """Yield each set of columns that rows have, as a mask, with the positions of those rows in order."""
    return _patterns_in(np.isnan(values))


def _patterns_in(missing: NDArray[np.bool_]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.int64] | slice]]:
    if not missing.any():
        yield np.ones(missing.shape[1], bool), slice(None)
        return
    keys = _keys(missing)
    order = _order(keys)
    changes = np.flatnonzero((np.diff(keys[order], axis=0) != 0).any(axis=1)) + 1
    for rows in np.split(order, changes):
        yield ~missing[rows[0]], rows


def sorted_by_pattern(rows: Rows) -> Rows:
    """Return rows sorted by the values that they miss, so that few patterns meet in a block.

    Sums over all rows do not depend on their order, and take a fraction of the time when there are many patterns. Only
    rows in memory are sorted, which takes a copy of them; others stay as they are.
    """
    if not (rows.has_missing and isinstance(rows, ArrayRows)) or rows.n_rows <= rows_per_block(rows.n_columns):
        return rows
    return rows.take(_order(np.concatenate([_keys(np.isnan(block.values)) for block in rows.blocks()])))


def _keys(missing: NDArray[np.bool_]) -> NDArray[Any]:
    """Return the masks of rows as one number of two bytes each, which are sorted by radix, or several of eight."""
    n_rows, n_columns = missing.shape
    bits = 16 if n_columns <= 16 else 64
    n_numbers = max(-(-n_columns // bits), 1)
    padded = np.zeros((n_rows, n_numbers * bits), bool)
    padded[:, :n_columns] = missing
    return np.packbits(padded.ravel()).view(f"u{bits // 8}").reshape(n_rows, n_numbers)


def _order(keys: NDArray[Any]) -> NDArray[np.int64]:
    return np.argsort(keys[:, 0], kind="stable") if keys.shape[1] == 1 else np.lexsort(keys.T)
