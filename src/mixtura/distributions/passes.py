"""Passes over blocks of rows: what a model knows of each row, and the moments that the next model is computed from."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from .. import kernels
from ..engines import Engine
from ..errors import DataError
from ..rows import Block, Rows
from ..statistics.moments import Moments
from ..typing import Floats
from .covariance import Covariance
from .levels import LevelLogs
from .matrices import largest_root
from .noise import Noise
from .pruning import is_large, pruning_of

# What is left out of a component is below 1e-12 of the weight of all rows, a K-th part each: a millionth of this.
_STARVED = 1e-6


@dataclass(frozen=True, eq=False)
class Components:
    """What a pass reads of a model.

    Attributes
    ----------
    offsets : ndarray of shape (n_components,)
        Added to the log density of each component: the logarithm of its weight, or what stands for it in variational
        inference.
    means : ndarray of shape (n_components, n_numbers)
        Means of the columns that are not categorical.
    covariance : Covariance
        Their covariances.
    degrees_of_freedom : ndarray of shape (n_components,) or None
        Of Student's t distributions; None for normal ones.
    noise : Noise or None
        The uniform component, if there is one.
    levels : LevelLogs or None
        The levels of categorical columns, if there are any.
    """

    offsets: Floats
    means: Floats
    covariance: Covariance
    degrees_of_freedom: Floats | None = None
    noise: Noise | None = None
    levels: LevelLogs | None = None

    @property
    def n_columns(self) -> int:
        """Number of columns, categorical ones included."""
        return int(self.means.shape[1]) + (0 if self.levels is None else len(self.levels.layout.columns))

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Positions of the columns that are not categorical."""
        n_columns = self.n_columns
        return np.arange(n_columns) if self.levels is None else self.levels.layout.numbers(n_columns)

    def select(self, columns: Sequence[int]) -> "Components":
        """Return the components in some of the columns."""
        numbers = places_among(self.numbers, columns)
        return Components(
            self.offsets,
            self.means[:, numbers],
            self.covariance.select(numbers),
            self.degrees_of_freedom,
            None if self.noise is None else self.noise.select(columns),
            None if self.levels is None else self.levels.select(columns),
        )

    def check_range(self, dtype: "np.dtype[Any]") -> None:
        """Raise when moments of a type of rows, float32 or float64, have no room for squares about these components.

        Raises
        ------
        SingularCovarianceError
            A standard deviation is too small.
        DataError
            A mean or a standard deviation is too large.
        """
        self.covariance.check_invertible(dtype)
        limit = largest_root(dtype)
        for name, size in (("mean", self.means), ("standard deviation", np.sqrt(np.abs(self.covariance.variances)))):
            largest = float(np.abs(size).max(initial=0.0))
            if largest > limit:
                more = "" if dtype == np.float64 else ", or give the table as float64"
                raise DataError(
                    f"a component has a {name} of {largest:.3g}, and sums of squares overflow {dtype} above "
                    f"{limit:.2g}: rescale the columns, the priors and reg_covar{more}"
                )

    @property
    def log_constants(self) -> Floats:
        """Log density of each component at its mean, offset included."""
        return np.asarray(self.log_constants_in(np.array([self.means.shape[1]]))[:, 0])

    def log_constants_in(self, sizes: NDArray[np.int64]) -> Floats:
        """Return those of marginals of some numbers of columns, if the determinants of all precisions were that of all.

        Parameters
        ----------
        sizes : ndarray of shape (n_sizes,)
            Numbers of columns.

        Returns
        -------
        constants : ndarray of shape (n_components, n_sizes)
            Logarithms.
        """
        constants = (self.offsets + self.covariance.half_log_precision)[:, None]
        if self.degrees_of_freedom is None:
            return np.asarray(constants - sizes / 2 * np.log(2 * np.pi))
        half = self.degrees_of_freedom[:, None] / 2
        return np.asarray(constants + gammaln(half + sizes / 2) - gammaln(half) - sizes / 2 * np.log(2 * np.pi * half))


