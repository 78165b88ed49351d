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
from ...rows.blocks.block import levels_of
from ...rows.blocks.columns import Missing, Takes
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
    """Rows that do not fit, in any table: the detector to start with.

    The surprise of a row is minus the logarithm of the probability that a row of such a table is as unusual, in nats:
    about 0.7 is usual, 4.6 is one row in a hundred. The score is minus the surprise. The surprise has two parts.

    *How unusual the row is.* Many small Gaussian mixtures are fitted, each to a few hundred rows and a random part of
    the columns. They have one to six components; two in three have full covariances, the others diagonal ones. Each
    mixture votes by minus the log density of the row. The vote is centred and scaled by its median and interquartile
    range in the table and compressed as sign(z) log(1 + abs(z)), so that no mixture outvotes all others. The votes are
    averaged; the weight of a mixture is the square of how far it sets the most unusual hundredth of the rows apart.
    Neighbours see rows that are unusual where they lie: the distance of a row to the fifth nearest of 256 rows, for ten
    such samples, counts as much as all mixtures. Everything is done twice, so that anomalies do not shape the mixtures:
    the second round leaves out the tenth of the table that came out most unusual in the first. Neither mixtures nor
    neighbours see columns of two values; the rarity of these values together is added, at two fifths of its nats.

    *How far out its most extreme value is.* Each column has a tail on either side, and so has the residual of each
    column in a ridge regression on all others. A tail is a generalised Pareto distribution fitted to three quantiles,
    so that up to one value in fifty on a side may be wrong and change nothing. The nats of the most extreme value are
    added, less log n and half of log d, which is about what n rows of d columns hold by chance. Nothing is clipped
    here. No tail is narrower than the step of its column, or than its usual value warrants.

    Files and dataframes may also have columns that are not numbers. Dates, times and durations become numbers. Flags,
    categories and codes have levels. *How unusual the levels of a row are*, alone and together, is added to the first
    part. The second part counts numbers that are unusual for their level, too.

    Units do not matter: each column is centred at its median and divided by the range of its middle nine tenths, or by
    its standard deviation where those are equal. A column that never changes has no part in this; a row scored later
    with another value there is farther out than all fitted rows. The same holds for a row off a plane on which all rows
    but a hundredth lie, for example where one column is the sum of others or a copy in other units. A missing value
    (NaN, null) does not count against a row in a column that more than one row in a hundred lacks. In other columns it
    counts as surprising as it is rare, unless something else in the row is more surprising.

    Parameters
    ----------
    contamination : 'auto' or float, default='auto'
        Share of outliers among the rows fitted, at most one half, which sets `offset_`. With 'auto' the table decides:
        as many outliers as possible, while on average at most a tenth of them are false alarms (Benjamini and
        Hochberg). As a rule there are none in a clean table, and there are none in fewer than 30 rows. In a table of
        more than 8,192 rows, a random sample of as many decides. Rows that tie are outliers together, as
        `threshold_by_rate` says.
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
        The fitted mixtures, with the votes of the columns of levels if there are any; a frozen value.
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
