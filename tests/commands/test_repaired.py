"""The table with the flagged cells of flagged rows replaced: those cells only, by what the model predicts, safely."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import mixtura
from mixtura import rows
from mixtura.errors import RequestError, SourceError
from mixtura.rows.looked.typed import with_types


@pytest.fixture(scope="module")
def table():
    """Length, twice the length in whole numbers, and something else; in some rows one cell is wrong."""
    rng = np.random.default_rng(0)
    length = rng.normal(100, 10, size=600)
    double = np.rint(2 * length + rng.normal(scale=0.3, size=600)).astype(np.int64)
    age = rng.normal(size=600)
    length[::150] += 60
    double[75::150] = 0
    return pa.table({"name": [f"row {k}" for k in range(600)], "length": length, "double": double, "age": age})


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    file = tmp_path_factory.mktemp("repaired") / "t.parquet"
    pq.write_table(table, file)
    return file


def read(path):
    """Read all columns of a table as the library does, those of text that are numbers as such."""
    opened = rows.open(path, non_numeric="drop")
    return with_types(pa.concat_tables([part for part, _ in opened.tables()]), opened.style().number_types())


@pytest.mark.parametrize("model", ["auto", "mixture", "elliptic", "forest"])
def test_flagged_cells_of_flagged_rows_are_replaced_and_no_others(table, file, tmp_path, model):
    found = mixtura.detect(file, rate=0.02, model=model, drop="name", repaired=tmp_path / "r.parquet")
    after = pq.read_table(tmp_path / "r.parquet")
    assert after.schema.equals(table.schema)
    assert after.column("name").equals(table.column("name"))
    X = np.column_stack([table.column(name).to_numpy() for name in found.model.columns]).astype(float)
    explanation = found.model.explain(X)
    replaced = explanation.flagged_cells & found.model.is_anomaly(X)[:, None]
    assert replaced.any()
    expected = np.where(replaced, explanation.repaired, X)
    whole = found.model.columns.index("double")
    expected[:, whole] = np.rint(expected[:, whole])
    np.testing.assert_allclose(
        np.column_stack([after.column(name).to_numpy() for name in found.model.columns]), expected, rtol=1e-9
    )
    written = found.summary.repaired
    assert (written.path, written.n_cells) == (str(tmp_path / "r.parquet"), replaced.sum())
    assert written.n_rows == replaced.any(axis=1).sum()


def test_a_repaired_table_scores_as_was_said(table, tmp_path):
    plain = table.drop_columns(["name"]).set_column(1, "double", table.column("double").cast(pa.float64()))
    found = mixtura.detect(plain, rate=0.02, model="mixture", repaired=tmp_path / "r.parquet")
    X = np.column_stack([plain.column(name).to_numpy() for name in found.model.columns])
    flagged = found.model.is_anomaly(X)
    after = pq.read_table(tmp_path / "r.parquet")
    scores = found.model.scores(np.column_stack([after.column(name).to_numpy() for name in found.model.columns]))
    explanation = found.model.explain(X)
    np.testing.assert_allclose(scores[flagged], explanation.score_after[flagged], rtol=1e-9)
    np.testing.assert_array_equal(scores[~flagged], explanation.score_before[~flagged])


@pytest.mark.parametrize("ending", ["parquet", "csv", "json", "jsonl", "arrow"])
def test_every_format_holds_the_same_table(file, tmp_path, ending):
    place = tmp_path / f"r.{ending}"
    mixtura.detect(file, rate=0.02, model="elliptic", out=tmp_path / "out.parquet", repaired=place)
    mixtura.detect(file, rate=0.02, model="elliptic", repaired=tmp_path / "same.parquet")
    assert read(place).to_pydict() == pq.read_table(tmp_path / "same.parquet").to_pydict()


def test_cells_that_are_not_flagged_stay_as_they_are_written(tmp_path, table):
    lines = ["id,length,double,note"]
    for k, (length, double) in enumerate(zip(table.column("length"), table.column("double"), strict=True)):
        lines.append(f'00{k},{length.as_py():.3f},{double.as_py()},"=1+{k}, ""x"" "')
    source = tmp_path / "t.csv"
    source.write_text("\n".join(lines) + "\n")
    mixtura.detect(source, rate=0.02, drop=["id"], out=tmp_path / "out.csv", repaired=tmp_path / "r.csv")
    before, after = ((tmp_path / name).read_text().splitlines() for name in ("out.csv", "r.csv"))
    assert after[0] == "id,length,double,note"
    changed = [k for k, (one, other) in enumerate(zip(before, after, strict=True)) if not one.startswith(other)]
    flagged = pyarrow.csv.read_csv(tmp_path / "out.csv").column("is_anomaly").to_pylist()
    assert 0 < len(changed) <= sum(flagged)
    assert all(flagged[k - 1] for k in changed)


def test_nothing_is_repaired_unless_it_is_asked_for(file, tmp_path):
    found = mixtura.detect(file, rate=0.02, out=tmp_path / "out.parquet")
    assert found.summary.repaired is None
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]


def test_a_table_without_flagged_rows_is_written_as_it_is(tmp_path):
    clean = pa.table({"a": np.random.default_rng(0).normal(size=300), "b": np.random.default_rng(1).normal(size=300)})
    found = mixtura.detect(clean, repaired=tmp_path / "r.parquet")
    assert found.summary.decision.n_anomalies == 0
    assert pq.read_table(tmp_path / "r.parquet").equals(clean)
    assert (found.summary.repaired.n_rows, found.summary.repaired.n_cells) == (0, 0)


def test_what_is_read_and_what_others_made_is_not_replaced(file, tmp_path):
    with pytest.raises(SourceError, match="is the input table"):
        mixtura.detect(file, rate=0.02, repaired=file, force=True)
    same = tmp_path / "same.parquet"
    with pytest.raises(SourceError, match="cannot hold both the result and the repaired table"):
        mixtura.detect(file, rate=0.02, out=same, repaired=same)
    other = tmp_path / "other.csv"
    other.write_text("mine")
    with pytest.raises(SourceError, match="replace it with force=True"):
        mixtura.detect(file, rate=0.02, out=tmp_path / "out.parquet", repaired=other)
    with pytest.raises(SourceError, match="cannot tell the format"):
        mixtura.detect(file, rate=0.02, repaired=tmp_path / "r.xls")
    with pytest.raises(SourceError, match="the repaired table cannot be written to standard output: name a file"):
        mixtura.detect(file, rate=0.02, repaired="-")
    assert other.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["other.csv"]
    mixtura.detect(file, rate=0.02, repaired=tmp_path / "r.parquet")
    mixtura.detect(file, rate=0.05, repaired=tmp_path / "r.parquet")


def test_all_files_appear_or_none(file, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mixtura.commands.found.Found.page", property(full))
    with pytest.raises(OSError, match="No space"):
        mixtura.detect(
            file, rate=0.02, out=tmp_path / "o.parquet", repaired=tmp_path / "r.parquet", report=tmp_path / "r.html"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_a_threshold_repairs_nothing(file, tmp_path):
    model = mixtura.groups(file, components=1, shape="full").model
    with pytest.raises(RequestError, match=r"repaired needs a threshold, .* set one with rate=0\.01"):
        mixtura.score(model, file, repaired=tmp_path / "r.parquet")
    found = mixtura.score(model, file, rate=0.02, repaired=tmp_path / "r.parquet")
    assert found.summary.repaired.n_cells > 0


def test_the_command_line_writes_the_same_table_and_says_that_it_is_a_guess(run, file, tmp_path, capfd):
    run("detect", file, "--rate", "0.02", "--out", tmp_path / "o.parquet", "--save", tmp_path / "m.model",
        "--repaired", tmp_path / "1.parquet")  # fmt: skip
    said = " ".join(capfd.readouterr().out.split())
    found = mixtura.detect(file, rate=0.02, repaired=tmp_path / "2.parquet")
    cells, n_rows = found.summary.repaired.n_cells, found.summary.repaired.n_rows
    assert f"(a repaired copy: {cells} cells of {n_rows} rows replaced by predicted values, a guess)" in said
    run("score", tmp_path / "m.model", file, "--out", tmp_path / "s.parquet", "--repaired", tmp_path / "3.parquet",
        "--json")  # fmt: skip
    printed = json.loads(capfd.readouterr().out)
    assert printed["repaired"] == {"path": str(tmp_path / "3.parquet"), "n_rows": n_rows, "n_cells": cells}
    one, two, three = (pq.read_table(tmp_path / f"{k}.parquet") for k in (1, 2, 3))
    assert one.equals(two)
    assert one.equals(three)


@pytest.mark.parametrize("command", ["detect", "score"])
def test_help_says_that_repairs_are_a_guess(run, capfd, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "200")
    run(command, "--help")
    assert "predict, a guess." in " ".join(capfd.readouterr().out.replace("│", " ").split())
