"""`EllipticEnvelope`: the rows far from a robust Gaussian, with scikit-learn's interface."""

from numbers import Real
from typing import Any, ClassVar, Self

from numpy.typing import ArrayLike
from sklearn.metrics import accuracy_score
from sklearn.utils._param_validation import Interval

from ...engines.progress import OnProgress
from ...intake.sources import Source
from ..detector import Detector, offset_for
from .min_cov_det import MinCovDet
from .model import Elliptic
from .robust_covariance import Start


class EllipticEnvelope(Detector, MinCovDet):
    """Outliers of a table that is one Gaussian otherwise: the rows of large robust Mahalanobis distance.

    Parameters, defaults, attributes and methods follow `sklearn.covariance.EllipticEnvelope`; `start` and
    `explain` are added. `MinCovDet` gives the location and covariance; its page says how, and where they differ from
    scikit-learn's.

    Parameters
    ----------
    store_precision : bool, default=True
        Whether `precision_` is stored.
    assume_centered : bool, default=False
        Whether the location is known to be zero.
    support_fraction : float, optional
        Share of the rows in the raw estimate, in (0, 1]. Default: (n_rows + n_features + 1) / 2 of them.
    contamination : float, default=0.1
        Share of the fitted rows that are outliers, in (0, 0.5]. Rows that tie are outliers together, as
        `threshold_by_rate` says.
    random_state : int, RandomState instance or None, default=None
        Seed of the random starts.
    start : {'random', 'deterministic'}, default='random'
        Random starts, or the six of DetMCD, which involve no chance.
    on_progress : callable, optional
        Told a `Progress` while the detector is fitted and while rows are scored.

    Attributes
    ----------
    location_, covariance_, precision_, support_, dist_, raw_location_, raw_covariance_, raw_support_ : ndarray
        As those of `MinCovDet`.
    offset_ : float
        Score below which a row is an outlier.
    model_ : Elliptic
        Location and covariance as a frozen value.
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, when they have names.

    References
    ----------
    .. [1] Rousseeuw and Van Driessen (1999), "A fast algorithm for the minimum covariance determinant estimator",
       Technometrics 41.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import EllipticEnvelope
    >>> X = np.random.default_rng(0).normal(size=(500, 2)) @ [[2.0, 1.0], [0.0, 1.0]]
    >>> envelope = EllipticEnvelope(random_state=0).fit(X)
    >>> envelope.predict([[0, 0], [2, -4]])
    array([ 1, -1])
    >>> envelope.explain([[2, -4]]).column
    array([1])
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **MinCovDet._parameter_constraints,
        "contamination": [Interval(Real, 0, 0.5, closed="right")],
    }

    model_: Elliptic

    def __init__(
        self,
        *,
        store_precision: bool = True,
        assume_centered: bool = False,
        support_fraction: float | None = None,
        contamination: float = 0.1,
        random_state: Any = None,
        start: Start = "random",
        on_progress: OnProgress | None = None,
    ) -> None:
        super().__init__(
            store_precision=store_precision,
            assume_centered=assume_centered,
            support_fraction=support_fraction,
            random_state=random_state,
            start=start,
            on_progress=on_progress,
        )
        self.contamination = contamination

    def fit(self, X: Source, y: Any = None) -> Self:
        """Fit location and covariance to a table, and the offset to its contamination.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table, without missing values.
        y : Ignored
            For scikit-learn's interface.

        Returns
        -------
        self

        Raises
        ------
        SingularCovarianceError
            Half of the rows, but not all, lie on a hyperplane, or `support_fraction` leaves too few of them.
        DataError
            Values are too large or too small for squares, or missing.
        """
        super().fit(X)
        self.offset_ = offset_for(-self.dist_, self.contamination)
        return self

    def score(self, X: Source, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return the share of rows whose prediction is the label given.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features), or any source of rows
            The table, with the columns that were fitted.
        y : array-like of shape (n_rows,)
            -1 for outliers, 1 for rows that belong.
        sample_weight : array-like of shape (n_rows,), optional
            Weight of each row.
        """
        return float(accuracy_score(y, self.predict(X), sample_weight=sample_weight))
