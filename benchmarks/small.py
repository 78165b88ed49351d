"""Fits of small tables, where the time goes into everything but arithmetic."""

import time
import warnings
from collections.abc import Iterator
from typing import Any

from sklearn.covariance import EllipticEnvelope as PeerEnvelope
from sklearn.datasets import load_iris, make_blobs
from sklearn.ensemble import IsolationForest as PeerForest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture as PeerBayes
from sklearn.mixture import GaussianMixture as Peer
from sklearn.neighbors import LocalOutlierFactor as PeerFactor
from sklearn.svm import OneClassSVM as PeerMachine

import mixtura
from mixtura.distributions.shapes import SEARCHED

from .timing import in_turn


def small(repeat: int) -> Iterator[dict[str, Any]]:
    """`fit` of small tables with default settings, by processor time."""
    flowers, groups = load_iris().data, make_blobs(1_250, centers=5, random_state=0)[0]
    tables = (("150 × 4", flowers, 3, 1), ("1250 × 2, ten starts", groups, 5, 10))
    pairs = ((mixtura.GaussianMixture, Peer), (mixtura.BayesianGaussianMixture, PeerBayes))
    for case, table, components, starts in tables:
        for shape in SEARCHED:
            for ours, peer in pairs:
                given = {"n_components": components, "n_init": starts, "covariance_type": shape, "random_state": 0}
                yield _row(case, shape, ours(**given), peer(**given), table, repeat)
    detectors = (
        (mixtura.IsolationForest, PeerForest),
        (mixtura.LocalOutlierFactor, PeerFactor),
        (mixtura.EllipticEnvelope, PeerEnvelope),
        (mixtura.OneClassSVM, PeerMachine),
    )
    for case, table, _, _ in tables:
        for ours, peer in detectors:
            yield _row(case.partition(",")[0], "", ours(), peer(), table, repeat)


def _row(case: str, shape: str, ours: Any, peer: Any, table: Any, repeat: int) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        seconds, peer_seconds, ratio = in_turn(
            lambda: ours.fit(table), lambda: peer.fit(table), max(repeat, 9), time.process_time
        )
    return {
        "case": case,
        "class": type(ours).__name__,
        "shape": shape,
        "mixtura_ms": 1e3 * seconds,
        "peer_ms": 1e3 * peer_seconds,
        "ratio": ratio,
    }
