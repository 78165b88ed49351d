"""Whether an answer is to be trusted: the errors of its figures, tails of its weights, and an identity it must obey."""

import numpy as np

from ...typing import Floats
from ..posterior import Figures, resampled
from .importance import effective_size
from .problem import Problem
from .psis import k_hat

# Above this shape of their tail, weights have no use in any number (Vehtari and others 2024, section 3).
_HEAVY = 0.7
# With so large a share of the draws effective no weight is large enough to matter, whatever the tail.
_NEARLY_ALL = 0.8
_LEAST_EFFECTIVE = 1000.0
# Monte Carlo errors in standard deviations.
_MEAN_ERROR, _SD_ERROR = 0.035, 0.04
# So small an error of a deviation says that no draw is large enough to matter; infinite variances have larger ones.
_SURE = 0.01
# Stein's identity is looked at by so many draws, and fails beyond so many of its errors.
_STEIN_DRAWS, _STEIN_ERRORS = 512, 4.5
# A density that is NaN in so small a share of q changes no figure.
_UNDEFINED = 1e-4
# A q that is the answer itself may be so far from the weighted draws, in standard deviations, beside their errors.
_APART = 0.05


def tail_shapes(values: Floats, means: Floats, log_weights: Floats) -> Floats:
    """Return the larger k̂ of w |h − μ| and w (h − μ)² for each number, shape (n_numbers,)."""
    with np.errstate(divide="ignore"):
        distances = np.log(np.abs(values - means))
    return np.array(
        [
            -np.inf if np.ptp(numbers) == 0 else max(k_hat(log_weights + power * column) for power in (1, 2))
            for numbers, column in zip(values.T, distances.T, strict=True)
        ]
    )


def stein_distance(problem: Problem, points: Floats, log_weights: Floats, seed: int) -> tuple[float, int]:
    """Return how far Stein's identity is from holding, in standard errors, and the coordinate where it is farthest.

    With the gradient g of the log density, E[g] = 0 and E[(z − μ) g] = −1 in each coordinate (Stein 1972), unless mass
    is missing or the density does not vanish at infinity.
    """
    drawn = points[resampled(log_weights, _STEIN_DRAWS, seed)]
    gradients = problem.gradients(drawn)[1]
    terms = np.hstack([gradients, 1 + (drawn - drawn.mean(axis=0)) * gradients])
    with np.errstate(all="ignore"):
        errors = terms.std(axis=0) / np.sqrt(len(terms))
        distances = np.abs(terms.mean(axis=0)) / np.maximum(errors, 1e-9)
    distances = np.where(np.isfinite(distances), distances, np.inf)
    farthest = int(np.argmax(distances))
    return float(distances[farthest]), farthest % points.shape[1]


def weight_reasons(log_weights: Floats, shape: float) -> list[str]:
    """Return what the weights say against an answer."""
    effective = effective_size(log_weights)
    reasons = []
    if not (shape < _HEAVY or effective > _NEARLY_ALL * len(log_weights)):
        reasons.append(
            f"the weights of the draws have a tail of shape k̂ = {shape:.2f}, and averages are unreliable from "
            f"{_HEAVY} on: {_REMEDY}"
        )
    if not effective >= _LEAST_EFFECTIVE:
        reasons.append(
            f"{effective:.0f} of {len(log_weights)} draws are effective, fewer than {_LEAST_EFFECTIVE:.0f}: {_REMEDY}"
        )
    return reasons


def figure_reasons(names: tuple[str, ...], found: Figures, shapes: Floats) -> list[str]:
    """Return what the errors of means and standard deviations say against an answer, the worst number of each check."""
    reasons = []
    mean_errors, sd_errors = found.relative_errors
    for errors, what, allowed in ((mean_errors, "mean", _MEAN_ERROR), (sd_errors, "standard deviation", _SD_ERROR)):
        worst = int(np.argmax(np.where(np.isnan(errors), np.inf, errors)))
        if not errors[worst] <= allowed:
            reasons.append(
                f"the Monte Carlo error of the {what} of {names[worst]} is {errors[worst]:.3f} standard deviations, "
                f"more than {allowed}: {_REMEDY}"
            )
    shapes = np.where(sd_errors < _SURE, -np.inf, shapes)
    worst = int(np.argmax(shapes))
    if not shapes[worst] < _HEAVY:
        reasons.append(
            f"the draws of {names[worst]} times their weights have a tail of shape k̂ = {shapes[worst]:.2f}, so that "
            f"its mean or its variance may not exist: give {names[worst]} a prior with lighter tails"
        )
    return reasons


def undefined_reasons(undefined: str, share: float) -> list[str]:
    """Return what a density that is NaN at the values described, and in such a share of q, says against an answer."""
    if not share > _UNDEFINED:
        return []
    return [
        f"the log density is NaN in {share:.2g} of q, as at {undefined}: write it so that it is a finite number "
        "wherever the parameters may be, or choose parameters that keep away from there"
    ]


def stein_reasons(name: str, distance: float) -> list[str]:
    """Return what Stein's identity says against an answer."""
    if distance <= _STEIN_ERRORS:
        return []
    return [
        f"Stein's identity is {distance:.1f} standard errors off in {name}, more than {_STEIN_ERRORS}: a part of the "
        "posterior is missing, or the density jumps or has no integral; check the gradient and that every parameter "
        "has a proper prior"
    ]


def apart_reasons(names: tuple[str, ...], own: Figures, weighted: Figures) -> list[str]:
    """Return how far the answers of q itself are from those of its draws weighted to the posterior."""
    scale = np.where(weighted.sds > 0, weighted.sds, 1.0)
    means = (np.abs(own.means - weighted.means) - 2 * weighted.mean_errors) / scale
    sds = (np.abs(own.sds - weighted.sds) - 2 * weighted.sd_errors) / scale
    reasons = []
    for distances, what in ((means, "mean"), (sds, "standard deviation")):
        worst = int(np.argmax(np.where(np.isnan(distances), np.inf, distances)))
        if not distances[worst] <= _APART:
            reasons.append(
                f"the {what} of {names[worst]} under q is {distances[worst]:.2f} standard deviations from that of "
                "weighted draws: use method='mixture'"
            )
    return reasons


_REMEDY = "use more n_starts, write the model in parameters that depend less on one another, or draw by MCMC"
