"""Reference posteriors of ../shared/data/posteriordb: their models in JAX, and how far an answer is from them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy.stats import beta, cauchy, norm

from mixtura.inference import Interval, Ordered, Positive, Real

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "posteriordb"


@dataclass(frozen=True)
class Reference:
    """A model, its data, and what 10,000 reference draws say.

    `log_prior` and `log_likelihood` are of the parameters in `parameters`; `reported` maps draws of these to the
    columns that the reference names.
    """

    parameters: dict[str, Any]
    log_prior: Callable[..., Any]
    log_likelihood: Callable[..., Any]
    data: dict[str, Any]
    reported: Callable[[dict[str, np.ndarray]], np.ndarray]
    mean: np.ndarray
    sd: np.ndarray

    def log_density(self, p):
        """Return the log density of parameters and data."""
        return self.log_prior(p) + jnp.sum(self.log_likelihood(p, self.data))

    def distances(self, posterior) -> tuple[float, float]:
        """Return the distances of the weighted draws of a fit."""
        weights = np.exp(posterior.log_weights - posterior.log_weights.max())
        return self.distances_of(posterior.shaped(posterior.values), weights / weights.sum())

    def distances_of(self, draws: dict[str, np.ndarray], weights: np.ndarray) -> tuple[float, float]:
        """Return the largest distances of a mean, in standard deviations, and of a standard deviation, relative."""
        columns = self.reported(draws)
        mean = weights @ columns
        sd = np.sqrt(weights @ (columns - mean) ** 2)
        return float(np.abs((mean - self.mean) / self.sd).max()), float(np.abs(sd / self.sd - 1).max())


def normal(x, mean, sd):
    return jnp.sum(norm.logpdf(x, mean, sd))


def columns(*parts):
    return np.column_stack(parts)


def eight_schools_noncentered(data):
    def log_prior(p):
        return normal(p["z"], 0, 1) + normal(p["mu"], 0, 5) + cauchy.logpdf(p["tau"], 0, 5)

    def log_likelihood(p, data):
        return norm.logpdf(data["y"], p["mu"] + p["tau"] * p["z"], data["sigma"])

    def reported(p):
        return columns(p["mu"][:, None] + p["tau"][:, None] * p["z"], p["mu"], p["tau"])

    return {"z": Real(8), "mu": Real(), "tau": Positive()}, log_prior, log_likelihood, reported, ("y", "sigma")


def low_dim_gauss_mix(data):
    def log_prior(p):
        return normal(p["mu"], 0, 2) + normal(p["sigma"], 0, 2) + beta.logpdf(p["theta"], 5, 5)

    def log_likelihood(p, data):
        parts = norm.logpdf(data["y"][:, None], p["mu"], p["sigma"])
        return jnp.logaddexp(jnp.log(p["theta"]) + parts[:, 0], jnp.log1p(-p["theta"]) + parts[:, 1])

    def reported(p):
        return columns(p["mu"], p["sigma"], p["theta"])

    return (
        {"mu": Ordered(2), "sigma": Positive(2), "theta": Interval(0, 1)},
        log_prior,
        log_likelihood,
        reported,
        ("y",),
    )


def _regression(n_columns, design):
    def log_prior(p):
        return cauchy.logpdf(p["sigma"], 0, 2.5)

    def log_likelihood(p, data):
        return norm.logpdf(data["kid_score"], design(data) @ p["beta"], p["sigma"])

    def reported(p):
        return columns(p["beta"], p["sigma"])

    names = ("kid_score", "mom_hs", "mom_iq")
    return {"beta": Real(n_columns), "sigma": Positive()}, log_prior, log_likelihood, reported, names


def kidscore_interaction(data):
    def design(data):
        hs, iq = data["mom_hs"], data["mom_iq"]
        return jnp.stack([jnp.ones_like(iq), hs, iq, hs * iq], axis=1)

    return _regression(4, design)


def kidscore_momiq(data):
    return _regression(2, lambda data: jnp.stack([jnp.ones_like(data["mom_iq"]), data["mom_iq"]], axis=1))


def garch11(data):
    """The volatility model; beta1 = share (1 − alpha1), whose Jacobian is in the prior."""

    def log_prior(p):
        return jnp.log1p(-p["alpha1"])

    def log_likelihood(p, data):
        first, y = data["sigma1"] ** 2, data["y"]

        def step(variance, before):
            following = p["alpha0"] + p["alpha1"] * (before - p["mu"]) ** 2 + p["share"] * (1 - p["alpha1"]) * variance
            return following, following

        _, variances = lax.scan(step, first, y[:-1])
        return norm.logpdf(y, p["mu"], jnp.sqrt(jnp.concatenate([first[None], variances])))

    def reported(p):
        return columns(p["mu"], p["alpha0"], p["alpha1"], p["share"] * (1 - p["alpha1"]))

    parameters = {"mu": Real(), "alpha0": Positive(), "alpha1": Interval(0, 1), "share": Interval(0, 1)}
    return parameters, log_prior, log_likelihood, reported, ("y", "sigma1")


def arK(data):  # noqa: N802  # its name
    lags = data["K"]

    def log_prior(p):
        return normal(p["alpha"], 0, 10) + normal(p["beta"], 0, 10) + cauchy.logpdf(p["sigma"], 0, 2.5)

    def log_likelihood(p, data):
        y = data["y"]
        before = jnp.stack([y[lags - lag : len(y) - lag] for lag in range(1, lags + 1)], axis=1)
        return norm.logpdf(y[lags:], p["alpha"] + before @ p["beta"], p["sigma"])

    def reported(p):
        return columns(p["alpha"], p["beta"], p["sigma"])

    return {"alpha": Real(), "beta": Real(lags), "sigma": Positive()}, log_prior, log_likelihood, reported, ("y",)


MODELS = {
    model.__name__: model
    for model in (
        eight_schools_noncentered,
        low_dim_gauss_mix,
        kidscore_interaction,
        kidscore_momiq,
        garch11,
        arK,
    )
}


def reference(name: str, folder: Path = FOLDER) -> Reference:
    """Return a model with its data and the figures of its reference draws."""
    held = json.loads((folder / f"{name}.json").read_text())
    parameters, log_prior, log_likelihood, reported, needed = MODELS[name](held["data"])
    data = {key: np.asarray(held["data"][key], dtype=float) for key in needed}
    mean, sd = np.array(held["mean"]), np.array(held["sd"])
    return Reference(parameters, log_prior, log_likelihood, data, reported, mean, sd)
