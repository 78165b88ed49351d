"""Posteriors with two components merged, or without some: what moves try, from the parameters of a posterior alone.

A conjugate posterior holds its prior and sums over rows, and sums add up: what two components become together follows
from their parameters, no pass over the rows is needed.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...distributions.covariance import Covariance
from ...typing import Floats
from ..em.conjugate import Precisions, prior_scale, single
from .variational import Posterior

Indices = NDArray[np.intp]

# Numbers in the matrices of the pairs that are valued at a time: few enough to stay in the cache.
_AT_A_TIME = 2**17


@dataclass(frozen=True)
class _Joined:
    """Pairs of components taken together.

    Attributes
    ----------
    mean_precision : ndarray of shape (n_pairs,)
        Rows that their means rest on, those of the prior included.
    means : ndarray of shape (n_pairs, n_features)
        Their means.
    weights : ndarray of shape (2, n_pairs)
        What the scatter of both grows by is the sum of two weights times squares of vectors.
    vectors : ndarray of shape (2, n_pairs, n_features)
        The first leads from one mean to the other, the second from the prior mean to the middle of both.
    """

    mean_precision: Floats
    means: Floats
    weights: Floats
    vectors: Floats


def merged(posterior: Posterior, pair: tuple[int, int]) -> Posterior:
    """Return the posterior when the first component of a pair takes over all rows of the second."""
    first, second = pair
    counts, alive, means = posterior.counts.copy(), posterior.alive.copy(), posterior.means.copy()
    counts[first], counts[second], alive[second] = counts[first] + counts[second], 0.0, False
    joined = _join(posterior, np.array([first]), np.array([second]))
    means[first], means[second] = joined.means[0], posterior.prior.mean
    if posterior.levels is not None:
        posterior = replace(posterior, levels=posterior.levels.merged(first, second))
    shape = type(posterior.covariance)
    change = shape.spread(joined.weights[:, 0], joined.vectors[:, 0])
    if shape.is_shared:
        return _rebuilt(posterior, counts, alive, means, _scale(posterior) + change)
    # The others stay as they are: with many columns their matrices take the time.
    prior, degrees = _prior_scale(posterior), posterior.prior.degrees_of_freedom
    of_both = shape.divisors(degrees + posterior.counts[[first, second]], means.shape[1])
    scale = (posterior.covariance.values[[first, second]] * of_both).sum(axis=0) - prior + change.sum(axis=0)
    values = posterior.covariance.values.copy()
    values[[first, second]] = np.stack([scale, prior]) / shape.divisors(
        degrees + counts[[first, second]], means.shape[1]
    )
    covariance = shape.unchecked(values, *means.shape)
    return replace(posterior, counts=counts, alive=alive, means=means, covariance=covariance)


def without(posterior: Posterior, gone: NDArray[np.bool_]) -> Posterior:
    """Return the posterior when the rows of some components belong to none.

    What those rows add to a covariance that all components share stays in it: it is not known.
    """
    if posterior.levels is not None:
        posterior = replace(posterior, levels=posterior.levels.without(gone))
    means = np.where(gone[:, None], posterior.prior.mean, posterior.means)
    scale = _scale(posterior)
    if not posterior.covariance.is_shared:
        scale[gone] = _prior_scale(posterior)
    return _rebuilt(posterior, np.where(gone, 0.0, posterior.counts), posterior.alive & ~gone, means, scale)


def merge_gains(
    posterior: Posterior, first: Indices, second: Indices, half_log_precisions: Floats | None = None
) -> Floats:
    """Return how much the log evidence of rows and their components gains when each pair is merged.

    Merging lowers the entropy of the responsibilities, too, which no parameter tells.

    Parameters
    ----------
    posterior : Posterior
        The posterior.
    first, second : ndarray of shape (n_pairs,)
        Components of the pairs.
    half_log_precisions : ndarray of shape (n_components,), optional
        Half the log determinants of the precisions, where they are known.
    """
    if not len(first):
        return np.zeros(0)
    prior, precision = posterior.prior, posterior.mean_precision
    joined = _join(posterior, first, second)
    ratios = precision[first] / prior.mean_precision * precision[second] / joined.mean_precision
    apart = _weight_gains(posterior, first, second) + posterior.means.shape[1] / 2 * np.log(ratios)
    if posterior.levels is not None:
        apart = apart + posterior.levels.merge_gains(first, second)
    if not posterior.means.shape[1]:
        return np.asarray(apart)
    if posterior.covariance.is_shared:
        return np.asarray(apart + _shared_gains(posterior, first, second, joined))
    if half_log_precisions is None:
        half_log_precisions = posterior.covariance.half_log_precision
    return np.asarray(apart + _own_gains(posterior, first, second, joined, half_log_precisions))


def _weight_gains(posterior: Posterior, first: Indices, second: Indices) -> Floats:
    counts, alive, weights = posterior.counts, posterior.alive, posterior.weight_prior
    gains = np.empty(len(first))
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        left = alive.copy()
        left[b] = False
        moved = counts.copy()
        moved[a], moved[b] = counts[a] + counts[b], 0.0
        gains[i] = weights.log_evidence(moved, left)
    return gains - weights.log_evidence(counts, alive)


def _own_gains(
    posterior: Posterior, first: Indices, second: Indices, joined: _Joined, half_log_precisions: Floats
) -> Floats:
    """Return what the precisions of components gain that have one each."""
    shape, prior, d = type(posterior.covariance), posterior.prior, posterior.means.shape[1]
    scale, empty_scale = _scale(posterior), _prior_scale(posterior)
    degrees = prior.degrees_of_freedom + posterior.counts
    both = degrees[first] + degrees[second] - prior.degrees_of_freedom
    halves = np.empty(len(first))
    step = max(1, _AT_A_TIME // empty_scale.size)
    for part in (slice(at, at + step) for at in range(0, len(first), step)):
        together = scale[first[part]]
        together += scale[second[part]]
        together -= empty_scale
        for weights, vectors in zip(joined.weights, joined.vectors, strict=True):
            together += shape.spread(weights[part], vectors[part])
        together /= shape.divisors(both[part], d)
        halves[part] = _half_log_precisions(shape, together, d)
    alone = Precisions(shape, len(degrees), d).log_normalisers(degrees, half_log_precisions)
    empty = single(shape, prior.covariance / prior.degrees_of_freedom, d).half_log_precision
    nothing = Precisions(shape, 1, d).log_normalisers(np.array([prior.degrees_of_freedom]), empty)
    return Precisions(shape, len(first), d).log_normalisers(both, halves) - alone[first] - alone[second] + nothing


def half_log_precision(posterior: Posterior, component: int) -> float:
    """Return half the log determinant of the precision of a component, without its inverse."""
    values, d = posterior.covariance.values[[component]], posterior.means.shape[1]
    return float(_half_log_precisions(type(posterior.covariance), values, d)[0])


def _half_log_precisions(shape: type[Covariance], values: Floats, n_features: int) -> Floats:
    """Return half the log determinants of the precisions; of matrices without their inverses, which take the time."""
    if not shape.is_matrix:
        return shape.unchecked(values, len(values), n_features).half_log_precision
    return np.asarray(-np.log(np.diagonal(np.linalg.cholesky(values), axis1=1, axis2=2)).sum(axis=1))


def _shared_gains(posterior: Posterior, first: Indices, second: Indices, joined: _Joined) -> Floats:
    """Return what the one precision of all components gains: its scatter changes along two vectors."""
    degrees = float(posterior.prior.degrees_of_freedom * len(posterior.counts) + posterior.counts.sum())
    whitened = (joined.vectors @ posterior.covariance.precision_cholesky).transpose(1, 0, 2) / np.sqrt(degrees)
    products = whitened @ whitened.transpose(0, 2, 1)
    changes = np.eye(2) + joined.weights.T[:, :, None] * products
    return np.asarray(-degrees / 2 * np.log(np.linalg.det(changes)))


def _join(posterior: Posterior, first: Indices, second: Indices) -> _Joined:
    prior, means = posterior.prior, posterior.means - posterior.prior.mean
    a, b = posterior.mean_precision[first], posterior.mean_precision[second]
    middle = (a[:, None] * means[first] + b[:, None] * means[second]) / (a + b)[:, None]
    rows = a + b - prior.mean_precision
    return _Joined(
        rows,
        prior.mean + ((a + b) / rows)[:, None] * middle,
        np.stack([a * b / (a + b), -prior.mean_precision * (a + b) / rows]),
        np.stack([means[first] - means[second], middle]),
    )


def _scale(posterior: Posterior) -> Floats:
    """Return the scatter of prior and rows, in the layout of covariances times their divisors."""
    covariance, degrees = posterior.covariance, posterior.prior.degrees_of_freedom + posterior.counts
    return np.asarray(covariance.values * type(covariance).divisors(degrees, posterior.means.shape[1]))


def _prior_scale(posterior: Posterior) -> Floats:
    """Return the same of a component that only has its prior."""
    return np.asarray(prior_scale(type(posterior.covariance), posterior.prior, 1)[0])


def _rebuilt(posterior: Posterior, counts: Floats, alive: NDArray[np.bool_], means: Floats, scale: Floats) -> Posterior:
    shape: type[Covariance] = type(posterior.covariance)
    values = scale / shape.divisors(posterior.prior.degrees_of_freedom + counts, means.shape[1])
    return replace(posterior, counts=counts, alive=alive, means=means, covariance=shape.unchecked(values, *means.shape))
