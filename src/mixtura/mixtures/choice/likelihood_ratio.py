"""How many components: a likelihood-ratio test whose distribution comes from tables drawn from the smaller model."""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_parameter_constraints

from ...distributions.matrices import frozen
from ...distributions.mixture import Mixture
from ...distributions.shapes import SHAPES
from ...engines import Engine, EngineName, ThreadEngine
from ...engines.progress import OnProgress, Progress
from ...errors import SingularCovarianceError
from ...intake.sample import take_sample
from ...intake.sources import Source, fitting_table
from ...intake.table import Table
from ...rows import ArrayRows
from ...typing import Floats
from ..em.expectation import Expectation
from ..em.gaussian import GaussianMixture
from ..em.initialize import divide, split_widest
from ..em.starts import better_fit
from ..em.updates import MaximumLikelihood
from .criteria import likelihoods
from .sweep import sweep

_CONSTRAINTS: dict[str, Any] = {
    "n_components": [Interval(Integral, 1, None, closed="left")],
    "covariance_type": [StrOptions(set(SHAPES))],
    "n_bootstrap": [Interval(Integral, 1, None, closed="left")],
    "tol": [Interval(Real, 0.0, None, closed="left")],
    "reg_covar": [Interval(Real, 0.0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "n_init": [Interval(Integral, 1, None, closed="left")],
    "random_state": ["random_state"],
    "on_progress": [callable, None],
}


@dataclass(frozen=True, eq=False)
class LikelihoodRatioTest:
    """Result of a test of one number of components against one more.

    Attributes
    ----------
    statistic : float
        Twice what the log-likelihood gains by one more component; never negative.
    p_value : float
        Share of tables, drawn from the smaller model and this one among them, whose statistic is at least as large.
    replicates : ndarray of shape (n_bootstrap,)
        Statistics of the tables drawn.
    n_components : int
        Number of components of the smaller model, which a small p-value speaks against.
    """

    statistic: float
    p_value: float
    replicates: Floats
    n_components: int


def likelihood_ratio_test(
    X: Source,
    n_components: int,
    *,
    covariance_type: str = "full",
    n_bootstrap: int = 99,
    tol: float = 1e-5,
    reg_covar: float = 1e-6,
    max_iter: int = 1000,
    n_init: int = 1,
    random_state: Any = None,
    engine: Engine | EngineName | None = None,
    on_progress: OnProgress | None = None,
) -> LikelihoodRatioTest:
    """Test whether a Gaussian mixture of `n_components` needs one more.

    The likelihood ratio of mixtures with different numbers of components does not follow a chi-squared distribution.
    Its distribution is therefore sampled [1]_: tables as large as `X` are drawn from the fit with `n_components`, and
    the same two models are fitted to each. Both are fitted from k-means, the larger one also from the smaller one with
    its widest component split, the smaller one also from the larger one with two components merged; the better is kept.

    Parameters
    ----------
    X : array-like of shape (n_rows, n_features), or any source of rows
        The table.
    n_components : int
        Number of components of the smaller model.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}, default='full'
        Shape of the covariances of both.
    n_bootstrap : int, default=99
        Number of tables drawn. The smallest possible p-value is 1 / (n_bootstrap + 1).
    tol, reg_covar, max_iter, n_init
        As for `GaussianMixture`; `tol` is smaller, since the statistic is a small difference of large numbers.
    random_state : int, RandomState instance or None, default=None
        Seed of the starts and of the tables.
    engine : {'threads', 'dask'} or Engine, optional
        Where the passes over `X` run. The tables drawn are in memory, one at a time.
    on_progress : callable, optional
        Told a `Progress` after each table drawn.

    Returns
    -------
    LikelihoodRatioTest
        Statistic, p-value, and the statistics of the tables drawn.

    Raises
    ------
    ValueError
        A parameter is out of its range, or the table has fewer rows than the larger model components.
    SingularCovarianceError
        One of the models cannot be fitted to the table, or to a table drawn.

    References
    ----------
    .. [1] McLachlan (1987), "On bootstrapping the likelihood ratio test statistic for the number of components in a
       normal mixture", Applied Statistics 36.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import likelihood_ratio_test
    >>> random = np.random.default_rng(0)
    >>> X = np.concatenate([random.normal(0, 1, (50, 1)), random.normal(5, 1, (50, 1))])
    >>> likelihood_ratio_test(X, 1, covariance_type="tied", n_bootstrap=19, random_state=0).p_value
    0.05
    >>> likelihood_ratio_test(X, 2, covariance_type="tied", n_bootstrap=19, random_state=0).p_value > 0.05
    True
    """
    given = {
        "n_components": n_components,
        "covariance_type": covariance_type,
        "n_bootstrap": n_bootstrap,
        "tol": tol,
        "reg_covar": reg_covar,
        "max_iter": max_iter,
        "n_init": n_init,
        "random_state": random_state,
        "on_progress": on_progress,
    }
    validate_parameter_constraints(_CONSTRAINTS, given, caller_name="likelihood_ratio_test")
    random = check_random_state(random_state)

    def compare(table: Table) -> tuple[float, Mixture]:
        update = MaximumLikelihood(SHAPES[covariance_type], np.full(table.n_columns, reg_covar))
        return _compare(table, n_components, update, random, n_init=n_init, tol=tol, max_iter=max_iter)

    # The estimator only takes note of the columns: its rules for what is a table are those of this test.
    with fitting_table(GaussianMixture(engine=engine), X, None) as table:
        n_rows = table.n_rows or 0
        if n_rows <= n_components:
            raise ValueError(f"{n_components + 1} components need as many rows, and the table has {n_rows}: try fewer")
        statistic, smaller = compare(table)
        replicates = np.empty(n_bootstrap)
        for number in range(n_bootstrap):
            drawn = smaller.sample(n_rows, random)[0].astype(table.dtype)
            replicates[number], _ = compare(Table(ArrayRows(drawn, checked=True), ThreadEngine()))
            if on_progress is not None:
                on_progress(Progress("drawing tables", number + 1, n_bootstrap, "tables"))
    p_value = (1 + int((replicates >= statistic).sum())) / (1 + n_bootstrap)
    return LikelihoodRatioTest(statistic, p_value, frozen(replicates), n_components)


def _compare(
    table: Table,
    n_components: int,
    update: MaximumLikelihood,
    random_state: np.random.RandomState,
    *,
    n_init: int,
    tol: float,
    max_iter: int,
) -> tuple[float, Mixture]:
    """Return the statistic of a table, and the smaller of the two models that were fitted to it."""
    expect = Expectation(table)
    sample = take_sample(table, random_state, n_components + 1)

    def divisions(count: int) -> list[Floats]:
        return [divide(sample, count, "kmeans", random_state) for _ in range(n_init)]

    counts = (n_components, n_components + 1)
    steps = [
        (count, fit)
        for count, _, fit in sweep(
            expect,
            sample,
            divisions,
            counts=counts,
            updates={(count, update.shape.name): update for count in counts},
            tol=tol,
            max_iter=max_iter,
        )
    ]
    fits = dict(steps)
    smaller, larger = fits[n_components], fits[n_components + 1]
    if smaller is not None and smaller is not steps[0][1]:
        # A merge has found a better one, of which no component has been split yet.
        start = split_widest(smaller.model, n_components + 1)
        larger = better_fit(expect, larger, start, update, tol=tol, max_iter=max_iter)
    if smaller is None or larger is None:
        raise SingularCovarianceError(
            f"{counts[smaller is not None]} components cannot be fitted to the table, or to one drawn from its fit: "
            "raise reg_covar, or use another covariance_type"
        )
    low, high = (likelihoods(fit.model, table)[0] for fit in (smaller, larger))
    # The smaller model is one of the larger: two halves of a component in the same place.
    return max(2 * (high - low), 0.0), smaller.model
