"""`clean`: a table without its most extreme rows, and a model of those that stay."""

import sys
from numbers import Integral, Real
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import _safe_indexing

from ..engines.progress import OnProgress, Progress
from ..errors import EmptyTableError, SourceError, warn
from ..rows import ArrayRows
from ..typing import Bools

Detector = TypeVar("Detector")

# The frames whose rows scikit-learn selects by a mask; looked up among the imported modules, so that none is imported.
_FRAMES = {"pandas": "DataFrame", "polars": "DataFrame", "pyarrow": "Table"}


def clean(
    X: Any, detector: Detector, fraction: float, *, max_rounds: int = 30, on_progress: OnProgress | None = None
) -> tuple[Bools, Detector]:
    """Fit, drop the most extreme rows, fit again, until the same rows stay.

    The first round fits the detector to all rows. Each round scores all rows, those dropped before too, and the next
    fits to those of highest score; so a row that an early, distorted fit drops can come back. These are the
    concentration steps of [1]_, and of [2]_ for mixtures.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns), list of rows, pandas or Polars DataFrame, or pyarrow Table
        The table. Frames are handed to the detector as frames, so that it knows the names of the columns.
    detector : estimator
        Has `fit`, and `score_samples` that is higher for rows that belong: a `GaussianMixture`, or scikit-learn's
        `IsolationForest`, `OneClassSVM`, `LocalOutlierFactor(novelty=True)`, `Pipeline` and so on. It is cloned, and
        not changed itself.
    fraction : float
        Share of the rows to drop, at least 0 and below one half: rows that do not belong are fewer than those that do.
        Of n rows, exactly ``round(fraction * n)`` are dropped. Where scores tie, the later rows are dropped.
    max_rounds : int, default=30
        Most rounds, at least 2.
    on_progress : callable, optional
        Told a `Progress` after each round. The rounds that it will take are not known before.

    Returns
    -------
    kept : ndarray of bool, shape (n_rows,)
        The rows that stay: ``X[kept]`` for an array or pandas, ``X.filter(kept)`` for Polars and pyarrow.
    model : estimator
        The clone of the detector, fitted to these rows and no others.

    Raises
    ------
    SourceError
        `X` is not a table in memory.
    ColumnError, EmptyTableError
        `X` is an array not of two dimensions or not of numbers; it has no rows or no columns.
    TypeError
        The detector lacks `fit` or `score_samples`.
    ValueError
        `fraction` or `max_rounds` is outside its range, or the detector does not give each row a score.
    Exception
        What the detector raises; a note on it tells the round and the number of rows.

    Warns
    -----
    ConvergenceWarning
        The rows that stay did not settle. Either the same sets of rows came round again, and the one of highest mean
        score among its own rows was taken, the likelier one where scores are log densities; or the rounds ran out, and
        the last fit was taken, not one of an earlier, less clean set.

    Notes
    -----
    The clone is fitted anew in each round. With ``warm_start=True`` a mixture goes on from its last fit instead; then
    the mean log density of the rows it fits never falls from the second round on, and the rows settle in a few rounds;
    but a component that lay on rows now dropped may stay empty. A single Gaussian needs no such start. A mixture of
    several components that starts from scratch in each round may find another optimum each time, and a forest draws
    other samples, so that rows near the border come and go. A forest must not be given ``warm_start=True``: it would
    keep its first trees.

    The fit to all rows is the only start, and the rows that stay need not be the best subset of all. Extreme rows that
    are many and alike may draw a single Gaussian to themselves, and are then kept. Detectors that remember their rows,
    such as the local outlier factor, favour those rows, and few come back.

    References
    ----------
    .. [1] Rousseeuw and Van Driessen (1999), "A fast algorithm for the minimum covariance determinant estimator",
       Technometrics 41.
    .. [2] Neykov, Filzmoser, Dimova and Neytchev (2007), "Robust fitting of mixtures using the trimmed likelihood
       estimator", Computational Statistics & Data Analysis 52.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import GaussianMixture, clean
    >>> X = np.array([[1.0], [2.0], [3.0], [4.0], [5.0], [60.0], [6.0], [7.0]])
    >>> kept, model = clean(X, GaussianMixture(), fraction=1 / 8)
    >>> X[~kept], model.means_
    (array([[60.]]), array([[4.]]))
    """
    X, n_rows = _table(X)
    n_kept = n_rows - round(_check_fraction(fraction) * n_rows)
    _check_rounds(max_rounds)
    _check_detector(detector)
    model: Any = clone(detector)
    fits: list[tuple[bytes, float]] = []
    following = np.ones(n_rows, dtype=bool)
    for number in range(1, max_rounds + 1):
        kept = following
        scores = _fit_and_score(model, X, kept, number)
        if on_progress is not None:
            on_progress(Progress("cleaning", number, None, "rounds"))
        following = _highest(scores, n_kept)
        if np.array_equal(following, kept):
            return kept, model
        # The score tells a true cycle from rows that return to a model that has moved on, or that is drawn at random.
        fit = (np.packbits(kept).tobytes(), float(scores[kept].mean()))
        if fit in fits:
            cycle = fits[fits.index(fit) :]
            best, _ = max(cycle, key=lambda member: member[1])
            kept = np.unpackbits(np.frombuffer(best, np.uint8), count=n_rows).astype(bool)
            _fit_and_score(model, X, kept, number + 1)
            _warn(f"{len(cycle)} sets of rows take turns, and the one of highest mean score was taken")
            return kept, model
        fits.append(fit)
    _warn(f"the rows still changed after {max_rounds} rounds, and the last fit was taken")
    return kept, model


