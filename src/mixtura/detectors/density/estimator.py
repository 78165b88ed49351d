"""`MixtureDetector`: rows of low density under a mixture do not belong."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils._param_validation import Interval

from ...distributions.mixture import Mixture
from ...distributions.shapes import SEARCHED
from ...engines import Engine, EngineName
from ...engines.progress import OnProgress, told
from ...engines.single import single_thread
from ...intake.counted import counted_rows, counts
from ...intake.extent import check_extent
from ...intake.scaling import Scaled, Scaling, sampled_scaling
from ...intake.sources import Source, names_of, opened_table
from ...intake.table import Table
from ...mixtures.bayes.estimator import BayesianGaussianMixture
from ...mixtures.choice.defaults import default_counts
from ...mixtures.choice.folds import Part, folds_of
from ...mixtures.choice.search import MixtureSearch, search_table
from ...mixtures.em.estimator import fit_table, same_columns, settings_of
from ...mixtures.em.gaussian import GaussianMixture
from ...mixtures.em.loop import fitted
from ...rows import Block
from ...statistics.shares import cut_of_weighted
from ...typing import Floats
from ..detector import Detector, offset_for
from .default_mixture import fit_groups, fit_trimmed
from .model import DensityModel

Fittable = GaussianMixture | BayesianGaussianMixture | MixtureSearch

# Folds that a clean table is divided into, for the false alarms among rows that were not fitted.
_N_FOLDS = 5


class MixtureDetector(Detector):
    """Outlier detection by density: rows where a mixture has little density do not belong.

    Parameters
    ----------
    mixture : Mixture, GaussianMixture, BayesianGaussianMixture or MixtureSearch, optional
        A `Mixture` is taken as it is, and `fit` only sets the offset. An estimator is cloned and fitted to the rows of
        `fit`, whether it was fitted before or not; to keep its fit, give its ``mixture_``. Default: the mixture of
        lowest BIC among those with one to nine components, at least ten rows for each, of every covariance shape,
        without the rows that lie far from every group: the one of ``mixtura.detect(table, model="mixture")``, where
        that has the same columns and seed. It is fitted to columns that are scaled by their quartiles, with a
        thousandth added to every variance, so that columns of few different values, or of one only, are no difficulty.
    contamination : float, default=0.1
        For a table with outliers, the share of its rows, by weight, that are outliers. For a clean table, the share of
        new rows like it that may be called outliers by mistake. Above 0 and at most 0.5. Rows that tie are outliers
        together, as `threshold_by_rate` says.
    novelty : bool, default=False
        Whether the table given to `fit` is clean, to find outliers in other tables. No rows are then left out by
        default, and `offset_` is the `contamination`-quantile of cross-validated scores: the rows of each of five folds
        are scored under a fit to the other four, with the number of components and the shape that were found for all
        rows, because rows score higher under their own fit than new rows do. Otherwise the table has outliers, and
        `offset_` is that quantile of the scores of its rows under the one fit. In both cases every method takes any
        rows.
    trim : float, optional
        Share of the rows, by weight, that is left out of the fit: those of lowest density, at most half [1]_. For the
        default mixture and a `GaussianMixture`, whose own `trim` it overrides. Default: the default mixture leaves out
        the rows far from every group, however many they are, unless the table is clean; a `GaussianMixture` trims what
        it says itself. With a share of zero all rows are fitted: then an extreme one can become a component of its own,
        and score high.
    random_state : int, RandomState instance or None, default=None
        Seed of the starts and of the folds; of an estimator given, where it has none itself.
    engine : {'threads', 'dask'} or Engine, optional
        Where the passes run. Default: Dask for Dask arrays and frames, else threads.
    on_progress : callable, optional
        Told a `Progress` while the detector is fitted and while rows are scored.

    Attributes
    ----------
    model_ : DensityModel
        The mixture with the scaling of the columns. Scores are log densities. With the default mixture they are those
        of the scaled values, which do not depend on the units of the table; with a `BayesianGaussianMixture`, those
        under its ``mixture_``, the mixture of the expected parameters.
    offset_ : float
        Score below which a row is an outlier.
    trained_on_ : {'outliers', 'clean'}
        Whether the table has outliers or is clean, as `novelty` says.
    estimator_ : GaussianMixture, BayesianGaussianMixture or MixtureSearch
        The fitted estimator, where one was fitted; the default one to scaled columns.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, when they have names.

    Notes
    -----
    NaN and null are missing values: a row is judged by the values that it has, and a row without any belongs.

    Outliers that lie together can be a group to a mixture. Where their share is known, `trim` leaves them out if they
    are less dense than the other groups.

    References
    ----------
    .. [1] Neykov, Filzmoser, Dimova and Neytchev (2007), "Robust fitting of mixtures using the trimmed likelihood
       estimator", Computational Statistics and Data Analysis 52.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import MixtureDetector
    >>> rng = np.random.default_rng(0)
    >>> height = rng.normal(170, 10, 300)
    >>> X = np.column_stack([height, height - 100 + rng.normal(0, 5, 300)])
    >>> detector = MixtureDetector(contamination=0.01, random_state=0).fit(X)
    >>> detector.predict([[180, 80], [180, 40]])
    array([ 1, -1])
    >>> explanation = detector.explain([[180, 40]])
    >>> explanation.column, explanation.expected.round()
    (array([1]), array([[170.,  80.]]))
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "mixture": [Mixture, GaussianMixture, BayesianGaussianMixture, MixtureSearch, None],
        "contamination": [Interval(Real, 0.0, 0.5, closed="right")],
        "novelty": ["boolean"],
        "trim": [Interval(Real, 0.0, 0.5, closed="both"), None],
        "random_state": ["random_state"],
        "engine": "no_validation",
        "on_progress": [callable, None],
    }
    _missing = "allow"

    model_: DensityModel

    def __init__(
        self,
        mixture: Mixture | Fittable | None = None,
        *,
        contamination: float = 0.1,
        novelty: bool = False,
        trim: float | None = None,
        random_state: Any = None,
        engine: Engine | EngineName | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.mixture = mixture
        self.contamination = contamination
        self.novelty = novelty
        self.trim = trim
        self.random_state = random_state
        self.engine = engine
        self.on_progress = on_progress

    def fit(self, X: Source, y: Any = None, *, sample_weight: ArrayLike | None = None) -> Self:
        """Fit the mixture to the rows of `X`, and set the offset.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table. NaN and null are missing values.
        y : ignored
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row, in the fit and in the offset: a row of weight two counts as two equal rows. Only the
            numbers of components to try follow the number of rows, whatever these weigh.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Parameters contradict one another, or the mixture given has other columns than the table.
        DataError
            A column has no value at all, or spreads over more than a double can hold; what the estimator given raises;
            or the rows of a file, query or Dask collection cannot be used, where arrays and frames raise scikit-learn's
            ValueError.
        """
        with self._opened(X, sample_weight) as table:
            self._fit_table(table)
        return self

    def fit_predict(  # type: ignore[override]  # the base passes on what `fit` of a detector takes
        self, X: Source, y: Any = None, *, sample_weight: ArrayLike | None = None
    ) -> NDArray[np.int64]:
        """Fit, and return -1 for the outliers of `X` and 1 for rows that belong; `sample_weight` is as for `fit`."""
        with self._opened(X, sample_weight) as table:
            self._fit_table(table)
            scores = table.watched("scoring").scores(self.model_)
        return np.where(scores - self.offset_ < 0, -1, 1)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    @contextmanager
    def _opened(self, X: Source, sample_weight: ArrayLike | None) -> Iterator[Table]:
        self._validate_params()
        self._check_trim()
        with single_thread("blas"), opened_table(self, X, sample_weight) as table:
            yield table

    def _check_trim(self) -> None:
        if not self.trim:
            return
        if self.novelty:
            raise ValueError("novelty=True means a clean table, and trim a table with outliers: leave one out")
        if not (self.mixture is None or isinstance(self.mixture, GaussianMixture)):
            raise ValueError(
                f"trim leaves rows out of the fit of a GaussianMixture, not of a {type(self.mixture).__name__}: leave "
                "trim out, or give a GaussianMixture"
            )

    def _fit_table(self, table: Table) -> None:
        random_state = check_random_state(self.random_state)
        estimator = judged = None
        scaling = None
        if isinstance(self.mixture, Mixture):
            if self.mixture.n_features != table.n_columns:
                raise ValueError(f"the mixture has {self.mixture.n_features} columns, and the table {table.n_columns}")
            mixture = self.mixture
        elif self.mixture is None:
            scaling, estimator = self._default(table, random_state)
            judged, mixture = estimator, estimator.mixture_
        else:
            estimator = self._given(self.mixture, table, random_state)
            judged = estimator.best_estimator_ if isinstance(estimator, MixtureSearch) else estimator
            mixture = judged.mixture_
        model = _model_of(mixture, scaling)
        if self.novelty and judged is not None:
            parts = _held_out(judged, scaling, table, random_state)
        else:
            parts = table.watched("scoring").map(_Scored(model))
        offset = _weighted_offset(parts, self.contamination)
        self.model_, self.offset_ = model, offset
        self.trained_on_: Literal["outliers", "clean"] = "clean" if self.novelty else "outliers"
        self.__dict__.pop("estimator_", None)  # of an earlier fit
        if estimator is not None:
            self.estimator_ = estimator

    def _default(self, table: Table, random_state: np.random.RandomState) -> tuple[Scaling, GaussianMixture]:
        """Return how the columns are scaled, and the default mixture fitted to the scaled rows."""
        names = list(getattr(self, "feature_names_in_", [f"x{column}" for column in range(table.n_columns)]))
        # The seed of the command, where it is one.
        seed = int(self.random_state) if isinstance(self.random_state, Integral) else _seed(random_state)
        scaling = sampled_scaling(table, names, seed)
        scaled = table.through(Scaled(scaling))
        check_extent(scaled, names)
        counts = default_counts(counted_rows(table).n_rows)
        if self.trim:
            return scaling, fit_trimmed(scaled, seed, self.trim, counts=counts)
        clean = self.novelty or self.trim is not None
        return scaling, fit_groups(scaled, seed, counts=counts, shapes=SEARCHED, clean=clean).estimator

    def _given(self, template: Fittable, table: Table, random_state: np.random.RandomState) -> Fittable:
        """Return a clone of the estimator given, fitted to the rows."""
        estimator: Fittable = clone(template)
        if estimator.random_state is None:
            estimator.set_params(random_state=_seed(random_state))
        if self.trim is not None and isinstance(estimator, GaussianMixture):
            estimator.set_params(trim=self.trim)
        same_columns(estimator, self)
        check_extent(table, names_of(self))
        own = estimator.on_progress
        estimator.on_progress = self.on_progress if own is None else own
        if isinstance(estimator, MixtureSearch):
            search_table(estimator, table)
        else:
            fit_table(estimator, table)
        estimator.on_progress = own
        return estimator


def _seed(random_state: np.random.RandomState) -> int:
    return int(random_state.randint(2**31 - 1))


@dataclass(frozen=True)
class _Scored:
    """A pass that scores the rows that count, and weighs them; one without any value has no score of its own."""

    model: DensityModel

    def __call__(self, block: Block) -> tuple[Floats, Floats]:
        weights = np.ones(len(block.values)) if block.weights is None else block.weights
        counted = counts(block)
        return self.model.score_samples(block.values[counted]), weights[counted]


def _model_of(mixture: Mixture, scaling: Scaling | None) -> DensityModel:
    """Return the model of rows whose columns are scaled before they meet the mixture, or of rows as they are."""
    if scaling is None:
        return DensityModel(mixture, np.zeros(mixture.n_features), np.ones(mixture.n_features))
    return DensityModel(mixture, scaling.center, scaling.scale)


def _held_out(
    estimator: GaussianMixture | BayesianGaussianMixture,
    scaling: Scaling | None,
    table: Table,
    random_state: np.random.RandomState,
) -> Iterator[tuple[Floats, Floats]]:
    """Yield the scores of the rows of each fold under a fit to the others, with their weights."""
    counted = counted_rows(table)
    n_folds = min(_N_FOLDS, counted.n_rows)
    folds = folds_of(counted, n_folds, estimator.n_components, random_state)
    scaled = table if scaling is None else table.through(Scaled(scaling))

    def judged(fold: int) -> list[tuple[Floats, Floats]]:
        # Where a fit has not converged, that to all rows has said so.
        given: Any = settings_of(estimator)
        settings = replace(given, random_state=deepcopy(estimator.random_state))
        with warnings.catch_warnings():
            # The others may have fewer distinct rows than components, some of which then lose theirs.
            warnings.simplefilter("ignore", ConvergenceWarning)
            other = fitted(settings.algorithm(scaled.through(Part(folds, fold, held_out=False)))).model
        model = _model_of(other if isinstance(other, Mixture) else other.mixture, scaling)
        return list(table.through(Part(folds, fold, held_out=True)).map(_Scored(model)))

    for parts in told(map(judged, range(n_folds)), table.on_progress, "judging rows left out", n_folds, "folds"):
        yield from parts


def _weighted_offset(parts: Iterable[tuple[Floats, Floats]], contamination: float) -> float:
    """Return the offset that makes a share of the weight of some rows outliers, as `offset_for` of rows repeated."""
    scored = list(parts)
    scores, weights = (np.concatenate([part[which] for part in scored]) for which in (0, 1))
    if (weights == 1).all():
        return offset_for(scores, contamination)
    return cut_of_weighted(scores, weights, contamination).threshold
