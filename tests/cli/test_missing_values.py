"""Missing values in tables: the models that take them, and the others, which say so."""

import json

import numpy as np
import pytest

import mixtura
from mixtura.errors import MissingValuesError


@pytest.fixture
def holes(write):
    """A table whose first column has holes, and whose last row has nothing."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(300, 3)).round(3)
    values[0] = [0, 9, -9]
    rows = values.astype(object)
    rows[::5, 0] = ""
    rows[-1] = ""
    return write("holes.csv", ["a", "b", "c"], rows.tolist())


@pytest.mark.parametrize("kind", ["auto", "mixture", "bayesian", "forest"])
def test_models_that_take_them(run, holes, need, kind):
    read = need("pyarrow.parquet").read_table
    options = ["--model", kind, *(("--components", "2", "--shape", "full") if kind == "mixture" else ())]
    ended = run("detect", holes, *options, "--rate", "0.04", "--json", "--save", "m", "--out", "a.parquet")
    assert ended.code == 0, ended.err
    summary = json.loads(ended.out)
    assert summary["notices"][0] == (
        "values are missing in a (61 rows), b (1 row), c (1 row): each row is judged by the values that it has."
    )
    scored = read("a.parquet")
    assert np.isfinite(scored["anomaly_score"].to_numpy()).all()
    assert not scored["is_anomaly"][299].as_py()
    if kind != "mixture":  # one whose components may be as small as this row
        assert scored["is_anomaly"][0].as_py()
    assert run("score", "m", holes, "--out", "b.parquet", "-q").code == 0
    assert read("b.parquet") == scored
    values = np.stack([scored[name].to_numpy(zero_copy_only=False) for name in "abc"], axis=1).astype(float)
    np.testing.assert_array_equal(mixtura.load("m").scores(values), scored["anomaly_score"].to_numpy())


def test_groups_take_them(run, holes, need):
    ended = run("groups", holes, "--components", "2", "--json", "--format", "parquet")
    assert ended.code == 0, ended.err
    scored = need("pyarrow.parquet").read_table("holes.grouped.parquet")
    assert np.isfinite(scored["probability"].to_numpy()).all()


@pytest.mark.parametrize("kind", ["elliptic", "lof", "svm"])
def test_models_that_do_not(run, holes, folder, kind):
    ended = run("detect", holes, "--model", kind)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "mixtura: missing values in rows 1, 6, 11, 16, 21 and more of holes.csv (data rows, counted from 1), columns "
        "'a', 'b' and 'c': fill them in, drop these rows, or leave the columns out\n"
    )
    # Nor when they appear only in the rows that are scored.
    whole = "select * from 'holes.csv' where a is not null"
    assert run("detect", whole, "--model", kind, "--save", "m", "-q").code == 0
    ended = run("score", "m", holes)
    assert (ended.code, ended.out) == (2, "")
    assert "missing values in rows 1, 6" in ended.err
    model = mixtura.load("m")
    assert not model.takes_missing
    with pytest.raises(MissingValuesError):
        model.scores([[1.0, np.nan, 2.0]])


def test_a_row_without_values(run, write):
    write("t.csv", ["a", "b"], [["", ""], *[[k % 7, k % 5] for k in range(6)]])
    write("clean.csv", ["a", "b"], [[k % 7, k % 5] for k in range(400)])
    ended = run("detect", "t.csv", "--reference", "clean.csv", "--columns", "a,b", "--model", "forest", "--json", "-q")
    first = next(row for row in json.loads(ended.out)["anomalies"] if row["row"] == 1)
    assert (first["value"], first["reason"]) == (None, "The row has no values.")


def test_a_column_without_values_is_left_out(run, folder):
    query = "select 3 * i as a, i * i % 17 as b, null::double as c from range(50) t(i)"
    summary = json.loads(run("detect", query, "--rate", "0.04", "--json").out)
    assert summary["table"]["columns"] == ["a", "b"]
    assert summary["table"]["left_out"] == [{"name": "c", "reason": "empty"}]
    assert summary["notices"] == []
    ended = run("detect", "select null::double as c from range(50)", "--out", "other.parquet")
    assert (ended.code, ended.out) == (2, "")
    assert "every column of numbers is constant" in ended.err


def test_compare_leaves_out_detectors_that_do_not_take_them(run, holes, only):
    only("auto", "elliptic", "forest", "lof", "svm")  # the others take longest
    ended = run("compare", holes, "--json", "-q")
    summary = json.loads(ended.out)
    assert [detector["name"] for detector in summary["detectors"]] == ["auto", "forest"]
    assert summary["failed"] == dict.fromkeys(("elliptic", "lof", "svm"), "it takes no missing values")
    assert "Note: lof was left out: it takes no missing values\n" in run("compare", holes).out
