"""Local outlier factors: what a fit costs beside scikit-learn and scikit-learn-intelex."""

import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import sklearn.neighbors
from scipy.spatial import cKDTree

from mixtura import LocalOutlierFactor

from .timing import in_turn

_SIZES = [(50_000, 8), (20_000, 64)]
_GROUPS = 8


def neighbors(repeat: int) -> Iterator[dict[str, Any]]:
    """fit_predict of LocalOutlierFactor, 20 neighbours: milliseconds, and how many times those of ours the peers take;
    SciPy's tree finds the neighbours only.

    Tables are one normal group, in which neighbours are the hardest to find, and eight groups.
    """
    for n_rows, n_features in _SIZES:
        for name, table in (("one", _one(n_rows, n_features)), ("eight", _eight(n_rows, n_features))):
            for peer, make in _peers().items():
                row: dict[str, Any] = {"rows": n_rows, "columns": n_features, "groups": name, "peer": peer}
                if make is None:
                    yield row | {"peer_ms": "not installed"}
                    continue
                ours, theirs, ratio = in_turn(
                    partial(_fit_predict, LocalOutlierFactor, table), partial(_fit_predict, make, table), repeat
                )
                yield row | {"ours_ms": 1e3 * ours, "peer_ms": 1e3 * theirs, "ratio": ratio}


def _peers() -> dict[str, Any]:
    try:
        from sklearnex.neighbors import LocalOutlierFactor as Intelex  # noqa: PLC0415  # not everywhere installed
    except ImportError:
        Intelex = None
    return {
        "scikit-learn": sklearn.neighbors.LocalOutlierFactor,
        "scikit-learn-intelex": Intelex,
        "cKDTree": SearchOnly,
    }


class SearchOnly:
    """Finds the neighbours of every row by SciPy's tree, on all processors, and does no more."""

    def fit_predict(self, table: np.ndarray) -> None:
        cKDTree(table).query(table, 21, workers=-1)


def _fit_predict(make: Any, table: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make().fit_predict(table)


def _one(n_rows: int, n_features: int) -> np.ndarray:
    return np.random.default_rng([n_rows, n_features]).normal(size=(n_rows, n_features))


def _eight(n_rows: int, n_features: int) -> np.ndarray:
    rng = np.random.default_rng([n_rows, n_features, _GROUPS])
    centers = 5 * rng.normal(size=(_GROUPS, n_features))
    return centers[rng.integers(_GROUPS, size=n_rows)] + rng.normal(size=(n_rows, n_features))
