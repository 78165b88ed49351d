"""Isolation forests: growing and scoring, beside scikit-learn and isotree."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.ensemble import IsolationForest as SklearnForest

from mixtura import IsolationForest

from .timing import in_turn

_ROWS, _COLUMNS, _TREES = 500_000, 10, 100
_GROUPS = 4
_FEWER_ROWS, _FEWER_TREES = 100_000, 50
_LARGE_SAMPLES = (256, 1024, 4096, 16_384, 32_768, 65_536, 100_000)


def forest(repeat: int) -> Iterator[dict[str, Any]]:
    """`fit` and `score_samples` of 100 trees of 256 rows on 500,000 × 10, and the rank correlation of the scores: with
    the peer, and between two seeds of each.

    isotree is given scikit-learn's settings: trees as deep, split by one column, samples of 256 rows, all processors.
    Then `fit` and the first `score_samples` together, of 50 trees of larger samples on 100,000 × 10, by the clock on
    the wall and by that of the processors.
    """
    table = _table()
    yield from _beside_peers(table, repeat)
    yield from _of_large_samples(table[:_FEWER_ROWS], max(repeat // 2, 3))


def _of_large_samples(table: np.ndarray, repeat: int) -> Iterator[dict[str, Any]]:
    for max_samples in _LARGE_SAMPLES:
        settings = {"n_estimators": _FEWER_TREES, "max_samples": max_samples, "random_state": 0}
        row: dict[str, Any] = {"peer": "scikit-learn", "step": "fit, score_samples", "max_samples": max_samples}
        for name, clock in (("", time.perf_counter), ("processor_", time.process_time)):
            seconds, peer_seconds, ratio = in_turn(
                lambda settings=settings: IsolationForest(**settings).fit(table).score_samples(table),
                lambda settings=settings: SklearnForest(**settings).fit(table).score_samples(table),
                repeat,
                clock,
            )
            row |= {f"{name}mixtura_ms": 1e3 * seconds, f"{name}peer_ms": 1e3 * peer_seconds, f"{name}ratio": ratio}
        yield row


def _beside_peers(table: np.ndarray, repeat: int) -> Iterator[dict[str, Any]]:
    ours = IsolationForest(n_estimators=_TREES, random_state=0).fit(table)
    other_seed = IsolationForest(n_estimators=_TREES, random_state=1).fit(table).score_samples(table)
    scores = ours.score_samples(table)
    for name, make in (("scikit-learn", _scikit_learn), ("isotree", _isotree)):
        try:
            new, score = make()
        except ImportError as error:
            yield {"peer": name, "missing": str(error)}
            continue
        peer, peer_other = new(0).fit(table), new(10**6).fit(table)
        peer_scores = score(peer, table)
        correlations = {
            "rank_correlation": _correlation(scores, peer_scores),
            "between_our_seeds": _correlation(scores, other_seed),
            "between_peer_seeds": _correlation(peer_scores, score(peer_other, table)),
        }
        fits = in_turn(
            lambda: IsolationForest(n_estimators=_TREES, random_state=0).fit(table),
            lambda new=new: new(0).fit(table),
            max(repeat, 5),
        )
        scorings = in_turn(
            lambda: ours.score_samples(table), lambda score=score, peer=peer: score(peer, table), max(repeat // 2, 3)
        )
        for step, (seconds, peer_seconds, ratio) in (("fit", fits), ("score_samples", scorings)):
            yield {
                "peer": name,
                "step": step,
                "mixtura_ms": 1e3 * seconds,
                "peer_ms": 1e3 * peer_seconds,
                "ratio": ratio,
                **(correlations if step == "score_samples" else {}),
            }


def _scikit_learn() -> tuple[Callable[[int], Any], Callable[[Any, np.ndarray], np.ndarray]]:
    return (
        lambda seed: SklearnForest(n_estimators=_TREES, random_state=seed),
        lambda peer, table: peer.score_samples(table),
    )


def _isotree() -> tuple[Callable[[int], Any], Callable[[Any, np.ndarray], np.ndarray]]:
    import isotree  # noqa: PLC0415  # a peer that need not be installed

    return (
        lambda seed: isotree.IsolationForest(
            ntrees=_TREES, ndim=1, sample_size=256, missing_action="fail", random_seed=seed
        ),
        lambda peer, table: -peer.predict(table),
    )


def _table() -> np.ndarray:
    """Return rows of four groups of different sizes and widths, and one in a hundred scattered among them."""
    rng = np.random.default_rng(0)
    centers = rng.normal(scale=4, size=(_GROUPS, _COLUMNS))
    labels = rng.choice(_GROUPS, size=_ROWS, p=[0.4, 0.3, 0.2, 0.1])
    table = centers[labels] + rng.normal(size=(_ROWS, _COLUMNS)) * np.array([0.5, 1, 1, 2])[labels, None]
    scattered = rng.random(_ROWS) < 0.01
    table[scattered] = rng.uniform(table.min(axis=0), table.max(axis=0), size=(scattered.sum(), _COLUMNS))
    return table


def _correlation(one: np.ndarray, two: np.ndarray) -> float:
    return float(spearmanr(one, two).statistic)
