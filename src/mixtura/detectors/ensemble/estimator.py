"""The default detector: many small mixtures, each of some rows and columns, that vote."""

from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from ...engines import Engine, EngineName, OnProgress
from ...intake.sample import take_sample
from ...intake.sources import Source, opened_table
from ...rows.block import levels_of
from ...rows.columns import Missing, Takes
from ...statistics.rarity import n_discoveries
from ..detector import Detector, offset_of
from ..levels.absent import Absent
from .assembly import fit_ensemble
from .columns import find_range
from .fit import POOL, threads_of
from .mixed import MixedEnsemble, fit_mixed
from .model import EnsembleModel

# With 'auto', this share of the outliers may belong, on average; of fewer rows than these none is called an outlier.
FALSE_DISCOVERIES = 0.1
FEWEST_ROWS = 30


class AnomalyDetector(Detector):
    """Rows that do not fit, in any table: the detector to take when nothing is known.

    All that is found of a row is put on one scale, how rarely a row of such a table reaches it: the score is minus that
    surprise in nats, minus the logarithm of a probability. About 0.7 is usual, 4.6 is one row in a hundred. Two things
    are found.

    *How usual the row is.* Many small Gaussian mixtures are fitted, each to a few hundred rows and a random part of the
    columns, with one to six components, two in three with full and the others with diagonal covariances. What a mixture
    finds of a row, minus the log density, is compared with its median and interquartile range in the table and
    compressed as sign(z) log(1 + abs(z)), so that no mixture outvotes all others. In the mean of that, a mixture counts
    by the square of how far it sets the most unusual hundredth of the rows apart. Rows that are unusual where they lie
    are seen by their neighbours: the distance of a row to the fifth nearest of 256 rows, for ten samples of so many,
    counts as much as all mixtures. So that anomalies do not shape the mixtures, this is done twice: the tenth of the
    table that comes out most unusual at first is not shown to what is kept. Columns of two values are seen by neither;
    how rare the values of a row are together is added, at two fifths of its nats.

    *How far out its most extreme value is.* Each column, and what each column differs by from a ridge regression on all
    others, has a tail on either side, a generalised Pareto distribution fitted to three quantiles, so that up to one
    value in fifty on a side may be wrong and change nothing. The nats of the most extreme value, less log n and half of
    log d, about what n rows of d columns hold by chance, are added. Nothing is clipped here, and no tail is narrower
    than the step of its column, nor than the share of its usual value warrants.

    Files and dataframes may have other columns than those of numbers. Dates, times and durations are numbers. Flags,
    categories and codes have levels. *How unusual the levels of a row are*, alone and together, is added to how usual
    its numbers are, and what a number has beyond those of its level to the rest.

    Columns may be measured in anything: each is centred at its median and divided by the range of its middle nine
    tenths, or by its standard deviation where those are equal. A column that never changes has no part in this; a row
    scored later that has another value there is farther out than all rows fitted. So is a row that is off a plane which
    all rows but a hundredth lie on: where one column is the sum of others, say, or a copy in other units. Missing
    values (NaN, null) say nothing against a row in a column that more than one row in a hundred lacks. In other columns
    they make a row as surprising as few rows lack as much, if nothing else makes it more so.

    Parameters
    ----------
    contamination : 'auto' or float, default='auto'
        Share of outliers among the rows fitted, at most one half, which sets `offset_`. With 'auto' the table has the
        answer: as many outliers as possible while on average at most a tenth of them belong, by Benjamini
        and Hochberg; none in a clean table, as a rule, and none of fewer than 30 rows. Of more than 8,192 rows, that is
        found on as many, drawn at random. Rows that tie are outliers together, as `threshold_by_rate` says.
    n_estimators : int, default=100
        Number of mixtures.
    random_state : int, RandomState instance or None, default=None
        Seed of all draws. The result does not depend on the number of threads.
    engine : {'threads', 'dask'} or Engine, optional
        Where passes over the rows run. Default: Dask for Dask arrays and frames, else threads.
    on_progress : callable, optional
        Told a `Progress` while the detector is fitted and while rows are scored.

    Attributes
    ----------
    model_ : EnsembleModel or MixedEnsemble
        The fitted mixtures, and what columns of levels say, where there are such; a frozen value.
    offset_ : float
        `decision_function` is `score_samples` less this.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, when they have names.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import AnomalyDetector
    >>> X = np.random.default_rng(0).normal(size=(500, 3))
    >>> X[7] = [0, 8, 0]
    >>> detector = AnomalyDetector(random_state=0).fit(X)
    >>> int(detector.score_samples(X).argmin()), int(detector.predict(X)[7])
    (7, -1)
    >>> int(detector.explain(X[[7]]).column[0])
    1
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "engine": "no_validation",
        "on_progress": [callable, None],
    }

    _missing: Missing = "allow"
    _takes: Takes = "all"

    model_: EnsembleModel | MixedEnsemble

    def __init__(
        self,
        contamination: Literal["auto"] | float = "auto",
        *,
        n_estimators: int = 100,
        random_state: Any = None,
        engine: Engine | EngineName | None = None,
        on_progress: OnProgress | None = None,
    ) -> None:
        self.contamination = contamination
        self.n_estimators = n_estimators
        self.random_state = random_state
        self.engine = engine
        self.on_progress = on_progress

    def fit(self, X: Source, y: Any = None) -> Self:
        """Fit the mixtures.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table. At most 8,192 of its rows, drawn at random, shape the mixtures; all of them are scored when
            `contamination` is a number.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        ValueError
            The table has infinite values or fewer than two rows.
        """
        self._validate_params()
        random_state = check_random_state(self.random_state)
        with opened_table(self, X) as table:
            reading = table.watched("reading the table")
            whole = find_range(reading)
            pool = take_sample(reading, random_state, 1, POOL).observed
            levels, how = levels_of(table.rows), (self.n_estimators, random_state, threads_of(table.engine))
            self.model_ = (
                fit_ensemble(pool, whole, *how, self.on_progress, absent=Absent.of(pool))
                if levels == (None,) * len(levels)
                else fit_mixed(pool, whole, levels, *how, self.on_progress)
            )
            if self.contamination == "auto":
                self.offset_ = _offset_of_discoveries(self.model_, self.model_.score_samples(pool))
            else:
                self.offset_ = offset_of(self.model_, table.watched("scoring"), float(self.contamination))
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _offset_of_discoveries(model: EnsembleModel | MixedEnsemble, scores_of_pool: NDArray[np.float64]) -> float:
    """Return the offset that limits the false discovery rate, from the scores of rows drawn at random."""
    if model.n_rows < FEWEST_ROWS:
        return float(np.finfo(np.float64).min)
    ordered = np.sort(scores_of_pool)
    found = n_discoveries(model.rarity.nats(-ordered), FALSE_DISCOVERIES)
    # One row that alone is too rare for the whole table may not be among those drawn.
    alone = -model.rarity.value_at(float(np.log(model.n_rows / FALSE_DISCOVERIES)))
    if not found:
        return alone
    lowest, following = ordered[found - 1], ordered[min(found, len(ordered) - 1)]
    return float(max(alone, np.nextafter(lowest, np.inf), (lowest + following) / 2))
