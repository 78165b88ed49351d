"""Robust fits: what they recover of groups among gross outliers, and what an iteration of them costs."""

import statistics
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.exceptions import ConvergenceWarning

from mixtura import GaussianMixture
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.engines import ThreadEngine
from mixtura.intake.sample import take_sample
from mixtura.intake.table import Table
from mixtura.mixtures.em.expectation import Expectation
from mixtura.mixtures.em.loop import Fit, run_em
from mixtura.mixtures.em.trim import TrimmedExpectation
from mixtura.mixtures.em.updates import MaximumLikelihood
from mixtura.rows import ArrayRows

from .problems import SIZES, Problem
from .timing import in_turn

_GROUPS, _SEEDS = 4, 5
_ROWS, _OUTLIERS = 20_000, 2_000  # beside one another: a row in eleven is an outlier
_RIDGE = 1e-6

_FITS: dict[str, dict[str, Any]] = {
    "plain": {},
    "trim": {"trim": 0.1},
    "noise": {"noise": True},
    "t": {"family": "t"},
}


def robust(repeat: int) -> Iterator[dict[str, Any]]:
    """Groups with 10 % gross outliers added: relative errors of means and covariances, and how many times smaller than
    those of a plain fit they are; then one iteration of trimmed fits and fits with noise, in parts of a plain one.
    """
    for outliers in ("scattered", "clumped"):
        for shape in ("full", "diag"):
            for n_features in (2, 8):
                yield from _accuracy(outliers, shape, n_features)
    for size in SIZES:
        yield from _speed(Problem(*size), repeat)


def _accuracy(outliers: str, shape: str, n_features: int) -> Iterator[dict[str, Any]]:
    errors: dict[str, list[tuple[float, float]]] = {name: [] for name in _FITS}
    for seed in range(_SEEDS):
        table, means, covariances = _contaminated(outliers, shape, n_features, seed)
        for name, settings in _FITS.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                gm = GaussianMixture(_GROUPS, covariance_type=shape, random_state=seed, **settings).fit(table)
            errors[name].append(_errors(gm.mixture_, means, covariances))
    medians = {
        name: [statistics.median(column) for column in zip(*pairs, strict=True)] for name, pairs in errors.items()
    }
    for name, (mean_error, covariance_error) in medians.items():
        yield {
            "outliers": outliers,
            "shape": shape,
            "columns": n_features,
            "fit": name,
            "mean_error": mean_error,
            "covariance_error": covariance_error,
            "mean_factor": medians["plain"][0] / mean_error,
            "covariance_factor": medians["plain"][1] / covariance_error,
        }


def _contaminated(outliers: str, shape: str, n_features: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows of four groups and of outliers, and the means and covariances of the groups.

    Scattered outliers fill a box twenty times as wide as the groups; clumped ones lie together, far away.
    """
    rng = np.random.default_rng([seed, n_features])
    # Corners of a cube are at least six standard deviations apart.
    signs = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    means = 4 * np.tile(signs, (1, n_features // 2)) + rng.normal(scale=0.3, size=(_GROUPS, n_features))
    roots = rng.normal(size=(_GROUPS, n_features, n_features)) / np.sqrt(2 * n_features)
    covariances = roots @ roots.transpose(0, 2, 1) + 0.5 * np.eye(n_features)
    if shape == "diag":
        covariances = covariances * np.eye(n_features)
    labels = rng.integers(_GROUPS, size=_ROWS)
    noise = rng.standard_normal((_ROWS, n_features))
    table = means[labels] + np.einsum("nij,nj->ni", np.linalg.cholesky(covariances)[labels], noise)
    if outliers == "scattered":
        middle, half = (table.max(axis=0) + table.min(axis=0)) / 2, (table.max(axis=0) - table.min(axis=0)) / 2
        gross = rng.uniform(middle - 20 * half, middle + 20 * half, size=(_OUTLIERS, n_features))
    else:
        gross = 100 + rng.standard_normal((_OUTLIERS, n_features))
    table = rng.permutation(np.vstack([table, gross]))
    return table, means, covariances


def _errors(mixture: Mixture, means: np.ndarray, covariances: np.ndarray) -> tuple[float, float]:
    """Return the relative errors of means and covariances, components matched to the groups whose means are nearest.

    Of Student's t components the scale matrices are compared: the covariances of heavy tails are wider, or infinite.
    """
    distances = np.linalg.norm(mixture.means[:, None] - means, axis=2)
    order = linear_sum_assignment(distances.T)[1]
    found = mixture.covariance.dense[order]
    return (
        float(np.linalg.norm(mixture.means[order] - means) / np.linalg.norm(means)),
        float(np.linalg.norm(found - covariances) / np.linalg.norm(covariances)),
    )


def _speed(problem: Problem, repeat: int) -> Iterator[dict[str, Any]]:
    table, start, engine = problem.table(), problem.start("full"), ThreadEngine()
    rows = ArrayRows(table, checked=True)
    plain, ridge = Expectation(Table(rows, engine)), np.full(problem.n_features, _RIDGE)
    update = MaximumLikelihood(type(start.covariance), ridge)
    noise = Noise(0.05, table.min(axis=0), table.max(axis=0))
    noisy = Mixture(0.95 * start.weights, start.means, start.covariance, noise=noise)
    sample = take_sample(Table(rows, engine), np.random.RandomState(0), problem.n_components)
    cases = {
        "trim": (TrimmedExpectation(Table(rows, engine), 0.1, sample), start, update),
        "noise": (plain, noisy, MaximumLikelihood(type(start.covariance), ridge, noise=noise)),
    }
    for name, case in cases.items():
        seconds, robust_seconds, ratio = in_turn(
            lambda: _iterate(plain, start, update), lambda case=case: _iterate(*case), max(repeat, 7)
        )
        yield {
            "case": problem.name,
            "fit": name,
            "plain_ms": 1e3 * seconds,
            "robust_ms": 1e3 * robust_seconds,
            "ratio": ratio,
        }


def _iterate(expect: Expectation, start: Mixture, update: MaximumLikelihood) -> Mixture:
    return run_em(expect, Fit(start), update, tol=0, max_iter=1).model
