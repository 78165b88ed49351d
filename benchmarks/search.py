"""What a search by BIC chooses where it is easily led astray: rounded tables, and many columns for few rows."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from mixtura import MixtureSearch

_ROWS = 500

_ROUNDED: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
    "answers 1-5": lambda r: r.integers(1, 6, (_ROWS, 4)),
    "answers 1-5, skewed": lambda r: r.choice([1, 2, 3, 4, 5], p=[0.5, 0.25, 0.15, 0.07, 0.03], size=(_ROWS, 4)),
    "answers 1-7": lambda r: r.integers(1, 8, (_ROWS, 4)),
    "answers 0-10": lambda r: r.integers(0, 11, (_ROWS, 4)),
    "yes and no": lambda r: r.integers(0, 2, (_ROWS, 4)),
    "one decimal": lambda r: np.round(r.normal(0, 1, (_ROWS, 4)), 1),
    "ages": lambda r: np.round(r.normal(45, 12, (_ROWS, 2))),
    "whole and one decimal": lambda r: np.where(
        r.random((_ROWS, 3)) < 0.5, np.round(r.normal(3, 1, (_ROWS, 3))), np.round(r.normal(3, 1, (_ROWS, 3)), 1)
    ),
}


def search(repeat: int) -> Iterator[dict[str, Any]]:
    """Components that a search by BIC chooses for rounded tables without groups, and where there are many columns."""
    for name, table in _ROUNDED.items():
        tables = [table(np.random.default_rng(seed)).astype(float) for seed in range(repeat)]
        yield {"rounded": name, "components": " ".join(str(_searched(X).best_params_["n_components"]) for X in tables)}
    for n_rows, n_columns in ((200, 20), (200, 60), (200, 120)):
        index, density = zip(*(_wide(n_rows, n_columns, seed) for seed in range(repeat)), strict=True)
        yield {
            "three groups": f"{n_rows} x {n_columns}",
            "adjusted Rand index": float(np.median(index)),
            "log density of other rows": float(np.median(density)),
        }


def _wide(n_rows: int, n_columns: int, seed: int) -> tuple[float, float]:
    random = np.random.default_rng(seed)
    centers = random.normal(0, 1, (3, n_columns))
    group = random.integers(0, 3, n_rows + 1000)
    X = centers[group] + random.normal(0, 1, (len(group), n_columns))
    found = _searched(X[:n_rows])
    return adjusted_rand_score(group[:n_rows], found.predict(X[:n_rows])), found.score(X[n_rows:])


def _searched(X: np.ndarray) -> MixtureSearch:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about convergence, and what is left out
        return MixtureSearch(range(1, 8), random_state=0).fit(X)
