"""The mixture that is fitted to a table when its user says nothing about it."""

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from ..distributions.shapes import SHAPES
from ..engines import Engine
from ..engines.progress import OnProgress, Progress
from ..mixtures.defaults import MAX_ITER, N_INIT, REG_COVAR, TOL, default_counts
from ..mixtures.gaussian import GaussianMixture
from ..mixtures.search import MixtureSearch
from ..rows import Block, Rows

# Of a shape no larger counts are tried after so many that did not lower the BIC.
_PATIENCE = 2


def fit_default(
    rows: Rows,
    engine: Engine,
    n_rows: int,
    trim: float,
    random_state: Any,
    on_progress: OnProgress | None = None,
) -> GaussianMixture:
    """Return the mixture of lowest BIC among those with up to nine components of any shape, fitted.

    Parameters
    ----------
    rows : Rows
        The table.
    engine : Engine
        Where passes run, over columns on a common scale.
    n_rows : int
        Number of rows that count, at least ten for each component.
    trim : float
        Share of the rows that is left out of every fit.
    random_state : int, RandomState instance or None
        Seed of the starts.
    on_progress : callable, optional
        Told how many candidates have been fitted.
    """
    counts = default_counts(n_rows)
    settings = {"tol": TOL, "max_iter": MAX_ITER, "reg_covar": REG_COVAR, "random_state": random_state}
    with warnings.catch_warnings():
        # Iterations are limited on purpose: what more would gain ranks no row differently.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if trim > 0:
            return _trimmed(rows, engine, counts, GaussianMixture(trim=trim, **settings), on_progress)
        search = MixtureSearch(counts, n_init=N_INIT, on_progress=on_progress, **settings)
        search.n_features_in_ = rows.n_columns
        search._fit_rows(rows, engine)
    best: GaussianMixture = search.best_estimator_
    return best


def _trimmed(
    rows: Rows, engine: Engine, counts: list[int], template: GaussianMixture, on_progress: OnProgress | None
) -> GaussianMixture:
    """Return the fit of lowest BIC, that of the rows kept (Neykov, Filzmoser, Dimova and Neytchev 2007, section 3.3).

    A start divides the rows in three ways, of which two leave outliers out: no further starts are needed.
    """
    weight = engine.fold(rows, _weight_of, 0.0) * (1 - template.trim)
    best, lowest = template, np.inf
    total = len(SHAPES) * len(counts)
    for n_shapes, shape in enumerate(SHAPES):
        in_shape: list[float] = []
        for count in counts:
            estimator: GaussianMixture = clone(template).set_params(n_components=count, covariance_type=shape)
            estimator._fit_rows(rows, engine)
            bic = -2 * weight * estimator.lower_bound_ + estimator.mixture_.n_parameters * float(np.log(weight))
            if bic < lowest:
                best, lowest = estimator, bic
            in_shape.append(bic)
            # Larger counts that are not tried are done with as well.
            last = count == counts[-1] or len(in_shape) - 1 - int(np.argmin(in_shape)) == _PATIENCE
            if on_progress is not None:
                done = n_shapes * len(counts) + (len(counts) if last else len(in_shape))
                on_progress(Progress("searching", done, total, "candidates"))
            if last:
                break
    return best


def _weight_of(block: Block) -> float:
    return float(len(block.values) if block.weights is None else block.weights.sum())
