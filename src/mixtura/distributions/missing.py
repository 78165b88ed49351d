"""Passes over rows with missing values, which are NaN: the E-step over what was observed.

Rows that miss the same columns form a pattern. In each block the rows of a pattern go through the ordinary pass over
the columns that they have, and the moments of the columns that they lack follow from those: what it costs beside the
pass depends on the number of patterns in a block, not on the number of rows (Ghahramani and Jordan 1994, "Supervised
learning from incomplete data via an EM approach"; Little and Rubin 2019, "Statistical Analysis with Missing Data",
section 11.2).
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, softmax

from ..engines import Engine
from ..rows import ArrayRows, Block, Rows, rows_per_block
from ..statistics.moments import Moments
from ..typing import Floats
from .covariance import Covariance
from .passes import Components, Passes

# What the patterns that are kept may hold, in numbers of a matrix for each component: some hundred megabytes. Where
# each row misses other values, all of them would take more than the table itself.
_KEPT_NUMBERS = 2**23


class Pattern:
    """The columns that some rows have, and what they say about the columns that those rows lack.

    Parameters
    ----------
    components : Components
        What the model knows of all columns.
    dtype : dtype
        Type of the rows.
    known : ndarray of shape (n_features,), bool
        The columns that were observed.
    """

    def __init__(self, components: Components, dtype: "np.dtype[Any] | type", known: NDArray[np.bool_]) -> None:
        self.components = components
        self.dtype = dtype
        self.known = np.flatnonzero(known)
        self.missing = np.flatnonzero(~known)
        self.known_numbers = components.numbers[known[components.numbers]]
        self.missing_numbers = components.numbers[~known[components.numbers]]
        # The same by their places in means.
        self._numbers = np.flatnonzero(known[components.numbers])
        self._missing_numbers = np.flatnonzero(~known[components.numbers])

    @cached_property
    def passes(self) -> Passes:
        """The passes over the known columns, of which there is at least one."""
        components = self.components.select(self.known.tolist()) if len(self.missing) else self.components
        return Passes(components, self.dtype)

    @cached_property
    def _regression(self) -> tuple[Floats, Covariance]:
        """Slopes of the missing columns on the known ones, and covariances that are left."""
        return self.components.covariance.regression(self._missing_numbers, self._numbers)

    @cached_property
    def _lifts(self) -> Floats:
        """Maps from deviations of the known columns to expected deviations of all, a matrix for each component."""
        n_components, n_features = self.components.means.shape
        lifts = np.zeros((n_components, n_features, len(self._numbers)))
        lifts[:, self._numbers, np.arange(len(self._numbers))] = 1
        lifts[:, self._missing_numbers] = self._regression[0]
        return lifts

    def completed(self, moments: Moments, centers: Floats) -> Moments:
        """Return the expected moments of all columns, given those of the known columns as a kernel summed them.

        A level that is missing adds nothing: the probabilities of a column are those of the rows that have it.
        """
        first, second = self.passes.covariance.kernel_moments(moments.first, moments.second)
        if len(self._missing_numbers):
            first = (self._lifts @ first[:, :, None])[:, :, 0]
            second = self.components.covariance.completed(
                second, moments.counts, self._lifts, self._missing_numbers, self._regression[1]
            )
        return Moments(
            centers,
            moments.weight,
            moments.log_likelihood,
            moments.counts,
            first,
            second,
            self._tails(moments),
            self._levels(moments),
        )

    def expected(self, component: int, values: Floats) -> Floats:
        """Return the conditional means of the missing numbers under one component, given the known numbers of rows."""
        mean = self.components.means[component]
        centred = values - mean[self._numbers]
        return np.asarray(mean[self._missing_numbers] + centred @ self._regression[0][component].T)

    def draw(self, component: int, values: Floats, random_state: np.random.RandomState) -> Floats:
        """Draw the missing numbers of rows from their conditional distribution under one component.

        That of a Student's t distribution is one with n_known more degrees of freedom, whose scale depends on the
        distance of the known values (Ding 2016, "On the conditional distribution of the multivariate t distribution",
        The American Statistician 70).
        """
        about_zero = self._regression[1].draw(component, len(values), random_state)
        degrees = self.components.degrees_of_freedom
        if degrees is not None:
            claimed = degrees[component] + self._distances(component, values)
            about_zero /= np.sqrt(
                random_state.chisquare(degrees[component] + len(self._numbers), len(values)) / claimed
            )[:, None]
        return self.expected(component, values) + about_zero

    def _levels(self, moments: Moments) -> Floats | None:
        """Return the weights of the levels of all columns, zero in those that are missing."""
        all_levels, known = self.components.levels, self.passes.components.levels
        if all_levels is None:
            return None
        out = np.zeros((len(moments.counts), all_levels.layout.n_levels))
        if known is not None and moments.levels is not None:
            own = dict(zip(all_levels.layout.columns, all_levels.layout.slices, strict=True))
            for column, place in zip(known.layout.columns, known.layout.slices, strict=True):
                out[:, own[int(self.known[column])]] = moments.levels[:, place]
        return out

    def _distances(self, component: int, values: Floats) -> Floats:
        """Return the squared Mahalanobis distances of the known numbers of rows from the mean of a component."""
        dense = self.components.covariance.dense[component][np.ix_(self._numbers, self._numbers)]
        centred = values - self.components.means[component, self._numbers]
        return np.asarray((np.linalg.solve(np.linalg.cholesky(dense), centred.T) ** 2).sum(axis=0))

    def _tails(self, moments: Moments) -> Floats | None:
        """Return the tails as if all columns had been observed.

        The expectation of log u is log((nu + d) / (nu + q)) + psi((nu + d) / 2) - log((nu + d) / 2), of which a pass
        sums the first term and `next_degrees` adds the others: here d is the number of columns observed, there it is
        the number of all columns.
        """
        degrees = self.components.degrees_of_freedom
        if moments.tails is None or degrees is None:
            return None
        some, all_ = ((degrees + d) / 2 for d in (len(self._numbers), self.components.means.shape[1]))
        correction = digamma(some) - np.log(some) - digamma(all_) + np.log(all_)
        masses, logs = moments.tails
        return np.stack([masses, logs + moments.counts * correction])


class ObservedPasses:
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
        self.dtype = np.dtype(dtype)
        self._components = components
        self._centers = np.ascontiguousarray(components.means, dtype=self.dtype).astype(np.float64)
        # Filled by the threads of a pass; two that make the same pattern at once make equal ones.
        self._patterns: dict[bytes, Pattern] = {}

    def __reduce__(self) -> tuple[type["ObservedPasses"], tuple[Components, "np.dtype[Any]"]]:
        # What can be computed again does not travel.
        return type(self), (self._components, self.dtype)

    @property
    def zero(self) -> Moments:
        """The moments of no rows."""
        second_shape = self._components.covariance.second_shape(*self._centers.shape)
        student = self._components.degrees_of_freedom is not None
        levels = self._components.levels
        n_levels = None if levels is None else levels.layout.n_levels
        return Moments.zero(self._centers, second_shape, student=student, n_levels=n_levels)

    def summarise(self, block: Block) -> Moments:
        """Return the expected moments of a block, in the units of the table."""
        total = self.zero
        for pattern, _, part in self._parts(block):
            total = total + pattern.completed(pattern.passes.summarise(part), self._centers)
        return total

    def accumulate(self, block: Block, *, floor: float = -np.inf, log_density: NDArray[Any] | None = None) -> Moments:
        """Return the expected moments of the rows of a block whose log density is above `floor`, their weight at zero.

        The log density of every row is written to `log_density` if given.
        """
        total = self.zero
        if log_density is not None:
            log_density[:] = 0
        for pattern, rows, part in self._parts(block):
            densities = None if log_density is None else np.empty(len(part.values), self.dtype)
            moments = pattern.passes.accumulate(part, floor=floor, log_density=densities)
            total = total + pattern.completed(moments, self._centers)
            if log_density is not None:
                log_density[rows] = densities
        return total

    def moments(self, rows: Rows, engine: Engine) -> Moments:
        """Return the expected moments of all rows, in the units of the table."""
        return engine.fold(rows, self.summarise, self.zero)

    def in_units(self, moments: Moments) -> Moments:
        """Return moments as they are: they are in the units of the table already."""
        return moments

    def likelihoods(self, block: Block) -> Floats:
        """Return three weighted sums: of log densities, of log responsibilities of the likeliest component, of ones.

        Rows without any value are left out.
        """
        total = np.zeros(3)
        for pattern, _, part in self._parts(block):
            total += pattern.passes.likelihoods(part)
        return total

    def log_density(self, block: Block) -> NDArray[Any]:
        """Return the log density of what was observed of each row of a block."""
        return self._scattered(block, np.zeros((), self.dtype), lambda passes: passes.log_density)

    def responsibilities(self, block: Block) -> NDArray[Any]:
        """Return the responsibilities of the components for each row of a block; noise takes what is left of one."""
        return self._scattered(block, self.weights.astype(self.dtype), lambda passes: passes.responsibilities)

    def labels(self, block: Block) -> NDArray[np.int64]:
        """Return the most probable component of each row of a block, -1 for noise."""
        weights = self.weights
        label = -1 if weights.max() < 1 - weights.sum() else int(weights.argmax())
        return self._scattered(block, np.array(label, np.int64), lambda passes: passes.labels)

    def by_pattern(self, block: Block) -> Iterator[tuple[Pattern, NDArray[np.int64] | slice]]:
        """Yield the patterns of a block, each with the positions of its rows."""
        missing = np.isnan(block.values)
        levels = self._components.levels
        if levels is not None and self._components.noise is None:
            # A pass skips levels that are missing. Only the density of noise depends on which are.
            missing[:, list(levels.layout.columns)] = missing.all(axis=1, keepdims=True)
        for known, rows in _patterns_in(missing):
            yield self._pattern(known), rows

    @property
    def weights(self) -> Floats:
        """Weights of the components."""
        offsets = self._components.offsets
        noise = self._components.noise
        if noise is not None and noise.weight == 1:
            return np.zeros(len(offsets))
        return np.asarray(softmax(offsets)) * (1.0 if noise is None else 1 - noise.weight)

    def _pattern(self, known: NDArray[np.bool_]) -> Pattern:
        key = known.tobytes()
        pattern = self._patterns.get(key)
        if pattern is None:
            pattern = Pattern(self._components, self.dtype, known)
            n_components, n_features = self._centers.shape
            if len(self._patterns) >= _KEPT_NUMBERS // (n_components * (n_features + 1) ** 2):
                self._patterns.clear()
            self._patterns[key] = pattern
        return pattern

    def _parts(self, block: Block) -> Iterator[tuple[Pattern, NDArray[np.int64] | slice, Block]]:
        """Yield the patterns with something observed, the positions of their rows, and the values that these have."""
        for pattern, rows in self.by_pattern(block):
            if len(pattern.known):
                yield pattern, rows, _part(block, rows, pattern.known)

    def _scattered(
        self, block: Block, unknown: NDArray[Any], ask: Callable[[Passes], Callable[[Block], NDArray[Any]]]
    ) -> NDArray[Any]:
        """Return what passes say of each row of a block, `unknown` for rows without any value."""
        out = np.full((len(block.values), *unknown.shape), unknown)
        for pattern, rows, part in self._parts(block):
            out[rows] = ask(pattern.passes)(part)
        return out


def _part(block: Block, rows: NDArray[np.int64] | slice, columns: NDArray[np.int64]) -> Block:
    """Return some of the rows of a block in some of its columns."""
    if isinstance(rows, slice):  # all rows, and then all columns: a part of the rows is listed
        return block
    values = block.values.take(rows, axis=0)
    if len(columns) < values.shape[1]:
        values = values.take(columns, axis=1)  # twice as fast as an index of both
    return Block(values, None if block.weights is None else block.weights[rows], block.first_row)


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
    padded = np.zeros((n_rows, -(-n_columns // bits) * bits), bool)
    padded[:, :n_columns] = missing
    return np.packbits(padded.ravel()).view(f"u{bits // 8}").reshape(n_rows, -1)


def _order(keys: NDArray[Any]) -> NDArray[np.int64]:
    return np.argsort(keys[:, 0], kind="stable") if keys.shape[1] == 1 else np.lexsort(keys.T)
