"""One-class support vector machines: fit and score, the peers in turn."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from mixtura import OneClassSVM

from .timing import in_turn

_ROWS, _COLUMNS, _NU = 20_000, 10, 0.1
_PEERS = {"scikit-learn": "sklearn.svm", "scikit-learn-intelex": "sklearnex.svm"}
_LANDMARKS = (100, 500)


def svm(repeat: int) -> Iterator[dict[str, Any]]:
    """One-class machines with the rbf kernel: fit and score beside peers, and approximate ones beside the exact one."""
    table = np.random.default_rng(0).normal(size=(_ROWS, _COLUMNS))
    ours = OneClassSVM(nu=_NU).fit(table)
    for name, module in _PEERS.items():
        try:
            peer = import_module(module).OneClassSVM(nu=_NU)
        except (ImportError, AttributeError):
            yield {"peer": name, "note": "not installed, or without this machine"}
            continue
        peer.fit(table)
        yield _row("fit", name, lambda: OneClassSVM(nu=_NU).fit(table), lambda peer=peer: peer.fit(table), repeat)
        yield _row(
            "score", name, lambda: ours.score_samples(table), lambda peer=peer: peer.score_samples(table), repeat
        )
        yield {"peer": name, "objective_over_theirs": _objective(ours, table) / _objective(peer, table)}
    scores = ours.score_samples(table)
    for n_landmarks in _LANDMARKS:
        approximate = OneClassSVM(nu=_NU, approximate=True, n_landmarks=n_landmarks, random_state=0)
        row = _row("approximate fit", "exact", lambda a=approximate: a.fit(table), lambda: ours.fit(table), repeat)
        correlation = float(spearmanr(approximate.score_samples(table), scores).statistic)
        yield row | {
            "landmarks": n_landmarks,
            "rank_correlation": correlation,
            "outliers": float((approximate.predict(table) < 0).mean()),
        }


def _row(step: str, peer: str, ours: Callable[[], object], theirs: Callable[[], object], repeat: int) -> dict[str, Any]:
    seconds, peer_seconds, ratio = in_turn(ours, theirs, repeat)
    return {"step": step, "peer": peer, "ours_ms": 1e3 * seconds, "peer_ms": 1e3 * peer_seconds, "ratio": ratio}


def _objective(fitted: Any, table: np.ndarray) -> float:
    return float((fitted.dual_coef_ @ fitted.score_samples(table[fitted.support_]))[0]) / 2
