"""Detection: how well the default detector and its peers rank the anomalies of known tables, and what it costs."""

import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import sklearn.ensemble
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

from mixtura import AnomalyDetector, IsolationForest, LocalOutlierFactor, OneClassSVM

from .planted import Outlyingness, decided, hidden, planted
from .real_rows import real_rows
from .timing import in_turn

TABLES = Path(__file__).parents[1].parent / "shared" / "data" / "adbench"
_MOST_ROWS, _SEEDS = 20_000, 3


def _default(X: np.ndarray, seed: int) -> np.ndarray:
    return -AnomalyDetector(random_state=seed).fit(X).score_samples(X)


def _flagged(X: np.ndarray, seed: int) -> np.ndarray:
    return np.asarray(AnomalyDetector(random_state=seed).fit_predict(X) < 0)


def _forest(X: np.ndarray, seed: int) -> np.ndarray:
    return -IsolationForest(random_state=seed).fit(X).score_samples(X)


def _peer_forest(X: np.ndarray, seed: int) -> np.ndarray:
    return -sklearn.ensemble.IsolationForest(random_state=seed).fit(X).score_samples(X)


def _local(X: np.ndarray, _: int) -> np.ndarray:
    return -LocalOutlierFactor().fit(StandardScaler().fit_transform(X)).negative_outlier_factor_


def _machine(X: np.ndarray, _: int) -> np.ndarray:
    Z = StandardScaler().fit_transform(X)
    return -OneClassSVM().fit(Z).score_samples(Z)


def _of_pyod(module: str, name: str) -> Outlyingness | None:
    """Return a detector of PyOD on standardised columns, with its own defaults; None where PyOD is not installed."""
    try:
        make = getattr(import_module(f"pyod.models.{module}"), name)
    except ImportError:
        return None
    return lambda X, _: make().fit(StandardScaler().fit_transform(X)).decision_scores_


def _detectors() -> dict[str, Outlyingness | None]:
    return {
        "AnomalyDetector": _default,
        "IsolationForest": _forest,
        "LocalOutlierFactor": _local,
        "OneClassSVM": _machine,
        "scikit-learn IsolationForest": _peer_forest,
        "PyOD ECOD": _of_pyod("ecod", "ECOD"),
        "PyOD KNN": _of_pyod("knn", "KNN"),
    }


def detection(repeat: int) -> Iterator[dict[str, Any]]:
    """Area under the curve and average precision on the tables of ../shared/data/adbench, at most 20,000 rows of each
    fitted and scored without labels, means over three seeds; where the default detector and scikit-learn's forest rank
    errors planted into tables, and known errors of real ones; how many rows of clean tables the default detector calls
    outliers; then seconds to fit and score 100,000 rows of 10 columns, and 3,000 of 2,000.
    """
    paths = sorted(TABLES.glob("*.npz"))
    if not paths:
        yield {"table": f"none in {TABLES}"}
    detectors = _detectors()
    yield from ({"detector": name, "note": "not installed"} for name, there in detectors.items() if there is None)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in detectors}
    for path in paths:
        for name, outlyingness in detectors.items():
            if outlyingness is None:
                continue
            figures = [figures_of(path, outlyingness, seed) for seed in range(_SEEDS)]
            auc, precision = np.mean(figures, axis=0).tolist()
            found[name].append((auc, precision))
            yield {"table": path.stem, "detector": name, "auc": auc, "precision": precision}
    for name, pairs in found.items():
        if pairs:
            auc, precision = np.mean(pairs, axis=0).tolist()
            yield {"table": f"mean of {len(pairs)}", "detector": name, "auc": auc, "precision": precision}
    for name, outlyingness in {"AnomalyDetector": _default, "scikit-learn IsolationForest": _peer_forest}.items():
        for cases in (planted, real_rows):
            yield from ({"detector": name, **row} for row in cases(outlyingness))
    yield from ({"detector": "AnomalyDetector", **row} for row in decided(_flagged))
    yield from ({"detector": "AnomalyDetector", **row} for row in hidden(_default, _flagged))
    for n_rows, n_columns in ((100_000, 10), (3_000, 2_000)):
        table = np.random.default_rng(0).standard_normal((n_rows, n_columns))
        seconds, peer_seconds, ratio = in_turn(
            lambda table=table: _default(table, 0), lambda table=table: _peer_forest(table, 0), repeat
        )
        yield {
            "table": f"{n_rows:,} × {n_columns:,}",
            "detector": "AnomalyDetector beside scikit-learn IsolationForest",
            "seconds": seconds,
            "peer_seconds": peer_seconds,
            "ratio": ratio,
        }


def figures_of(path: Path, outlyingness: Outlyingness, seed: int, most: int = _MOST_ROWS) -> tuple[float, float]:
    with np.load(path) as arrays:
        X, y = arrays["X"].astype(np.float64), arrays["y"]
    if len(X) > most:
        taken = np.random.default_rng(seed).choice(len(X), most, replace=False)
        X, y = X[taken], y[taken]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about copies of rows
        scores = outlyingness(X, seed)
    return float(roc_auc_score(y, scores)), float(average_precision_score(y, scores))
