"""The elliptic envelope: what a fit costs, and how well it leaves the outliers out."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import sklearn.covariance

from mixtura import EllipticEnvelope

from .timing import in_turn

_SIZES = [(500, 5), (50_000, 10), (20_000, 40)]
_CONTAMINATION = 0.2


def elliptic(repeat: int) -> Iterator[dict[str, Any]]:
    """Fits of tables without and with outliers: seconds, scikit-learn's, the ratio, and the error of the covariance."""
    for n_rows, n_features in _SIZES:
        for outliers in (False, True):
            table, covariance = _table(n_rows, n_features, outliers)
            ours, peer = EllipticEnvelope(random_state=0), sklearn.covariance.EllipticEnvelope(random_state=0)
            seconds, peer_seconds, ratio = in_turn(
                lambda ours=ours, table=table: ours.fit(table), lambda peer=peer, table=table: peer.fit(table), repeat
            )
            yield {
                "rows": n_rows,
                "columns": n_features,
                "outliers": _CONTAMINATION if outliers else 0.0,
                "mixtura_ms": 1e3 * seconds,
                "sklearn_ms": 1e3 * peer_seconds,
                "ratio": ratio,
                "mixtura_error": _error(ours.covariance_, covariance),
                "sklearn_error": _error(peer.covariance_, covariance),
            }


def _table(n_rows: int, n_features: int, outliers: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return correlated normal rows, some of them moved far along one direction, and their covariance."""
    rng = np.random.default_rng([n_rows, n_features])
    root = rng.normal(size=(n_features, n_features)) / np.sqrt(n_features) + np.eye(n_features)
    table = rng.normal(size=(n_rows, n_features)) @ root
    if outliers:
        table[: int(_CONTAMINATION * n_rows)] += 5 * np.linalg.norm(root, axis=0)
    return rng.permutation(table), root.T @ root


def _error(found: np.ndarray, covariance: np.ndarray) -> float:
    return float(np.linalg.norm(found - covariance) / np.linalg.norm(covariance))
