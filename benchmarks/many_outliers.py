"""Outliers that are many: up to which share of the table fits and detectors bear them."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.exceptions import ConvergenceWarning

from mixtura import AnomalyDetector, EllipticEnvelope, GaussianMixture, IsolationForest, MixtureDetector

from .detection import _local, _machine
from .planted import Outlyingness, ranks_of, scores_of

_ROWS, _COLUMNS, _TABLES = 2_000, 4, 5
_SHARES = (0.05, 0.1, 0.2, 0.3)
_BOXES = {"scattered near": (-20, 25), "scattered far": (-100, 105)}
_CENTERS = np.array([[0.0] * _COLUMNS, [5.0] * _COLUMNS])

_DETECTORS: dict[str, Outlyingness] = {
    "AnomalyDetector": lambda X, seed: -AnomalyDetector(random_state=seed).fit(X).score_samples(X),
    "MixtureDetector": lambda X, seed: -MixtureDetector(random_state=seed).fit(X).score_samples(X),
    "EllipticEnvelope": lambda X, seed: -EllipticEnvelope(random_state=seed).fit(X).score_samples(X),
    "IsolationForest": lambda X, seed: -IsolationForest(random_state=seed).fit(X).score_samples(X),
    "LocalOutlierFactor": _local,
    "OneClassSVM": _machine,
}


def many_outliers(repeat: int) -> Iterator[dict[str, Any]]:
    """Two groups of four columns, and outliers: scattered over a box, four or twenty times as wide, or in one clump. Of
    each fit how far its centres lie from those of the groups at most, in standard deviations; of each detector the
    share of the outliers among as many rows of the lowest scores. Medians of five tables.
    """
    for kind in (*_BOXES, "one clump"):
        for share in _SHARES:
            tables = [_table(kind, share, seed) for seed in range(_TABLES)]
            fits: dict[str, dict[str, Any]] = {
                "plain": {},
                "trim=0.1": {"trim": 0.1},
                "trim=the share": {"trim": share},
                "noise=True": {"noise": True},
                "family='t'": {"family": "t"},
            }
            for name, options in fits.items():
                errors = [_error(X, seed, options) for seed, (X, _) in enumerate(tables)]
                yield {"outliers": kind, "share": share, "fit": name, "off_by_sd": float(np.median(errors))}
            for name, outlyingness in _DETECTORS.items():
                first = [_first(X, outliers, outlyingness, seed) for seed, (X, outliers) in enumerate(tables)]
                yield {"outliers": kind, "share": share, "detector": name, "ranked_first": float(np.median(first))}


def _table(kind: str, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows, and which of them are outliers."""
    rng = np.random.default_rng([seed, round(100 * share)])
    n_outliers = round(share * _ROWS)
    groups = _CENTERS[rng.integers(2, size=_ROWS - n_outliers)] + rng.standard_normal((_ROWS - n_outliers, _COLUMNS))
    if kind in _BOXES:
        outliers = rng.uniform(*_BOXES[kind], (n_outliers, _COLUMNS))
    else:
        outliers = [15.0, -10.0, 15.0, -10.0] + 0.5 * rng.standard_normal((n_outliers, _COLUMNS))
    order = rng.permutation(_ROWS)
    return np.vstack([groups, outliers])[order], np.flatnonzero(order >= len(groups))


def _error(X: np.ndarray, seed: int, options: dict[str, Any]) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = GaussianMixture(2, max_iter=500, random_state=seed, **options).fit(X).means_
    distances = np.linalg.norm(found[:, None] - _CENTERS, axis=2)
    return float(distances[linear_sum_assignment(distances)].max())


def _first(X: np.ndarray, outliers: np.ndarray, outlyingness: Outlyingness, seed: int) -> float:
    ranks = ranks_of(scores_of(outlyingness, X, seed), outliers)
    return float((ranks <= len(outliers)).mean())
