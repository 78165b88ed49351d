"""How far apart two mixtures are: Kullback-Leibler divergence and Hellinger distance."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import eye_array, kron, vstack
from sklearn.utils import check_random_state

from ..typing import Floats
from .normal_only import require_normal

if TYPE_CHECKING:
    from .mixture import Mixture

Method = Literal["bound", "monte carlo"]

NO_DENSITY = -1e299  # the kernels write -1e300 where the density is zero
MAX_STEPS = 10_000
LAST_GAIN = 1e-13  # of a step of the bound, relative to one and to the bound


@dataclass(frozen=True)
class Estimate:
    """A distance, and how it is known.

    Parameters
    ----------
    value : float
        The distance.
    standard_error : float
        Its standard error, zero where it is not random.
    kind : {"exact", "upper bound", "monte carlo"}
        Whether `value` is the distance up to rounding, is at least the distance, or is an average over samples.
    """

    value: float
    standard_error: float
    kind: Literal["exact", "upper bound", "monte carlo"]


def kullback_leibler(
    p: "Mixture",
    q: "Mixture",
    *,
    method: Method = "monte carlo",
    n_samples: int = 10_000,
    random_state: int | np.random.RandomState | None = 0,
) -> Estimate:
    """Return the Kullback-Leibler divergence of `q` from `p`: see `Mixture.kullback_leibler`.

    The bound is the variational upper bound of Hershey and Olsen (2007, Approximating the Kullback Leibler divergence
    between Gaussian mixture models, ICASSP).
    """
    _check(p, q, method, n_samples)
    if method == "bound" or _are_single_normals(p, q):
        return _bound(p, q, _normal_divergences, _variational_bound)
    X, _ = p.sample(n_samples, check_random_state(random_state))
    log_q = q.log_density(X)
    if (log_q < NO_DENSITY).any():
        return Estimate(np.inf, 0.0, "monte carlo")
    differences = p.log_density(X) - log_q
    # No divergence is negative, and an average can be where the mixtures are next to equal.
    return Estimate(
        max(float(differences.mean()), 0.0), float(differences.std(ddof=1) / np.sqrt(n_samples)), "monte carlo"
    )


def hellinger(
    p: "Mixture",
    q: "Mixture",
    *,
    method: Method = "monte carlo",
    n_samples: int = 10_000,
    random_state: int | np.random.RandomState | None = 0,
) -> Estimate:
    """Return the Hellinger distance of two mixtures: see `Mixture.hellinger`.

    The squared distance is jointly convex, so that between mixtures it is at most the mean of the squared distances of
    their components under any plan that carries the weights of the one to those of the other; the bound is that of the
    best plan (Nguyen 2013, Convergence of latent mixing measures in finite and infinite mixture models, Annals of
    Statistics 41). Samples are drawn half from `p` and half from `q`.
    """
    _check(p, q, method, n_samples, least=4)
    if method == "bound" or _are_single_normals(p, q):
        squared = _bound(p, q, _normal_squared_distances, _transport)
        return Estimate(float(np.sqrt(squared.value)), 0.0, squared.kind)
    random = check_random_state(random_state)
    mean = variance = 0.0
    for side, count in ((p, n_samples - n_samples // 2), (q, n_samples // 2)):
        X, _ = side.sample(count, random)
        # (√p − √q)² / (p + q) = (1 − e)² / (1 + e²) with e the root of the smaller density over the larger.
        half_gap = -np.abs(p.log_density(X) - q.log_density(X)) / 2
        terms = np.expm1(half_gap) ** 2 / (1 + np.exp(2 * half_gap))
        mean += terms.mean() / 2
        variance += terms.var(ddof=1) / count / 4
    value = float(np.sqrt(mean))
    return Estimate(value, float(np.sqrt(variance) / (2 * value)) if value > 0 else 0.0, "monte carlo")


def _check(p: "Mixture", q: "Mixture", method: str, n_samples: int, least: int = 2) -> None:
    if not hasattr(q, "log_density"):
        raise ValueError(
            f"the other distribution must be a Mixture, such as mixture_ of a fitted estimator, not {type(q).__name__}"
        )
    if p.n_features != q.n_features:
        raise ValueError(f"the mixtures must have the same columns, and they have {p.n_features} and {q.n_features}")
    if method not in {"bound", "monte carlo"}:
        raise ValueError(f"method must be 'bound' or 'monte carlo', not {method!r}")
    if isinstance(n_samples, bool) or not isinstance(n_samples, Integral) or n_samples < least:
        raise ValueError(f"n_samples must be a whole number from {least}, not {n_samples!r}")


def _are_single_normals(p: "Mixture", q: "Mixture") -> bool:
    return all(
        mixture.degrees_of_freedom is None
        and mixture.noise is None
        and mixture.levels is None
        and np.count_nonzero(mixture.weights) == 1
        for mixture in (p, q)
    )


def _bound(
    p: "Mixture",
    q: "Mixture",
    between: Callable[["Mixture", "Mixture"], Floats],
    combine: Callable[[Floats, Floats, Floats], float],
) -> Estimate:
    """Return the distance of single distributions, or the bound combined of those between all components."""
    for mixture in (p, q):
        require_normal(mixture, "a bound of a distance")
        _ = mixture.covariance.half_log_precision  # says which covariance is singular, if one is
    used_p, used_q = p.weights > 0, q.weights > 0
    distances = between(p, q)[np.ix_(used_p, used_q)]
    if distances.size == 1:
        return Estimate(float(distances[0, 0]), 0.0, "exact")
    # Weights sum to one up to rounding only, and no plan carries unequal totals.
    weights_p, weights_q = (weights / weights.sum() for weights in (p.weights[used_p], q.weights[used_q]))
    return Estimate(combine(weights_p, weights_q, distances), 0.0, "upper bound")


def _normal_divergences(p: "Mixture", q: "Mixture") -> Floats:
    """Return the Kullback-Leibler divergences of all components of q from all of p."""
    whiten = np.linalg.inv(np.linalg.cholesky(q.covariance.dense))
    ratios = np.linalg.eigvalsh(whiten @ p.covariance.dense[:, None] @ whiten.transpose(0, 2, 1))
    offsets = np.einsum("lij,klj->kli", whiten, p.means[:, None] - q.means)
    excess = ratios - 1
    divergences = ((excess - np.log1p(excess)).sum(axis=2) + (offsets**2).sum(axis=2)) / 2
    return np.asarray(divergences)


def _normal_squared_distances(p: "Mixture", q: "Mixture") -> Floats:
    """Return the squared Hellinger distances of all components of p and q."""
    first, second = p.covariance.dense[:, None], q.covariance.dense
    middle = (first + second) / 2
    offsets = p.means[:, None] - q.means
    mahalanobis = np.einsum("kli,kli->kl", offsets, np.linalg.solve(middle, offsets[..., None])[..., 0])
    log_determinants = [np.linalg.slogdet(matrices).logabsdet for matrices in (first, second, middle)]
    log_affinity = log_determinants[0] / 4 + log_determinants[1] / 4 - log_determinants[2] / 2 - mahalanobis / 8
    return np.asarray(-np.expm1(np.minimum(log_affinity, 0.0)))


def _variational_bound(weights_p: Floats, weights_q: Floats, divergences: Floats) -> float:
    """Return the variational upper bound of Hershey and Olsen.

    Split every component of p into parts, and every component of q into as many: the divergence is at most the sum of
    those between the parts. With the best split of q, the bound of a plan that carries weights of p to components of q
    is its mean divergence plus the divergence of `weights_q` from what arrives. Each step improves the plan, and every
    plan gives a bound.
    """
    logs = np.log(weights_p)[:, None] + np.log(weights_q)
    best = np.inf
    for _ in range(MAX_STEPS):
        log_ratio = np.logaddexp.reduce(logs, axis=0) - np.log(weights_q)
        bound = float((np.exp(logs) * (divergences + log_ratio)).sum())
        if not best - bound > LAST_GAIN * (1 + bound):
            break
        best = bound
        logs = logs - log_ratio - divergences
        logs = logs - np.logaddexp.reduce(logs, axis=1, keepdims=True) + np.log(weights_p)[:, None]
    return max(best, 0.0)


def _transport(weights_p: Floats, weights_q: Floats, distances: Floats) -> float:
    """Return the least mean distance over all plans that carry the weights of p to those of q."""
    n_p, n_q = distances.shape
    ones_p, ones_q = np.ones((1, n_p)), np.ones((1, n_q))
    totals = vstack([kron(eye_array(n_p), ones_q), kron(ones_p, eye_array(n_q))]).tocsr()
    plan = linprog(
        distances.ravel(),
        A_eq=totals,
        b_eq=np.concatenate([weights_p, weights_q]),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10},  # its smallest: a plan that leaves weight behind is no bound
    )
    return float(np.clip(plan.fun, 0.0, 1.0))
