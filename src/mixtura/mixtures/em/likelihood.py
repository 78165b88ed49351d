"""How a `GaussianMixture` is fitted: its parameters as a frozen value, and the algorithm that follows from them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import softmax
from sklearn.utils import check_random_state

from ...distributions.covariance import Covariance
from ...distributions.levels import LevelColumns
from ...distributions.mixture import Mixture
from ...distributions.noise import Noise
from ...distributions.shapes import SHAPES
from ...intake.condensed import condensed
from ...intake.levels import level_columns
from ...intake.sample import Sample, take_sample
from ...intake.table import Table
from ...typing import Floats
from .checks import check_conjugate, check_means, check_precisions, check_weights
from .expectation import Expectation
from .initialize import Method, coordinates, densest, divide, given_or, model_of
from .latent_classes import climbed
from .loop import Algorithm, Fit, as_it_is
from .maximum_a_posteriori import MaximumAPosteriori, MixturePrior
from .overview import Overview, overview
from .starts import Division, EitherUpdate, starts_from
from .state import FittedMixture
from .streaming import Stream
from .student import START
from .trim import TrimmedExpectation
from .updates import MaximumLikelihood, Update

# Probability of noise at the start: enough for a row far from all groups to be taken by it at once.
_NOISE_START = 0.05

# Starts that are drawn for categories, beside the others: half of all random starts reach the best of five maxima of
# a well-known table (`docs/decisions/0051-categories-in-mixtures.md`), so that so many miss it once in a million.
_LEVEL_STARTS = 20

# Beside numbers, which k-means divides well, fewer are drawn.
_MIXED_STARTS = 2

# Latent classes rise slowly: short runs from different starts are compared when an iteration gains no more than this.
_START_TOLERANCE = 1e-6

# Probabilities of levels drawn for a start are at least this.
_LEAST_DRAWN = 1e-3

# Share of the rows that a robust start may take for scattered.
_SCATTERED = 0.25


@dataclass(frozen=True, kw_only=True, eq=False)
class LikelihoodSettings:
    """The parameters of a `GaussianMixture` that say what is fitted, and how.

    Attributes
    ----------
    n_components, covariance_type, tol, reg_covar, max_iter, n_init, init_params, weights_init, means_init
        As for `GaussianMixture`; so are those up to `n_factors`.
    least : ndarray of shape (n_features,), optional
        Least variances: no component is narrower in any direction.
    names : sequence of str, optional
        Names of the columns, for messages.
    coded : sequence of int, default=()
        Columns whose numbers are codes of levels.
    levels : LevelColumns, optional
        The categorical columns of the table, once it is seen.
    n_numbers : int
        Number of its other columns.
    former : LevelColumns, optional
        The categorical columns of the fit that is gone on from.
    """

    n_components: int
    covariance_type: str
    tol: float
    reg_covar: float
    max_iter: int
    n_init: int
    init_params: Method
    weights_init: ArrayLike | None
    means_init: ArrayLike | None
    precisions_init: ArrayLike | None
    random_state: Any
    prior: Literal["default"] | MixturePrior | None
    regularization: Literal["absolute", "relative"]
    family: Literal["normal", "t"]
    noise: bool
    trim: float
    n_factors: int
    categorical_features: Any = None
    count_features: Any = None
    least: Floats | None = None
    names: Sequence[str] | None = None
    coded: Sequence[int] = ()
    levels: LevelColumns | None = None
    n_numbers: int = 0
    former: LevelColumns | None = None

    def seeing(self, table: Table) -> Self:
        """Return the settings with the categorical columns of a table known."""
        levels = level_columns(table, self.categorical_features, self.names, self.count_features, self.coded)
        levels = None if levels is None else levels.with_levels_of(self.former)
        return replace(self, levels=levels, n_numbers=table.n_columns - (0 if levels is None else len(levels.columns)))

    def after(self, last: FittedMixture) -> Self:
        """Return the settings of a fit that goes on from the last one, with its levels."""
        levels = last.mixture.levels
        return replace(self, former=None if levels is None else levels.layout)

    def algorithm(self, table: Table) -> Algorithm[Mixture]:
        """Return how the mixture is fitted to the rows of a table."""
        return self.seeing(table)._algorithm(table)

    def update(self, table: Table) -> EitherUpdate:
        """Return the M-step for the rows of a table."""
        return self.seeing(table)._update(table)

    def _algorithm(self, table: Table) -> Algorithm[Mixture]:
        random_state = check_random_state(self.random_state)
        table = self.condensed(table, self.n_components) or table
        take = cache(lambda: take_sample(table, random_state, self.n_components))
        update = self._update(table)
        expect = self.expectation(table, take)
        starts = self._starts(expect, update, take, random_state)
        return Algorithm(expect, update, starts, self.tol, self.max_iter, self.finish(expect, update))

    def condensed(self, table: Table, least: int) -> Table | None:
        """Return the table with equal rows as one where all its columns hold levels, and `least` rows are different."""
        if self.levels is None or self.n_numbers or self.trim:
            return None
        return condensed(table, self.levels, least)

    def finish(self, expect: Expectation, update: EitherUpdate) -> Callable[[Fit[Mixture]], Fit[Mixture]]:
        """Return what leads a fit that has converged to the maximum, where that is quick: of latent classes."""
        latent = self.levels is not None and not self.n_numbers and not self.levels.counts
        if not latent or not isinstance(update, MaximumLikelihood) or self.noise or not expect.is_quick:
            return as_it_is
        return lambda fit: climbed(expect, fit, update) if fit.converged else fit

    def _update(self, table: Table) -> EitherUpdate:
        return self.rule(table, partial(overview, table, levels=self.levels))

    def rule(self, table: Table, look: Callable[[type[Covariance]], Overview]) -> EitherUpdate:
        """Return the M-step, given what tells where all rows lie."""
        shape, student = SHAPES[self.covariance_type].with_factors(self.n_factors), self.family == "t"
        if self.prior is None and self.regularization == "absolute" and not self.noise:
            ridge = np.full(self.n_numbers, self.reg_covar)
            return MaximumLikelihood(shape, ridge, student, least=self.least, levels=self.levels)
        all_rows = look(shape)
        relative = self.regularization == "relative"
        ridge = self.reg_covar * (all_rows.units(table.dtype) if relative else np.ones(self.n_numbers))
        if self.prior is None:
            return MaximumLikelihood(shape, ridge, student, self._first_noise(all_rows), self.least, self.levels)
        check_conjugate(shape, "prior")
        if student or self.noise:
            raise ValueError("a prior is for normal components without noise: set family='normal' and noise=False")
        prior = MixturePrior() if isinstance(self.prior, str) else self.prior
        resolved = prior.resolve(all_rows, shape, self.n_components)
        return MaximumAPosteriori(shape, resolved, ridge, self.least, self.levels)

    def expectation(self, table: Table, take: Callable[[], Sample]) -> Expectation:
        """Return the E-step over the rows of a table; of a trimmed fit with a sample of them."""
        if self.trim == 0:
            return Expectation(table)
        return TrimmedExpectation(table, self.trim, take())

    @property
    def divisions(self) -> list[Division]:
        """The ways in which a sample is divided to start from; the best of them becomes the start."""
        robust = self.trim > 0 or self.noise or self.family == "t"
        spare = [self._divide_with_spare] if self.trim > 0 else []
        drawn = [self._divide_at_random] * self._n_drawn
        return [self._divide, *([self._divide_dense] if robust else []), *spare, *drawn]

    @property
    def _n_drawn(self) -> int:
        if self.levels is None or self.n_components == 1:
            return 0
        return _LEVEL_STARTS if self.n_numbers == 0 else _MIXED_STARTS

    def resumed(self, last: FittedMixture, update: Update[Mixture], table: Table, *, same: bool = False) -> Mixture:
        """Return the last mixture with noise, and degrees of freedom, where they are asked for now."""
        mixture = last.mixture
        weights, noise = mixture.weights, update.noise if isinstance(update, MaximumLikelihood) else None
        if noise is not None and mixture.noise is not None:
            noise = noise.reweighted(mixture.noise.weight)
        elif noise is not None or mixture.noise is not None:
            total = float(weights.sum())  # zero where noise took every row
            weights = weights / total if total else np.full(len(weights), 1 / len(weights))
            weights = weights * (1.0 if noise is None else 1 - noise.weight)
        degrees = mixture.degrees_of_freedom
        if self.family == "normal":
            degrees = None
        elif degrees is None:
            degrees = np.full(len(weights), START)
        levels, wanted = mixture.levels, update.levels
        if (None if levels is None else levels.columns) != (None if wanted is None else wanted.columns):
            raise ValueError(
                "the last fit has other categorical columns than categorical_features and count_features ask for: "
                "start anew with fit and warm_start=False"
            )
        if levels is not None and wanted is not None:
            levels = levels.widened(wanted)
        return Mixture(weights, mixture.means, mixture.covariance, degrees, noise, levels)

    def kept(self, fit: Fit[Mixture], table: Table) -> FittedMixture:
        """Return what an estimator keeps of a fit."""
        stream = None if fit.step is None else Stream.of(fit.step.moments, fit.step.update.ridge)
        return FittedMixture(fit.model, stream)

    def given(self, mixture: Mixture) -> FittedMixture:
        """Return what an estimator keeps of a mixture that no fit has found."""
        return FittedMixture(mixture)

    def _first_noise(self, all_rows: Overview) -> Noise | None:
        if not self.noise:
            return None
        flat = np.flatnonzero(all_rows.lower == all_rows.upper)
        if len(flat):
            names = [f"x{j}" for j in range(len(all_rows.lower))] if self.names is None else self.names
            raise ValueError(
                f"noise spreads over the range of every column, and column {names[flat[0]]} holds a single value: "
                "leave it out, or set noise=False"
            )
        if self.levels is None:
            return Noise(_NOISE_START, all_rows.lower, all_rows.upper)
        # The box has a side of one for each level, with its number in the middle.
        n_columns = len(all_rows.lower) + len(self.levels.columns)
        numbers = self.levels.numbers(n_columns)
        lower, upper = np.full(n_columns, -0.5), np.empty(n_columns)
        lower[numbers], upper[numbers] = all_rows.lower, all_rows.upper
        upper[list(self.levels.columns)] = np.array(self.levels.sizes) - 0.5
        return Noise(_NOISE_START, lower, upper)

    def _starts(
        self,
        expect: Expectation,
        update: EitherUpdate,
        take: Callable[[], Sample],
        random_state: np.random.RandomState,
    ) -> list[Callable[[], Mixture]]:
        shape = (self.n_components, len(update.ridge))
        weights = check_weights(self.weights_init, self.n_components)
        means = check_means(self.means_init, *shape)
        precisions = check_precisions(self.precisions_init, update.shape, *shape)
        if weights is not None and means is not None and precisions is not None and self.levels is None:
            return [partial(self._given, update, weights / weights.sum(), means, precisions)]

        def first(sample: Sample, shares: Floats) -> Mixture:
            return given_or(model_of(sample, shares, update), update.shape, weights, means, precisions)

        tol = self.tol if self.levels is None else _START_TOLERANCE
        finish = self.finish(expect, update)
        return starts_from(
            self.divisions, first, expect, update, take, random_state, n_init=self.n_init, tol=tol, finish=finish
        )

    def _given(self, update: EitherUpdate, weights: Floats, means: Floats, precisions: Floats) -> Mixture:
        covariance = update.shape.from_precisions(precisions, *means.shape)
        noise = update.noise if isinstance(update, MaximumLikelihood) else None
        share = 1.0 if noise is None else 1 - noise.weight
        degrees = np.full(len(weights), START) if self.family == "t" else None
        return Mixture(share * weights, means, covariance, degrees, noise)

    def _divide(self, sample: Sample, random_state: np.random.RandomState) -> Floats:
        return divide(self._scaled(sample), self.n_components, self.init_params, random_state)

    def _divide_dense(self, sample: Sample, random_state: np.random.RandomState) -> Floats:
        """Divide the rows that lie close together, so that outliers do not become groups."""
        positions = densest(self._scaled(sample), 1 - max(_SCATTERED, self.trim))
        shares = np.zeros((len(sample.X), self.n_components))
        if len(positions) < self.n_components:
            return self._divide(sample, random_state)
        shares[positions] = self._divide(sample.take(positions), random_state)
        return shares

    def _divide_with_spare(self, sample: Sample, random_state: np.random.RandomState) -> Floats:
        """Divide the rows into one group too many and leave the smallest out: outliers may lie together."""
        if len(sample.X) <= self.n_components:
            return self._divide(sample, random_state)
        shares = divide(self._scaled(sample), self.n_components + 1, self.init_params, random_state)
        return np.delete(shares, np.argmin(sample.weights @ shares), axis=1)

    def _divide_at_random(self, sample: Sample, random_state: np.random.RandomState) -> Floats:
        """Divide the rows by levels drawn for each component, of which EM finds other maxima than from k-means."""
        assert self.levels is not None, "levels are drawn where there are some"
        logs = np.zeros((len(sample.X), self.n_components))
        indicators = self.levels.indicators(sample.observed)
        for column, place in zip(self.levels.columns, self.levels.slices, strict=True):
            if column in self.levels.counts:
                continue
            drawn = random_state.dirichlet(np.ones(place.stop - place.start), self.n_components)
            logs += indicators[:, place] @ np.log(np.maximum(drawn, _LEAST_DRAWN)).T
        return np.asarray(softmax(logs, axis=1))

    def _scaled(self, sample: Sample) -> Sample:
        """Return the sample in units of its columns, where those of the table do not matter to the fit."""
        if self.levels is not None:
            return coordinates(sample, self.levels)
        unitless = self.prior is not None or self.regularization == "relative"
        return sample.standardized() if unitless else sample
