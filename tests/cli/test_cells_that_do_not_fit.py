"""A cell that does not hold what its column holds flags its row, wherever it stands, and removes no column."""

import json

import numpy as np
import pytest

import mixtura


@pytest.fixture
def prices(folder):
    """Write prices and sizes, with two cells that do not fit, one of them the last of its column."""
    rng = np.random.default_rng(0)
    price = rng.normal(100, 10, 300).round(2)
    cells = price.astype(str)
    cells[57], cells[299] = "12.x", "inf"
    lines = [f"{cell},{size:.1f}" for cell, size in zip(cells, price / 2 + rng.normal(size=300), strict=True)]
    (folder / "t.csv").write_text("\n".join(["price,size", *lines]) + "\n")
    return folder / "t.csv"


def test_their_rows_are_flagged_and_told_first(run, prices, need):
    ended = run("detect", "t.csv", "--json", "--out", "s.parquet")
    assert ended.code == 0
    assert "price: 2 cells are no numbers, such as '12.x' in row 58." in ended.err
    summary = json.loads(ended.out)
    assert summary["table"]["columns"] == ["price", "size"]
    assert [anomaly["row"] for anomaly in summary["anomalies"][:2]] == [58, 300]
    assert [anomaly["strays"] for anomaly in summary["anomalies"][:2]] == [
        [{"column": "price", "text": "12.x"}],
        [{"column": "price", "text": "inf"}],
    ]
    assert summary["anomalies"][0]["reason"] == "price = '12.x'; the column holds numbers."
    assert summary["decision"]["n_by_strays"] == 2
    assert summary["reasons"][0] == {
        "reason": "no number in price", "columns": ["price"], "directions": [], "n_rows": 2, "example": 58,
    }  # fmt: skip
    scored = need("pyarrow.parquet").read_table("s.parquet").to_pydict()
    flagged = np.flatnonzero(scored["is_anomaly"])
    assert {57, 299} <= {*flagged}
    assert len(flagged) == summary["decision"]["n_anomalies"]
    above = np.array(scored["anomaly_score"]) > (summary["decision"]["threshold"] or np.inf)
    np.testing.assert_array_equal(np.setdiff1d(flagged, np.flatnonzero(above)), [57, 299])
    # What does not fit stands in the result as it was.
    assert (scored["price"][57], scored["price"][299]) == ("12.x", "inf")


def test_the_other_rows_score_as_if_the_cells_were_empty(run, prices, folder):
    text = prices.read_text()
    (folder / "gaps.csv").write_text(text.replace("12.x", "").replace("inf", ""))
    found = [mixtura.detect(name, rate=0.02, out=f"{name}.scored.csv") for name in ("t.csv", "gaps.csv")]
    scores = [
        [line.split(",")[2] for line in (folder / f"{name}.scored.csv").read_text().splitlines()]
        for name in ("t.csv", "gaps.csv")
    ]
    assert scores[0] == scores[1]
    assert found[0].model.threshold == found[1].model.threshold


def test_a_row_may_have_both_reasons(run, folder, prices):
    lines = prices.read_text().splitlines()
    lines[58] = "12.x,5000"
    prices.write_text("\n".join(lines) + "\n")
    first = json.loads(run("detect", "t.csv", "--rate", "0.02", "--json").out)["anomalies"][0]
    assert first["row"] == 58
    assert first["reason"].startswith("price = '12.x'; the column holds numbers. size = 5000")


def test_more_than_a_tenth_of_them_make_a_column_of_text(run, prices):
    lines = prices.read_text().splitlines()
    lines[1:61] = [f"word {k},{line.split(',')[1]}" for k, line in enumerate(lines[1:61])]
    prices.write_text("\n".join(lines) + "\n")
    summary = json.loads(run("detect", "t.csv", "--model", "forest", "--json").out)
    assert summary["table"]["columns"] == ["size"]
    assert [column["name"] for column in summary["table"]["left_out"]] == ["price"]


def test_a_model_without_missing_values_names_the_cell(run, prices):
    prices.write_text(prices.read_text().replace("inf", "100"))
    ended = run("detect", "t.csv", "--model", "lof")
    assert (ended.code, ended.out) == (2, "")
    assert "column 'price' holds '12.x' in row 58 of t.csv" in ended.err


def test_a_saved_model_flags_them_too(run, prices, folder):
    run("detect", "t.csv", "--save", "m", "--rate", "0.02")
    (folder / "new.csv").write_text("price,size\n100,50\nn.k.,50\n101,50.5\n")
    summary = json.loads(run("score", "m", "new.csv", "--json").out)
    assert summary["decision"]["n_anomalies"] == 1
    assert summary["anomalies"][0]["row"] == 2
    assert summary["anomalies"][0]["strays"] == [{"column": "price", "text": "n.k."}]
