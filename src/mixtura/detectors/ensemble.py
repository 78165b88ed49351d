"""The default detector: many small mixtures, each of some rows and columns, that vote."""

from functools import partial
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions

from ..engines import Engine, EngineName
from ..engines.gather import gather
from ..engines.progress import OnProgress, watched
from ..mixtures.initialize import take_sample
from ..mixtures.sources import Source, opened_rows
from ..rows import Block
from ..rows.columns import Missing
from .detector import Detector, offset_for
from .ensemble_fit import POOL, find_range, fit_ensemble, threads_of, units_of
from .ensemble_model import EnsembleModel

# A box plot marks values farther than this many interquartile ranges above the third quartile.
_WHISKER = 1.5


class AnomalyDetector(Detector):
    """Rows that do not belong, in any table of numbers: the detector to take when nothing is known.

    Many small Gaussian mixtures are fitted, each to a few hundred rows and a random part of the columns, with one
    to six components, two in three with full and the others with diagonal covariances. What a mixture finds of a
    row, minus the log density, is compared with its median and interquartile range in the table and compressed as
    sign(z) log(1 + abs(z)), so that no mixture outvotes all others. In the mean of that, a mixture counts by the
    square of how far it sets the most unusual hundredth of the rows apart: one that sees nothing special in its
    columns has little to say.

    Rows that are unusual where they lie, though not in the table as a whole, are seen by their neighbours: the
    distance of a row to the fifth nearest of 256 rows, for ten samples of so many, is compared and compressed in the
    same way. The score is minus the mean of what mixtures and samples find, half of it each: about zero for a usual
    row.

    So that anomalies do not shape the mixtures, this is done twice. In the first, smaller ensemble each mixture
    leaves the quarter of its rows with the lowest density out of its fit; the tenth of the table that comes out
    most unusual is not shown to the second ensemble, which is kept, nor to the samples.

    Columns may be measured in anything: each is centred at its median and divided by the range of its middle nine
    tenths, or by its standard deviation where those are equal, and values are clipped ten normal deviations away. A
    column that never changes has no part in this; when it has another value in a row that is scored later, that
    lowers the score by ten. Missing values (NaN, null) are taken to lie at the median, where they say nothing
    against a row.

    Parameters
    ----------
    contamination : 'auto' or float, default='auto'
        Share of outliers among the rows fitted, at most one half, which sets `offset_`. With 'auto' it is where the
        whisker of a box plot ends: 1.5 interquartile ranges below the first quartile of the scores.
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
    model_ : EnsembleModel
        The fitted mixtures, a frozen value.
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

    model_: EnsembleModel

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
        with opened_rows(self, X, None) as rows:
            engine = self._engine(X)
            reading = watched(engine, self.on_progress, "reading the table")
            whole = find_range(rows, reading)
            pool = take_sample(rows, reading, random_state, 1, POOL).observed
            units = units_of(pool, whole)
            n_threads = threads_of(engine)
            parts = fit_ensemble(pool, units, self.n_estimators, random_state, n_threads, self.on_progress)
            self.model_ = EnsembleModel(units, *parts)
            if self.contamination == "auto":
                low, _, high = np.percentile(self.model_.score_samples(pool), [25, 50, 75])
                self.offset_ = float(low - _WHISKER * (high - low))
            else:
                scores = gather(self._scoring_engine(X), rows, partial(_scores, self.model_), (), np.dtype(np.float64))
                self.offset_ = offset_for(scores, float(self.contamination))
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def _scores(model: EnsembleModel, block: Block) -> Any:
    return model.score_samples(block.values)