def _fit_and_score(model: Any, X: Any, kept: Bools, number: int) -> NDArray[np.float64]:
    """Fit the model to the rows kept, in place, and return its scores of all rows."""
    n_rows, n_kept = len(kept), int(kept.sum())
    try:
        model.fit(X if n_kept == n_rows else _safe_indexing(X, kept))
        scores = np.asarray(model.score_samples(X), dtype=np.float64)
        if scores.shape != (n_rows,):
            raise ValueError(f"score_samples gave an array of shape {scores.shape}, not one score for each row")
        strange = np.flatnonzero(~(scores < np.inf))
        if len(strange):
            raise ValueError(
                f"row {strange[0]} (counted from 0) has the score {scores[strange[0]]}, the first of {len(strange)} "
                "without a rank: give a detector whose scores are numbers"
            )
    except Exception as error:
        error.add_note(f"in round {number} of clean, which fits {type(model).__name__} to {n_kept} of {n_rows} rows")
        raise
    return scores


def _highest(scores: NDArray[np.float64], count: int) -> Bools:
    """Return which rows have the highest scores; where they tie, the earlier ones."""
    kept = np.zeros(len(scores), dtype=bool)
    kept[np.argsort(-scores, kind="stable")[:count]] = True
    return kept


def _warn(what: str) -> None:
    warn(
        f"clean did not settle: {what}; set warm_start=True on a mixture, or change fraction or max_rounds",
        ConvergenceWarning,
    )


def _table(X: Any) -> tuple[Any, int]:
    """Return the table and its number of rows."""
    if isinstance(X, (np.ndarray, list, tuple)):
        n_rows = ArrayRows(X).n_rows  # refuses what is no table, in plain words
        return np.asanyarray(X), n_rows
    frames = tuple(getattr(sys.modules[module], name) for module, name in _FRAMES.items() if module in sys.modules)
    if not isinstance(X, frames):
        raise SourceError(
            f"clean takes an array, a pandas or Polars DataFrame or a pyarrow Table, not {type(X).__name__}: load the "
            "table into one of them first"
        )
    if 0 in X.shape:
        missing = "rows" if X.shape[0] == 0 else "columns"
        raise EmptyTableError(f"the table of shape {X.shape} has no {missing}: give a table with at least one")
    return X, X.shape[0]


def _check_fraction(fraction: float) -> float:
    if isinstance(fraction, bool) or not isinstance(fraction, Real) or not 0 <= fraction < 0.5:
        raise ValueError(
            f"the fraction of rows to drop must be a number from 0 to below 0.5, such as 0.05, not {fraction!r}"
        )
    return float(fraction)


def _check_rounds(max_rounds: int) -> None:
    if isinstance(max_rounds, bool) or not isinstance(max_rounds, Integral) or max_rounds < 2:
        raise ValueError(f"max_rounds must be an integer of at least 2, to fit, drop and fit again, not {max_rounds!r}")


def _check_detector(detector: Any) -> None:
    for method in ("fit", "score_samples"):
        if not hasattr(detector, method):
            raise TypeError(
                f"{type(detector).__name__} has no {method}: give a detector that scores rows, such as "
                "GaussianMixture(), IsolationForest() or LocalOutlierFactor(novelty=True)"
            )
