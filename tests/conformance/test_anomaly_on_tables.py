"""How the default detector ranks the anomalies of the fifteen tables in ../shared/data/adbench."""

import csv

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from mixtura import AnomalyDetector
from requirements import SHARED, needs_shared

DATA = SHARED / "adbench"

MOST_ROWS = 20_000


def published():
    """Return the areas under the curve that ADBench (Han et al. 2022) measured for isolation forests, by table."""
    with (DATA / "published_auc.csv").open() as file:
        return {row["dataset"]: float(row["IForest"]) for row in csv.DictReader(file) if row["metric"] == "AUCROC"}


def figures(path):
    with np.load(path) as arrays:
        X, y = arrays["X"].astype(np.float64), arrays["y"]
    if len(X) > MOST_ROWS:
        taken = np.random.default_rng(0).choice(len(X), MOST_ROWS, replace=False)
        X, y = X[taken], y[taken]
    outlyingness = -AnomalyDetector(random_state=0).fit(X).score_samples(X)
    return roc_auc_score(y, outlyingness), average_precision_score(y, outlyingness)


@pytest.mark.exhaustive
@needs_shared("adbench")
def test_means_over_the_tables():
    paths = sorted(DATA.glob("*.npz"))
    assert len(paths) == 15
    auc, precision = np.mean([figures(path) for path in paths], axis=0)
    assert auc > np.mean(list(published().values())) + 0.03
    assert auc > 0.921
    assert precision > 0.55