class Model(Protocol):
    """A model that EM fits."""

    @property
    def components(self) -> Components:
        """What a pass reads of it."""
        ...


class Passes:
    """The passes over blocks of rows of one type, prepared once and picklable.

    Parameters
    ----------
    components : Components
        What the model knows.
    dtype : dtype
        Type of the rows, float32 or float64; the parameters are rounded to it.
    """

    def __init__(self, components: Components, dtype: "np.dtype[Any] | type") -> None:
        covariance = components.covariance
        self.dtype = np.dtype(dtype)
        self.components = components
        self.covariance = covariance
        self.degrees_of_freedom = components.degrees_of_freedom
        self.noise = components.noise
        if self.dtype != np.float64:  # what is in range in double precision need not be
            components.check_range(self.dtype)
        self._log_constants = components.log_constants
        self._means = np.ascontiguousarray(components.means, dtype=self.dtype)
        self._factors = np.ascontiguousarray(covariance.factors(components.means), dtype=self.dtype)
        self._centers = self._means.astype(np.float64)
        self._levels = None if components.levels is None else _tables(components.numbers, components.levels, self.dtype)

    @property
    def zero(self) -> Moments:
        """The moments of no rows."""
        n_components, n_features = self._means.shape
        second_shape = self.covariance.second_shape(n_components, n_features)
        n_levels = None if self._levels is None else int(self._levels.sizes.sum())
        return Moments.zero(self._centers, second_shape, student=self.degrees_of_freedom is not None, n_levels=n_levels)

    def summarise(self, block: Block) -> Moments:
        """Return the moments of a block in the coordinates of the kernel: the E-step, summed up."""
        weight = float(len(block.values)) if block.weights is None else float(block.weights.sum())
        return replace(self.accumulate(block), weight=weight)

    def accumulate(self, block: Block, *, floor: float = -np.inf, log_density: NDArray[Any] | None = None) -> Moments:
        """Return the moments of the rows of a block whose log density is above `floor`, their weight left at zero.

        The log density of every row is written to `log_density` if given.
        """
        moments = self.zero
        moments = replace(moments, log_likelihood=self._add(block, moments, floor, log_density))
        if moments.tails is None:
            return moments
        # The kernel puts what the moments weigh in the place of the counts.
        counts, logs = moments.tails
        return replace(moments, counts=counts, tails=np.stack([moments.counts, logs]))

    def moments(self, rows: Rows, engine: Engine) -> Moments:
        """Return the moments of all rows, in the units of the table."""
        total = engine.fold(rows, self.summarise, self.zero)
        if self._may_prune(rows.n_rows) and self._is_starved(total):
            total = engine.fold(rows, self._unpruned().summarise, self.zero)
        return self.in_units(total)

    def in_units(self, moments: Moments) -> Moments:
        """Return moments that the kernel summed in the units of the table."""
        first, second = self.covariance.kernel_moments(moments.first, moments.second)
        return replace(moments, first=first, second=second)

    def likelihoods(self, block: Block) -> Floats:
        """Return three weighted sums: of log densities, of log responsibilities of the likeliest component, of ones."""
        log_density, shares = self._log_density_and_shares(block)
        weights = np.ones(len(log_density)) if block.weights is None else block.weights
        # A row so far away that no component claims it is assigned with certainty to none: it adds nothing.
        highest = shares.max(axis=1).astype(np.float64)
        if self.noise is not None:
            highest = np.maximum(highest, 1 - shares.sum(axis=1, dtype=np.float64))
        log_assigned = np.log(np.where(highest > 0, highest, 1.0))
        return np.array([weights @ log_density, weights @ log_assigned, weights.sum()])

    def log_density(self, block: Block) -> NDArray[Any]:
        """Return the log density of each row of a block."""
        out = np.empty(len(block.values), self.dtype)
        self._score(block, log_density=out)
        return self._with_noise(block, out)

    def responsibilities(self, block: Block) -> NDArray[Any]:
        """Return the responsibilities of the components for each row of a block; noise takes what is left of one."""
        if self.noise is not None:
            return self._log_density_and_shares(block)[1]
        out = np.empty((len(block.values), len(self._means)), self.dtype)
        self._score(block, responsibilities=out)
        return out

    def labels(self, block: Block) -> NDArray[np.int64]:
        """Return the most probable component of each row of a block, -1 for noise."""
        if self.noise is not None:
            shares = self._log_density_and_shares(block)[1]
            return np.where(shares.max(axis=1) >= 1 - shares.sum(axis=1), shares.argmax(axis=1), -1)
        out = np.empty(len(block.values), np.int64)
        self._score(block, labels=out)
        return out

    def _add(self, block: Block, moments: Moments, floor: float, log_density: NDArray[Any] | None) -> float:
        """Add the moments of a block to some; return its weighted log-likelihood."""
        return kernels.accumulate(
            self.covariance.kernel,
            block.values,
            block.weights,
            self._log_constants,
            self._means,
            self._factors,
            moments.counts,
            moments.first,
            moments.second.reshape(-1),
            degrees_of_freedom=self.degrees_of_freedom,
            tails=moments.tails,
            log_background=-np.inf if self.noise is None else self.noise.log_density,
            floor=floor,
            log_density=log_density,
            levels=self._levels,
            level_weights=moments.levels,
            pruning=self._pruning_for(block) if log_density is None and floor == -np.inf else None,
        )

    def _is_starved(self, moments: Moments) -> bool:
        """Return whether a component has so little weight that what is left out of it could tell in its moments."""
        least = _STARVED * moments.weight / max(len(moments.counts), 1)
        return bool((moments.counts[self.components.offsets > -np.inf] <= least).any())

    def _unpruned(self) -> "Passes":
        """Return the passes that leave no component out."""
        passes = copy(self)
        passes._pruning = None
        return passes

    def _pruning_for(self, block: Block) -> kernels.Pruning | None:
        return self._pruning if self._may_prune(len(block.values)) else None

    def _may_prune(self, n_rows: int | None) -> bool:
        return is_large(n_rows, *self._means.shape) and self._pruning is not None

    @cached_property
    def _pruning(self) -> kernels.Pruning | None:
        if self.degrees_of_freedom is not None or self._levels is not None:
            return None
        return pruning_of(self.components.offsets, self._log_constants, self._centers, self.covariance)

    def _log_density_and_shares(self, block: Block) -> tuple[NDArray[Any], NDArray[Any]]:
        log_density = np.empty(len(block.values), self.dtype)
        shares = np.empty((len(block.values), len(self._means)), self.dtype)
        self._score(block, log_density=log_density, responsibilities=shares)
        total = self._with_noise(block, log_density)
        return total, shares if self.noise is None else shares * np.exp(log_density - total)[:, None]

    def _with_noise(self, block: Block, log_density: NDArray[Any]) -> NDArray[Any]:
        if self.noise is None:
            return log_density
        total: NDArray[Any] = np.logaddexp(log_density, self.noise.log_densities(block.values)).astype(self.dtype)
        return total

    def _score(self, block: Block, **out: NDArray[Any]) -> None:
        kernels.score(
            self.covariance.kernel,
            block.values,
            self._log_constants,
            self._means,
            self._factors,
            degrees_of_freedom=self.degrees_of_freedom,
            levels=self._levels,
            pruning=self._pruning_for(block),
            **out,
        )


def places_among(own: NDArray[np.int64], columns: Sequence[int]) -> list[int]:
    """Return the places among the positions `own` of those `columns` that are among them, in their order."""
    place = {column: number for number, column in enumerate(own.tolist())}
    return [place[int(column)] for column in columns if int(column) in place]


def _tables(numbers: NDArray[np.int64], levels: LevelLogs, dtype: "np.dtype[Any]") -> kernels.LevelTables:
    return kernels.LevelTables(
        numbers.astype(np.int32),
        np.array(levels.layout.columns, np.int32),
        np.array(levels.layout.sizes, np.int32),
        np.ascontiguousarray(levels.logs, dtype=dtype),
    )
