"""`mixtura detect --by` and `mixtura score` by the model that it saves."""

import json

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def orders(folder):
    rng = np.random.default_rng(0)
    region = rng.choice(["North", "South"], 400)
    table = pd.DataFrame({"region": region, "shop": rng.choice(["a", "b"], 400)})
    table["amount"] = rng.normal(np.where(region == "North", 100, 150), 5).round(2)
    table.loc[7, ["region", "amount"]] = ["North", 150.0]
    table.to_csv(folder / "orders.csv", index=False)
    return "orders.csv"


def test_segments_are_asked_for_told_and_saved(run, orders):
    found = run("detect", orders, "--by", "region", "--save", "orders.model")
    assert "amount = 150; a row with region 'North' has about" in found.out
    assert "Segments: each row is judged within its region" in found.out
    assert found.out.index("  North ") < found.out.index("  South ")
    scored = run("score", "orders.model", orders, "--json", "--out", "scored.csv")
    (north, south) = json.loads(scored.out)["segments"]
    assert (north["levels"], north["n_flagged"]) == ({"region": "North"}, 1)
    assert south["n_flagged"] == 0


def test_segments_by_several_columns(run, orders):
    found = json.loads(run("detect", orders, "--by", "region,shop", "--json").out)
    assert len(found["segments"]) == 4
    assert found["anomalies"][0]["row"] == 8


def test_another_kind_of_model_is_refused_in_the_words_of_the_command(run, orders):
    found = run("detect", orders, "--by", "region", "--model", "svm")
    assert found.code == 2
    assert "--by needs --model auto, not svm" in found.err
