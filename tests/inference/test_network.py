"""A Bayesian neural network, by minibatches: its intervals cover as many held-out rows as they say."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor

from mixtura.inference.blackbox.methods.stochastic import Stochastic
from mixtura.inference.blackbox.parameters import Positive, Real, layout_of
from mixtura.inference.blackbox.problem import Problem, Settings, Target

UNITS = 10
log_normal = jax.scipy.stats.norm.logpdf


def network(weights, rows):
    hidden = jnp.tanh(rows @ weights["first"] + weights["first_bias"])
    return hidden @ weights["second"] + weights["second_bias"]


def log_prior(weights):
    first = log_normal(weights["first"]).sum() + log_normal(weights["first_bias"]).sum()
    second = log_normal(weights["second"], 0, UNITS**-0.5).sum() + log_normal(weights["second_bias"])
    return first + second + log_normal(weights["noise"])


def log_likelihood(weights, data):
    return log_normal(data[:, -1], network(weights, data[:, :-1]), weights["noise"])


@pytest.mark.exhaustive
def test_intervals_of_a_neural_network_cover_held_out_rows():
    data = np.column_stack(load_diabetes(return_X_y=True))
    fitted, held_out = train_test_split(data, test_size=0.3, random_state=0)
    mean, deviation = fitted.mean(axis=0), fitted.std(axis=0)
    fitted, held_out = (fitted - mean) / deviation, (held_out - mean) / deviation
    shapes = {"first": (10, UNITS), "first_bias": (UNITS,), "second": (UNITS,), "second_bias": ()}
    layout = layout_of({**{name: Real(shape) for name, shape in shapes.items()}, "noise": Positive()})
    problem = Problem(Target(layout, log_prior, log_likelihood), fitted)
    q = Stochastic(batch_size=50, max_iter=4000).approximate(problem, Settings(seed=0)).mixture

    def outcomes(z):
        weights, _ = layout.constrain(z)
        return network(weights, held_out[:, :-1]), weights["noise"]

    means, noise = map(np.asarray, jax.vmap(outcomes)(q.sample(2000, random_state=0)[0]))
    draws = means + noise[:, None] * np.random.default_rng(0).normal(size=means.shape)
    lower, upper = np.quantile(draws, [0.05, 0.95], axis=0)
    response = held_out[:, -1]
    assert 0.85 <= ((lower < response) & (response < upper)).mean() <= 0.95
    # A plain network of as many units follows the noise: the spread of its residuals is too small for other rows.
    plain = MLPRegressor(hidden_layer_sizes=(UNITS,), solver="lbfgs", max_iter=2000, random_state=0)
    plain.fit(fitted[:, :-1], fitted[:, -1])
    residuals = fitted[:, -1] - plain.predict(fitted[:, :-1])
    errors = response - plain.predict(held_out[:, :-1])
    assert (np.abs(errors) < 1.645 * residuals.std()).mean() < 0.85
    assert np.mean((means.mean(axis=0) - response) ** 2) < np.mean(errors**2)
