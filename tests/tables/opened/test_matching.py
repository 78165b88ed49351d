"""A table that is unlike the one of a model is scored by what it has, and each column that it has not is named."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import mixtura
from mixtura.errors import ColumnError


def table(seed, n_rows=300):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n_rows)
    return pd.DataFrame({"x": x, "y": 2 * x + rng.normal(size=n_rows), "z": rng.normal(5, 1, n_rows)})


@cache
def fitted():
    return mixtura.detect(table(0), rate=0.02, model="mixture").model


NEW = table(1)


def scores(source, tmp_path):
    found = mixtura.score(fitted(), source, out=tmp_path / "out.parquet", force=True)
    return found, pd.read_parquet(tmp_path / "out.parquet")["anomaly_score"].to_numpy()


def test_a_column_that_is_gone_is_missing_in_all_rows(tmp_path):
    found, without = scores(NEW.drop(columns="y"), tmp_path)
    np.testing.assert_array_equal(without, scores(NEW.assign(y=np.nan), tmp_path)[1])
    assert found.summary.notices == ("the DataFrame has no column 'y': the rows are scored without it.",)
    assert [str(news) for news in found.summary.news if not news.is_expected] == ["y is not there"]
    assert "y" not in found.flagged


def test_a_column_of_another_name_is_asked_about():
    found = mixtura.score(fitted(), NEW.rename(columns={"z": "zz"}))
    assert found.summary.notices[0].startswith(
        "the DataFrame has no column 'z': the rows are scored without it. Is 'zz' the former 'z'?"
    )


@pytest.mark.parametrize(
    ("cells", "such"),
    [
        (["about one"] * 300, "about one"),
        (pd.Timestamp("2024-01-01"), "2024-01-01 00:00:00"),
        ([[1, 2]] * 300, "[1, 2]"),
        (pd.Categorical(["a", "b"] * 150), "a"),
    ],
    ids=["text", "date", "list", "category"],
)
def test_a_column_that_holds_something_else_is_missing_in_all_rows(tmp_path, cells, such):
    found, without = scores(NEW.assign(y=cells), tmp_path)
    np.testing.assert_array_equal(without, scores(NEW.assign(y=np.nan), tmp_path)[1])
    assert found.summary.notices == (
        f"y holds {such!r}, which the model cannot read as before: the rows are scored without it.",
    )
    assert {news.column for news in found.summary.news if not news.is_expected} == {"y"}
    assert found.summary.decision.n_by_strays == 0


def test_single_cells_that_do_not_fit_flag_their_rows_as_before():
    cells = NEW["y"].astype(object)
    cells[7] = "slip"
    found = mixtura.score(fitted(), NEW.assign(y=cells.astype(str)))
    assert 8 in found.flagged["row"].tolist()
    assert found.summary.decision.n_by_strays == 1


def test_another_table_is_refused():
    with pytest.raises(ColumnError, match="has no columns 'x' and 'y'"):
        mixtura.score(fitted(), NEW[["z"]])
    with pytest.raises(ColumnError, match="no column of the DataFrame holds what it held"):
        mixtura.score(fitted(), pd.DataFrame({name: ["some text"] * 20 for name in "xyz"}))


def test_a_model_that_takes_no_missing_values_needs_every_column():
    model = mixtura.detect(table(0), rate=0.02, model="lof").model
    with pytest.raises(ColumnError, match="has no column 'y'"):
        mixtura.score(model, NEW.drop(columns="y"))


def test_every_file_of_a_result_can_be_written(tmp_path):
    found = mixtura.score(
        fitted(),
        NEW.drop(columns="y").assign(x=NEW["x"] + np.where(np.arange(300) == 3, 60, 0)),
        out=tmp_path / "out.xlsx",
        repaired=tmp_path / "repaired.csv",
        report=tmp_path / "report.html",
    )
    assert 4 in found.flagged["row"].tolist()
    assert list(pd.read_csv(tmp_path / "repaired.csv").columns) == ["x", "z"]


def test_levels_of_a_column_that_is_gone_say_nothing(tmp_path):
    levels = np.random.default_rng(2).choice(["red", "green", "blue"], 300)
    model = mixtura.detect(table(0).assign(colour=levels), rate=0.02).model
    found = mixtura.score(model, NEW, out=tmp_path / "out.csv", report=tmp_path / "report.html")
    assert found.summary.notices == ("the DataFrame has no column 'colour': the rows are scored without it.",)
    assert len(found.flagged) < 15
    assert not any("colour" in reason for reason in found.flagged["reason"])
    holes = mixtura.score(model, NEW.assign(colour=["red"] * 299 + [None]))
    assert "colour is missing" in " ".join(found.reason for found in holes.summary.anomalies)
