"""The maximum of the likelihood of latent classes, from where EM stops."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp

from ...distributions.levels import LevelColumns, Levels
from ...distributions.mixture import Mixture
from ...statistics.moments import Moments
from ...typing import Floats
from .loop import Fit, Step
from .updates import EXTRA, MaximumLikelihood

# A thousand passes over the rows at most; a gradient, in nats, at which a maximum is reached; and former steps that
# tell the curvature: there are some tens of parameters.
_OPTIONS = {"maxfun": 1000, "maxiter": 1000, "gtol": 1e-5, "ftol": 0.0, "maxcor": 20}


def climbed(expect: Callable[[Mixture], Moments], fit: Fit[Mixture], update: MaximumLikelihood) -> Fit[Mixture]:
    """Return the fit at the top of the slope that EM has converged on; the same fit where no parameter is free.

    Near a maximum EM gains a little less with every iteration, and most is still to be gained when that is less than a
    tolerance. One pass tells both the likelihood and its gradient (Fisher's identity), so that quasi-Newton steps cost
    no more than those of EM (Jamshidian and Jennrich 1997, "Acceleration of the EM algorithm by using quasi-Newton
    methods", JRSS B 59). They are those of L-BFGS in logarithms of the probabilities, and raise the likelihood.
    """
    model, layout = fit.model, update.levels
    assert layout is not None, "latent classes have levels"
    assert model.levels is not None, "latent classes have levels"
    k = model.n_components
    with np.errstate(divide="ignore"):
        start = np.concatenate([np.log(model.weights), np.log(model.levels.values).ravel()])
    if k == 1 or not np.isfinite(start).all():
        return fit

    def logs_of(parameters: Floats) -> tuple[Floats, Floats]:
        """Return logarithms of weights and of probabilities that sum to one."""
        levels = parameters[k:].reshape(k, -1)
        starts = [place.start for place in layout.wide_slices]
        totals = np.logaddexp.reduceat(levels, starts, axis=1)
        return parameters[:k] - logsumexp(parameters[:k]), levels - totals[:, layout.owners]

    def mixture(weights: Floats, levels: Floats) -> Mixture:
        own = Levels.unchecked(layout, np.exp(levels))
        return Mixture(np.exp(weights), model.means, model.covariance, levels=own)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        weights, levels = logs_of(parameters)
        moments = expect(mixture(weights, levels))
        # What EM raises: also the likelihood of the rows that every level has beside those of the table.
        objective = moments.log_likelihood + EXTRA * float(levels.sum())
        return -objective, -_gradient(moments, np.exp(weights), np.exp(levels), layout)

    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        options=_OPTIONS,
    )
    top = mixture(*logs_of(found.x))
    moments = expect(top)
    bound = update.bound(moments, top)
    if not bound > fit.lower_bound:
        return fit
    return Fit(update(moments, top), (*fit.lower_bounds, bound), fit.converged, Step(top, moments, update))


def _gradient(moments: Moments, weights: Floats, levels: Floats, layout: LevelColumns) -> Floats:
    """Return the derivatives by the logarithms: rows that there are less rows that are expected."""
    counts = np.full(levels.shape, EXTRA)
    counts[:, layout.seen] += moments.levels
    totals = np.add.reduceat(counts, [place.start for place in layout.wide_slices], axis=1)
    of_weights = moments.counts - moments.counts.sum() * weights
    return np.concatenate([of_weights, (counts - totals[:, layout.owners] * levels).ravel()])
