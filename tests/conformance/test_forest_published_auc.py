"""Areas under the curve of the isolation forest that others published for data in ../shared/data/adbench.

Those in the file are means of ADBench (Han et al. 2022) over three seeds, each of 70 % of at most 10,000 rows; here a
forest sees all rows, and scores them.
"""

import csv

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mixtura import IsolationForest
from requirements import SHARED, needs_shared

DATA = SHARED / "adbench"


def published(name):
    with (DATA / "published_auc.csv").open() as file:
        return next(
            float(row["IForest"])
            for row in csv.DictReader(file)
            if row["dataset"] == name and row["metric"] == "AUCROC"
        )


def mean_auc(name):
    with np.load(DATA / f"{name}.npz") as arrays:
        X, y = arrays["X"], arrays["y"]
    return np.mean([roc_auc_score(y, -IsolationForest(random_state=seed).fit(X).score_samples(X)) for seed in range(3)])


@pytest.mark.exhaustive
@needs_shared("adbench")
@pytest.mark.parametrize(("name", "value"), [("shuttle", 0.997), ("http", 1.000), ("breastw", 0.986)])
def test_within_a_hundredth_of_published(name, value):
    """Of the means over all rows that are published, and of those of ADBench in the file."""
    found = mean_auc(name)
    assert found == pytest.approx(value, abs=0.01)
    assert found == pytest.approx(published(name), abs=0.01)
