"""`detect` runs on the tables of ADBench that the project keeps beside the repository."""

import json
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "adbench"
FILES = sorted(FOLDER.glob("*.npz"))
# The whole search on these takes minutes: many rows, or many columns.
LARGE = {"cover", "http", "mnist", "musk", "satellite", "shuttle"}


@pytest.mark.skipif(not FILES, reason=f"there is no data in {FOLDER}")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_detect_runs(run, folder, need, file):
    pa, parquet = need("pyarrow"), need("pyarrow.parquet")
    X = np.load(file)["X"]
    parquet.write_table(pa.table({f"x{k}": column for k, column in enumerate(X.T)}), folder / "table.parquet")
    options = ["--components", "1,3", "--shape", "diag,full"] if file.stem in LARGE else ["--components", "1-4"]
    ended = run("detect", "table.parquet", *options, "--rate", "0.04", "--json")
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
