"""How a `BayesianGaussianMixture` is fitted: its parameters as a frozen value, and the algorithm they give."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array

from ...distributions.covariance import Covariance
from ...distributions.levels import LevelColumns
from ...distributions.mixture import Mixture
from ...distributions.shapes import SHAPES
from ...intake.levels import level_columns
from ...intake.sample import Sample, take_sample
from ...intake.table import Table
from ...typing import Floats
from ..em.checks import check_conjugate, check_number, check_numbers, check_reach, check_shape
from ..em.conjugate import NormalWishart, Precisions, at_groups, regular_scale
from ..em.expectation import Expectation
from ..em.initialize import Method, coordinates, divide, model_of
from ..em.loop import Algorithm, Fit, run_em
from ..em.maximum_a_posteriori import scale_fault
from ..em.overview import Overview, overview
from ..em.starts import starts_from
from ..em.streaming import digest
from ..em.updates import Update
from .memory import Memory, Visit
from .moves import simplified
from .state import FittedPosterior
from .variational import DirichletDistribution, DirichletProcess, Posterior, VariationalUpdate, WeightPrior

WEIGHT_PRIORS: dict[str, Callable[[float], WeightPrior]] = {
    "dirichlet_process": DirichletProcess,
    "dirichlet_distribution": DirichletDistribution,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class VariationalSettings:
    """The parameters of a `BayesianGaussianMixture` that say what is fitted, and how.

    Attributes
    ----------
    least : ndarray of shape (n_features,), optional
        Least variances: no component is narrower in any direction. Everything else is as in the estimator.
    names : sequence of str, optional
        Names of the columns, for messages.
    coded : sequence of int, default=()
        Columns whose numbers are codes of levels.
    levels : LevelColumns, optional
        The categorical columns of the table, once it is seen.
    """

    n_components: int
    covariance_type: str
    tol: float
    reg_covar: float
    max_iter: int
    n_init: int
    init_params: Method
    weight_concentration_prior_type: Literal["dirichlet_process", "dirichlet_distribution"]
    weight_concentration_prior: float | None
    mean_precision_prior: float | None
    mean_prior: ArrayLike | None
    degrees_of_freedom_prior: float | None
    covariance_prior: ArrayLike | None
    random_state: Any
    moves: bool
    categorical_features: Any = None
    least: Floats | None = None
    names: Sequence[str] | None = None
    coded: Sequence[int] = ()
    levels: LevelColumns | None = None

    def seeing(self, table: Table) -> Self:
        """Return the settings with the categorical columns of a table known."""
        return replace(self, levels=level_columns(table, self.categorical_features, self.names, coded=self.coded))

    def after(self, last: FittedPosterior) -> Self:
        """Return the settings of a fit that goes on from the last one."""
        return self

    def algorithm(self, table: Table) -> Algorithm[Posterior]:
        """Return how the posterior is fitted to the rows of a table."""
        return self.seeing(table)._algorithm(table)

    def update(self, table: Table) -> VariationalUpdate:
        """Return the M-step for the rows of a table."""
        return self.seeing(table)._update(table)

    def _algorithm(self, table: Table) -> Algorithm[Posterior]:
        random_state = check_random_state(self.random_state)
        take = cache(lambda: take_sample(table, random_state, self.n_components))
        update = self._update(table)
        expect = Expectation(table)

        def division(sample: Sample, random_state: np.random.RandomState) -> Floats:
            sample = sample if self.levels is None else coordinates(sample, self.levels)
            return divide(sample, self.n_components, self.init_params, random_state)

        def first(sample: Sample, shares: Floats) -> Posterior:
            return model_of(sample, shares, update)

        starts = starts_from([division], first, expect, update, take, random_state, n_init=self.n_init, tol=self.tol)
        plain = Algorithm(expect, update, starts, self.tol, self.max_iter)
        if not self.moves or self.max_iter == 0:
            return plain

        def run(fit: Fit[Posterior]) -> Fit[Posterior]:
            return run_em(expect, fit, update, tol=self.tol, max_iter=fit.n_iter + self.max_iter)

        return replace(plain, finish=lambda fit: simplified(expect, fit, update, run))

    def _update(self, table: Table) -> VariationalUpdate:
        shape = SHAPES[self.covariance_type]
        check_conjugate(shape, "BayesianGaussianMixture")
        concentration = self.weight_concentration_prior
        all_rows = overview(table, shape, self.levels)
        return VariationalUpdate(
            shape,
            WEIGHT_PRIORS[self.weight_concentration_prior_type](
                1 / self.n_components
                if concentration is None
                else check_number(concentration, "weight_concentration_prior")
            ),
            self._prior(all_rows, shape),
            np.full(len(all_rows.mean), self.reg_covar),
            self.least,
            self.levels,
        )

    def resumed(
        self, last: FittedPosterior, update: Update[Posterior], table: Table, *, same: bool = False
    ) -> Posterior:
        """Return the last posterior, under the priors in force now; of a mixture set by hand, what its E-step gives."""
        expect, posterior = Expectation(table), last.posterior
        if posterior is None:
            return update(expect(last.mixture))
        assert isinstance(update, VariationalUpdate), "no other rule makes a posterior"
        prior = update.prior
        if prior.of_groups:
            prior = posterior.prior if same else at_groups(prior, expect(posterior), update.shape)
        return replace(posterior, weight_prior=update.weight_prior, prior=prior, ridge=update.ridge)

    def kept(self, fit: Fit[Posterior], table: Table) -> FittedPosterior:
        """Return what an estimator keeps of a fit: to batches all rows were one."""
        assert fit.step is not None, "every fit takes a step"
        posterior, moments = fit.step.model, fit.step.moments
        if not np.array_equal(posterior.alive, fit.model.alive):
            posterior, moments = fit.model, Expectation(table)(fit.model)
        memory = Memory({digest(table): Visit.of(moments, posterior)})
        return FittedPosterior.of(fit.model, memory, self.least)

    def given(self, mixture: Mixture) -> FittedPosterior:
        """Return what an estimator keeps of a mixture that no fit has found."""
        return FittedPosterior(mixture)

    def _prior(self, all_rows: Overview, shape: type[Covariance]) -> NormalWishart:
        d = len(all_rows.mean)
        precisions = Precisions(shape, self.n_components, d)
        degrees = precisions.default_degrees
        if self.degrees_of_freedom_prior is not None:
            degrees = check_number(self.degrees_of_freedom_prior, "degrees_of_freedom_prior")
        if degrees <= precisions.least_degrees:
            raise ValueError(
                f"The parameter 'degrees_of_freedom_prior' should be greater than {precisions.least_degrees:g}, but "
                f"got {degrees:.3f}."
            )
        mean = all_rows.mean
        if self.mean_prior is not None:
            mean = check_array(self.mean_prior, dtype=np.float64, ensure_2d=False)
            check_shape(check_reach(mean, "mean_prior"), (d,), "means")
        precision = 1.0
        if self.mean_precision_prior is not None:
            precision = check_number(self.mean_precision_prior, "mean_precision_prior")
        scatter = self._scatter(all_rows, shape, precisions.default_rows)
        of_groups = self.covariance_prior is None and precisions.default_rows > 1
        return NormalWishart(mean, precision, degrees, scatter, of_groups)

    def _scatter(self, all_rows: Overview, shape: type[Covariance], rows: float) -> Floats:
        """Return the prior of the covariances, checked."""
        if self.covariance_prior is None:
            # That of a sample, as scikit-learn has it; the ridge is all that a constant column leaves.
            scatter = rows * all_rows.covariance * (all_rows.weight / max(all_rows.weight - 1, 1.0))
            if scale_fault(scatter) is not None:
                scatter = regular_scale(scatter)
            if scale_fault(scatter) is not None:
                scatter = shape.with_ridge(scatter, np.full(len(all_rows.mean), self.reg_covar))
            name = "the covariance of the rows, which is the default covariance_prior,"
        else:
            scatter = check_numbers(self.covariance_prior, "covariance_prior")
            check_shape(scatter, all_rows.covariance.shape, f"{shape.name} covariance_prior")
            name = f"'{shape.name} covariance_prior'"
        fault = scale_fault(scatter)
        if fault is not None:
            raise ValueError(f"{name} should be {fault}: give another covariance_prior, or raise reg_covar")
        return scatter
