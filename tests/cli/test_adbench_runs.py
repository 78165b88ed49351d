"""`detect` runs on the tables of ADBench that the project keeps beside the repository."""

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_score, recall_score

from requirements import SHARED, listed_in

# The whole search on these takes long: many rows, or many columns.
LARGE = {"cover", "http", "mnist", "musk", "satellite", "shuttle"}

# By default two of the others are enough.
FEW = {"Ionosphere", "breastw"}

# Rows that are read of a table: several small blocks of most, and no more time than that takes.
MOST_ROWS = 4_000

pytestmark = pytest.mark.usefixtures("small_blocks")


def read(name):
    """Return the rows and labels of a table, of a large one some rows that lie evenly in it."""
    data = np.load(SHARED / "adbench" / f"{name}.npz")
    step = -(-len(data["X"]) // MOST_ROWS)
    return data["X"][::step], data["y"][::step]


def tables(folder):
    names = [path.stem for path in sorted(folder.glob("*.npz"))]
    return [pytest.param(name, marks=() if name in FEW else pytest.mark.exhaustive) for name in names]


def searches(folder):
    """Name each large table, and those of a default run, with a search among few mixtures, and others among many."""
    long, few, many = pytest.mark.exhaustive, ["1,3", "--shape", "diag,full"], ["1-4"]
    names = sorted(path.stem for path in folder.glob("*.npz"))
    for name in names:
        if name in LARGE | FEW:
            yield pytest.param((name, few), marks=() if name in FEW else long, id=f"{name}-few")
    yield from (pytest.param((name, many), marks=long, id=f"{name}-many") for name in names if name not in LARGE)


@pytest.mark.parametrize("searched", listed_in("adbench", searches))
def test_detect_runs(run, folder, need, searched):
    name, components = searched
    pa, parquet = need("pyarrow"), need("pyarrow.parquet")
    X, _ = read(name)
    parquet.write_table(pa.table({f"x{k}": column for k, column in enumerate(X.T)}), folder / "table.parquet")
    ended = run("detect", "table.parquet", "--components", *components, "--rate", "0.04", "--json")
    assert ended.code == 0, ended.err
    summary = json.loads(ended.out)
    constant = [f"x{k}" for k in np.flatnonzero(X.min(axis=0) == X.max(axis=0))]
    assert [column["name"] for column in summary["table"]["left_out"]] == constant
    assert summary["table"]["n_rows"] == len(X) == sum(group["n_rows"] for group in summary["groups"])
    scored = parquet.read_table(folder / "table.scored.parquet")
    assert scored.num_rows == len(X)
    scores = scored["anomaly_score"].to_numpy()
    flags = scored["is_anomaly"].to_numpy()
    assert np.isfinite(scores).all()
    assert flags.sum() == summary["decision"]["n_anomalies"] <= np.ceil(0.04 * len(X))
    # Where rows repeat, those that tie at the threshold are normal.
    np.testing.assert_array_equal(flags, scores > summary["decision"]["threshold"])


@pytest.mark.parametrize("name", listed_in("adbench", tables))
def test_detect_without_options_judges_by_labels(run, folder, need, name):
    pa, parquet = need("pyarrow"), need("pyarrow.parquet")
    X, y = read(name)
    table = {f"x{k}": column for k, column in enumerate(X.T)} | {"anomaly": y}
    parquet.write_table(pa.table(table), folder / "table.parquet")
    ended = run("detect", "table.parquet", "--labels", "anomaly", "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)["decision"]["on_labels"]
    assert (found["n_rows"], found["n_anomalies"]) == (len(y), y.sum())
    scored = parquet.read_table(folder / "table.scored.parquet")
    flags = scored["is_anomaly"].to_numpy()
    assert found["precision"] == pytest.approx(precision_score(y, flags), rel=1e-12)
    assert found["recall"] == pytest.approx(recall_score(y, flags), rel=1e-12)
    average = average_precision_score(y, scored["anomaly_score"].to_numpy())
    assert found["average_precision"] == pytest.approx(average, rel=1e-12)
