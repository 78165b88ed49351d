"""Merging: into how many clusters the rules merge components, and how well two moons come out."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

import numpy as np
from sklearn.cluster import HDBSCAN
from sklearn.datasets import make_circles, make_moons
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from mixtura import BayesianGaussianMixture, MixtureSearch, merge_components
from mixtura.mixtures.clusters import merging as rule

_ROWS, _MOST_COMPONENTS = 1000, 12
_TABLES, _MOONS = 6, 20
_DOUBTS = (0.02, 0.025, 0.03, 0.035, 0.04)

Random = np.random.Generator


def _fits(X: np.ndarray, seed: int) -> dict[str, BayesianGaussianMixture | MixtureSearch]:
    estimators = {
        "bayesian": BayesianGaussianMixture(n_components=_MOST_COMPONENTS, max_iter=500, random_state=seed),
        "lowest BIC": MixtureSearch(n_components=range(1, _MOST_COMPONENTS + 1), random_state=seed),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return {name: estimator.fit(X) for name, estimator in estimators.items()}


def _groups(centers: Any, shares: Any = None) -> Callable[[Random], np.ndarray]:
    """Return what draws round groups of standard deviation one."""

    def draw(random: Random) -> np.ndarray:
        places = np.asarray(centers, float)
        return places[random.choice(len(places), _ROWS, p=shares)] + random.standard_normal((_ROWS, 2))

    return draw


def _grid(apart: float, side: int) -> list[tuple[float, float]]:
    return [(apart * column, apart * row) for column in range(side) for row in range(side)]


def _beside_blobs(random: Random, shape: np.ndarray) -> np.ndarray:
    half = len(shape) // 2
    return np.vstack([shape, *(random.normal(center, 0.5, (half, 2)) for center in ((8, 0), (8, 5)))])


def _cross(random: Random) -> np.ndarray:
    arms = random.standard_normal((_ROWS // 2, 2)) * [2.0, 0.2]
    arms[::2] = arms[::2, ::-1]
    return _beside_blobs(random, arms)


def _crescent(random: Random) -> np.ndarray:
    angles = random.uniform(0, np.pi, _ROWS // 2)
    arc = 3 * np.column_stack([np.cos(angles), np.sin(angles)])
    return _beside_blobs(random, arc + random.normal(scale=0.2, size=arc.shape))


def _bands(random: Random) -> np.ndarray:
    rows = random.standard_normal((_ROWS, 2)) * [4.0, 0.3]
    rows[::2, 1] += 3
    return rows


def _skewed(n_groups: int) -> Callable[[Random], np.ndarray]:
    def draw(random: Random) -> np.ndarray:
        return random.gamma(2, size=(_ROWS, 2)) + 15.0 * random.integers(n_groups, size=(_ROWS, 1))

    return draw


def _square(random: Random) -> np.ndarray:
    square = random.uniform(-2, 2, (_ROWS // 2, 2))
    return np.vstack([square, random.normal((8, 0), 0.7, (_ROWS // 2, 2))])


def _seeded(make: Callable[..., Any], **options: Any) -> Callable[[Random], np.ndarray]:
    return lambda random: make(_ROWS, random_state=int(random.integers(2**31)), **options)[0]


def _arc(span: float, noise: float) -> Callable[[Random], np.ndarray]:
    def draw(random: Random) -> np.ndarray:
        angles = random.uniform(0, span, _ROWS)
        return np.column_stack([np.cos(angles), np.sin(angles)]) + random.normal(0, noise, (_ROWS, 2))

    return draw


# The right number of each kind, and what draws it.
_KINDS: dict[str, tuple[int, Callable[[Random], np.ndarray]]] = {
    "moons, noise 0.05": (2, _seeded(make_moons, noise=0.05)),
    "moons, noise 0.1": (2, _seeded(make_moons, noise=0.1)),
    "circles": (2, _seeded(make_circles, noise=0.05, factor=0.4)),
    "a cross beside blobs": (3, _cross),
    "a crescent beside blobs": (3, _crescent),
    "two bands": (2, _bands),
    "a square beside a blob": (2, _square),
    "one skewed group": (1, _skewed(1)),
    "two skewed groups": (2, _skewed(2)),
    "one round group": (1, _groups([(0, 0)])),
    "one square": (1, lambda random: random.uniform(-1, 1, (_ROWS, 2))),
    "one group of heavy tails": (1, lambda random: random.standard_t(3, (_ROWS, 2))),
    "one ring, noise 0.1": (1, _arc(2 * np.pi, 0.1)),
    "one half ring, noise 0.05": (1, _arc(np.pi, 0.05)),
    "one half ring, noise 0.2": (1, _arc(np.pi, 0.2)),
    "four, 4 sd apart": (4, _groups(_grid(4, 2))),
    "four, 5 sd apart": (4, _groups(_grid(5, 2))),
    "four, 6 sd apart": (4, _groups(_grid(6, 2))),
    "nine, 10 sd apart": (9, _groups(_grid(10, 3))),
    "uneven, 8 sd apart": (3, _groups([(0, 0), (8, 0), (0, 8)], [0.8, 0.15, 0.05])),
}


def _numbers(fitted: BayesianGaussianMixture | MixtureSearch, X: np.ndarray) -> dict[str, int]:
    """Return the number of clusters by each rule."""
    tree = merge_components(fitted, X)
    found = {"elbow of two lines": tree.elbow(), "elbow of three lines": tree.elbow(2)}
    for least in _DOUBTS:
        with patch.object(rule, "DECIDED", least):
            found[f"doubt below {least:g}"] = merge_components(fitted, X).n_clusters
    return found


def merging(repeat: int) -> Iterator[dict[str, Any]]:
    """Mixtures, Bayesian and of lowest BIC, of six tables of each kind that each rule merges into the right number of
    clusters; then two moons, and HDBSCAN.
    """
    total: Counter[str] = Counter()
    for kind, (number, draw) in _KINDS.items():
        right: Counter[str] = Counter()
        for seed in range(_TABLES):
            X = draw(np.random.default_rng(seed))
            for fitted in _fits(X, seed).values():
                right.update({rule: found == number for rule, found in _numbers(fitted, X).items()})
        total.update(right)
        yield {"kind": kind, "mixtures": 2 * _TABLES, **right}
    yield {"kind": "all", "mixtures": 2 * _TABLES * len(_KINDS), **total}
    yield from _moons()


def _moons() -> Iterator[dict[str, Any]]:
    for noise, n_rows in ((0.05, 1000), (0.1, 1000), (0.15, 1000), (0.2, 1000), (0.15, 4000), (0.2, 4000)):
        n_tables = _MOONS * _ROWS // n_rows
        tables = [make_moons(n_rows, noise=noise, random_state=seed) for seed in range(n_tables)]
        trees = [
            (name, X, y, merge_components(fitted, X))
            for seed, (X, y) in enumerate(tables)
            for name, fitted in _fits(X, seed).items()
        ]
        for fit in dict.fromkeys(name for name, *_ in trees):
            own = [(X, y, tree) for name, X, y, tree in trees if name == fit]
            indices = [adjusted_rand_score(y, tree.predict(X, n_clusters=2)) for X, y, tree in own]
            yield {
                "moons": f"noise {noise:g}, {n_rows} rows, {fit}",
                "tables": len(own),
                "lowest adjusted Rand index, cut at two": min(indices),
                "median": float(np.median(indices)),
                "two by doubt": sum(tree.n_clusters == 2 for *_, tree in own),
                "by two lines": sum(tree.elbow() == 2 for *_, tree in own),
                "by three": sum(tree.elbow(2) == 2 for *_, tree in own),
            }
        for size in (5, 15, 50) if n_rows == _ROWS else ():
            labels = [HDBSCAN(min_cluster_size=size, copy=True).fit_predict(X) for X, _ in tables]
            indices = [adjusted_rand_score(y, found) for (_, y), found in zip(tables, labels, strict=True)]
            yield {
                "moons": f"noise {noise:g}, {n_rows} rows, HDBSCAN(min_cluster_size={size})",
                "tables": len(tables),
                "index of 0.95 and more": sum(index >= 0.95 for index in indices),
                "largest share of noise": max(float((found < 0).mean()) for found in labels),
            }
