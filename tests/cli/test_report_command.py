"""`mixtura detect --report` and `mixtura report`: what they write, where, and what they say.

What draws the page is replaced: here it is about the data that it is given.
"""

import io
import json
import re
import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

import mixtura
from mixtura.display.as_json import as_json
from mixtura.tables import kinds

KINDS = [kind.name for kind in kinds.KINDS]

# Kinds that take the same way as another, in search of what their rows would be expected to be.
FEW_KINDS = [
    pytest.param(name, marks=[pytest.mark.exhaustive] * (name in ("bayesian", "lof", "svm"))) for name in KINDS
]

# A model that is fitted at once and needs no other to explain its rows.
QUICK = ("--components", "1", "--shape", "full")

PAGE = "<!doctype html>"


@pytest.fixture
def drawn(monkeypatch):
    """The reports that were drawn; their pages hold the data behind the first words of a page."""
    reports = []

    def render_html(report, spell):
        reports.append(report)
        return PAGE + as_json(report, indent=None)

    module = ModuleType("mixtura.display.report.page.html")
    module.render_html = render_html
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return reports


@pytest.fixture
def page(folder):
    """Read the data in a page."""

    def read(name):
        text = (folder / name).read_text(encoding="utf-8")
        assert text.startswith(PAGE)
        return json.loads(text.removeprefix(PAGE), parse_constant=pytest.fail)

    return read


@pytest.fixture
def claims(write):
    """A round cloud with rows far outside of it, labels for half of them, and columns that are not numbers."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(450, 3)).round(3)
    values[7::30, 1] += 9
    labels = np.where(values[:, 1] > 5, "yes", "no").astype(object)
    labels[::2] = np.where(np.arange(225) % 3, labels[::2], "")
    rows = [[f"C{k}", *row, label] for k, (row, label) in enumerate(zip(values.tolist(), labels, strict=True))]
    return write("claims.csv", ["id", "age", "amount", "weight", "fraud"], rows)


def said(ended):
    assert ended.code == 0, ended.err
    return ended


@pytest.mark.parametrize("kind", FEW_KINDS)
def test_the_report_is_about_the_scored_table(run, claims, drawn, page, need, kind):
    fast = ["--components", "2", "--shape", "diag"] if kind in ("mixture", "bayesian") else []
    options = [
        "--model",
        kind,
        *fast,
        "--rate",
        "0.02",
        "--drop",
        "fraud",
        "--report",
        "claims.html",
        "--format",
        "parquet",
    ]
    ended = said(run("detect", claims, *options, "--save", "m"))
    assert ended.out.splitlines()[-2] == "Wrote claims.html (open it in a browser)"
    scored = need("pyarrow.parquet").read_table("claims.scored.parquet").to_pydict()
    scores, flags = np.array(scored["anomaly_score"]), np.array(scored["is_anomaly"])
    report = page("claims.html")
    assert report["summary"]["report"] == "claims.html"
    levels = ["id"] if kind == "auto" else []
    assert [column["name"] for column in report["columns"]] == [*levels, "age", "amount", "weight"]
    curve = report["scores"]
    np.testing.assert_array_equal(curve["n_above"], [(scores > t).sum() for t in curve["thresholds"]])
    threshold = report["summary"]["decision"]["threshold"]
    assert curve["n_above"][curve["thresholds"].index(threshold)] == flags.sum() > 0
    assert report["points_are_all"]
    assert [point["anomaly_score"] for point in report["points"]] == scores.tolist()
    listed = {row["row"]: row for row in report["rows"]}
    assert set(np.flatnonzero(flags) + 1) <= set(listed)
    assert sorted(report["cell_columns"]) == ["age", "amount", "fraud", "id", "weight"]
    name = report["cell_columns"].index("id")
    for row in np.flatnonzero(flags):
        # Rows like it are counted when all have passed by, and the result is written then.
        assert re.sub(r", and \S+% of .*?\)", "", listed[row + 1]["reason"]) == scored["reason"][row]
        assert listed[row + 1]["cells"][name] == f"C{row}"
    assert bool(report["profiles"]) == bool(report["contours"]) == (kind in ("mixture", "bayesian"))
    assert report["reproduction"]["seed"] == 0
    # By the saved model it is the same, but for what was fitted.
    said(run("report", "m", claims, "--out", "again.html"))
    again = page("again.html")
    for part in ("columns", "profiles", "scores", "rows", "points", "contours", "view_columns", "omitted"):
        assert again[part] == report[part], part
    assert again["summary"]["decision"] == {**report["summary"]["decision"], "saved": True}
    assert (again["summary"]["command"], again["reproduction"]["seed"]) == ("report", None)


def test_labels_make_precision_and_recall_live(run, claims, drawn, need):
    said(
        run(
            "detect",
            claims,
            "--labels",
            "fraud",
            *QUICK,
            "--recall",
            "0.9",
            "--report",
            "a.html",
            "--save",
            "m",
            "--format",
            "parquet",
        )
    )
    said(run("report", "m", claims, "--labels", "fraud", "--out", "b.html"))
    scored = need("pyarrow.parquet").read_table("claims.scored.parquet").to_pydict()
    scores, labels = np.array(scored["anomaly_score"]), np.array([label or "" for label in scored["fraud"]])
    for report in drawn:
        curve = report.scores
        assert (curve.n_labelled, curve.n_anomalies) == ((labels != "").sum(), (labels == "yes").sum())
        np.testing.assert_array_equal(
            curve.n_labelled_above, [((scores > t) & (labels != "")).sum() for t in curve.thresholds]
        )
        np.testing.assert_array_equal(
            curve.n_anomalies_above, [((scores > t) & (labels == "yes")).sum() for t in curve.thresholds]
        )
        known = {"yes": True, "no": False, "": None}
        assert all(row.label is known[labels[row.row - 1]] for row in report.rows)
    first, second = (report.summary.decision.on_labels for report in drawn)
    assert (first.precision, first.recall) == (second.precision, second.recall)
    assert first.average_precision == second.average_precision
    # The limits hold for a threshold chosen on the same rows in the first, and need not be so wide in the second.
    assert first.recall_interval[0] < second.recall_interval[0] <= second.recall
    without = json.loads(said(run("report", "m", claims, "--json")).out)
    assert without["scores"]["n_labelled_above"] is None
    assert without["summary"]["decision"]["on_labels"] is None


def test_a_reference(run, claims, drawn, write):
    clean = write("clean.csv", ["age", "amount", "weight"], np.random.default_rng(1).normal(size=(800, 3)).tolist())
    said(run("detect", claims, "--reference", clean, "--fdr", "0.2", "--drop", "fraud", "--report", "a.html"))
    report = drawn[0]
    assert report.summary.model.trained_on == "clean.csv"
    assert len(report.points) == 450
    decision = report.summary.decision
    assert report.scores.n_above[report.scores.thresholds.index(decision.threshold)] == decision.n_anomalies > 0


def test_a_model_of_groups_has_no_threshold(run, iris, drawn, page):
    said(run("groups", iris, "--components", "2", "--shape", "full", "--save", "m"))
    ended = said(run("report", "m", iris))
    assert "Most anomalous rows: the 10 rows with the highest scores" in ended.out
    report = page("iris.report.html")
    assert report["summary"]["decision"] is None
    assert [profile["component"] for profile in report["profiles"]] == [0, 1]
    assert [group["n_rows"] for group in report["summary"]["groups"]] == [100, 50]
    assert report["omitted"] == dict.fromkeys(report["omitted"], 0)


@pytest.fixture
def model(run, iris):
    columns = ("--columns", "petal_length,petal_width")
    run("detect", iris, *QUICK, *columns, "--save", "m", "--out", "first.parquet", "-q")
    return "m"


def test_what_is_said_and_where(run, iris, drawn, model, folder, page):
    ended = said(run("report", model, iris))
    lines = ended.out.splitlines()
    assert lines[0] == "iris.csv: 150 rows"
    assert lines[-2] == "Wrote iris.report.html (open it in a browser)"
    assert re.fullmatch(r"Took .*", lines[-1])
    assert not [line for line in lines if line.startswith("Wrote iris.scored")]
    assert not (folder / "iris.scored.csv").exists()
    ended = said(run("report", model, iris, "--out", "x.html", "-q"))
    assert (ended.out, ended.err) == ("", "")
    assert page("x.html")["points"] == page("iris.report.html")["points"]
    ended = said(run("report", model, iris, "--out", "-"))
    assert ended.out.startswith(PAGE)
    assert not (folder / "-").exists()


def test_json_is_the_data_of_the_report(run, iris, drawn, model, folder):
    before = set(folder.iterdir())
    report = json.loads(said(run("report", model, iris, "--json")).out, parse_constant=pytest.fail)
    assert set(folder.iterdir()) == before
    assert drawn == []
    assert list(report)[:4] == ["summary", "columns", "profiles", "scores"]
    assert report["summary"]["report"] is None
    report = json.loads(said(run("report", model, iris, "--json", "--out", "x.html")).out)
    assert report["summary"]["report"] == "x.html"
    assert (folder / "x.html").exists()
    # Of the other command it is the summary, as ever.
    summary = json.loads(said(run("detect", iris, *QUICK, "--json", "--report", "y.html")).out)
    assert (summary["command"], summary["report"]) == ("detect", "y.html")


def test_how_to_make_it_again(run, iris, drawn, model, monkeypatch):
    query = "select petal_length, petal_width from 'iris.csv' where species <> 'setosa'"
    said(run("report", model, query))
    again = drawn[0].reproduction
    assert again.command == (
        "mixtura report m 'select petal_length, petal_width from '\"'\"'iris.csv'\"'\"' where species <> "
        "'\"'\"'setosa'\"'\"''"
    )
    assert list(again.versions) == ["Python", "mixtura", "numpy", "scipy", "scikit-learn", "duckdb", "pyarrow"]
    assert again.versions["numpy"] == np.__version__
    said(run("detect", iris, "--components", "1", "--seed", "7", "--report", "a.html"))
    assert (drawn[1].reproduction.seed, drawn[1].reproduction.command) == (
        7,
        "mixtura detect iris.csv --components 1 --seed 7 --report a.html",
    )


def in_numbers(row):
    """Return a row with cells of numbers as such: text stands as it is written, and 5.0 in Parquet is 5."""
    return replace(row, cells=tuple(float(cell) if cell[:1].isdigit() else cell for cell in row.cells))


def test_any_source_gives_the_same_report(run, iris, drawn, model, folder, need, monkeypatch):
    table = need("pyarrow.csv").read_csv("iris.csv")
    need("pyarrow.parquet").write_table(table, "iris.parquet")

    class Stdin:
        buffer = io.BytesIO(iris.read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    for source in (iris, "iris.parquet", "select * from 'iris.csv'", "-"):
        said(run("report", model, source, "-q", "--force"))
    for name in ("iris", "query", "stdin"):
        assert (folder / f"{name}.report.html").exists()
    for report in drawn[1:]:
        assert [in_numbers(row) for row in report.rows] == [in_numbers(row) for row in drawn[0].rows]
        assert (report.points, report.columns) == (drawn[0].points, drawn[0].columns)
    assert drawn[0].cell_columns[-2:] == ("species", "year")
    assert drawn[0].rows[0].cells[-2:] == (table["species"][drawn[0].rows[0].row - 1].as_py(), "1936")


def test_any_number_of_threads_gives_the_same_report(run, drawn, monkeypatch, small_blocks):
    columns = ", ".join(f"sqrt(hash(7 * i + {k}) % 9973) as c{k}" for k in range(8))
    query = f"select {columns} from range(1300) t(i)"  # three blocks
    for n_threads in (1, 3):
        monkeypatch.setattr("mixtura.engines.threads.available_processors", lambda n=n_threads: n)
        said(run("detect", query, *QUICK, "--rate", "0.001", "--report", f"{n_threads}.html", "-q"))
    one, three = drawn
    for part in ("columns", "scores", "rows", "points", "view_columns"):
        assert getattr(one, part) == getattr(three, part), part
    assert one.summary.table.n_rows == 1300


@pytest.mark.parametrize("rows", [["3,4,"], ["3,4,", "3,4,"], ["5,,x"], [",,"], ["1e300,-1e300,", "2,3,y"]])
def test_tables_of_a_row_or_two(run, model, folder, drawn, rows):
    (folder / "t.csv").write_text("\n".join(["petal_length,petal_width,species", *rows]) + "\n")
    (folder / "t.csv").write_text("petal_length,petal_width,species\n" + "\n".join(rows) + "\n")
    query = "select petal_length::double petal_length, petal_width::double petal_width, species from 't.csv'"
    said(run("report", model, query))
    report = drawn[0]
    assert len(report.rows) == len(report.points) == len(rows)
    assert [column.n_missing + sum(column.counts) for column in report.columns] == [len(rows)] * 2


HOSTILE = ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "\u202eabc\u2066", '"quoted", name', "π" * 300]


def test_hostile_names_and_cells_are_kept_as_they_are(run, need, drawn, folder):
    pa = need("pyarrow")
    rng = np.random.default_rng(0)
    columns = {name: rng.normal(size=60) for name in HOSTILE}
    table = pa.table(columns | {"</script>": pa.array([HOSTILE[k % 5] for k in range(60)])})
    need("pyarrow.parquet").write_table(table, "t.parquet")
    said(run("detect", "t.parquet", "--report", "t.html"))
    report = drawn[0]
    names = [*HOSTILE[:4], "π" * 39 + "…"]
    assert [column.name for column in report.columns] == [*names, "</script>"]
    assert report.cell_columns == (*names, "</script>")
    for row in report.rows:
        cell = HOSTILE[(row.row - 1) % 5]
        assert row.cells[-1] == cell if len(cell) <= 60 else cell.startswith(row.cells[-1].removesuffix("…"))
    names.append("</script>")
    assert all(deviation.column in names for row in report.rows for deviation in row.deviations)
    assert {anomaly.column for anomaly in report.summary.anomalies} <= set(names)


BAD = [
    (["detect", "iris.csv", "--report", "no/x.html"], "there is no folder"),
    (["detect", "iris.csv", "--report", "-"], "cannot be written to standard output"),
    (["detect", "iris.csv", "--report", "."], "is a folder: name a file in it"),
    (["detect", "iris.csv", "--report", "iris.csv"], "iris.csv is the input table"),
    (["detect", "iris.csv", "--reference", "first.parquet", "--report", "first.parquet"], "is the input table"),
    (["detect", "iris.csv", "--report", "x.csv", "--out", "./x.csv"], "x.csv cannot hold both the result and the rep"),
    (["detect", "iris.csv", "--report", "x", "--save", "x"], "x cannot hold both the model and the report"),
    (["report", "m"], "Missing argument"),
    (["report", "no", "iris.csv"], "there is no model file no"),
    (["report", "m", "no.csv"], "there is no file no.csv"),
    (["report", "m", "iris.csv", "--out", "iris.csv"], "iris.csv is the input table"),
    (["report", "m", "iris.csv", "--out", "m"], "m is the model, and the result would replace it"),
    (["report", "m", "iris.csv", "--out", "no/x.html"], "there is no folder"),
    (["report", "m", "iris.csv", "--json", "--out", "-"], "--json and --out - both write to standard output"),
    (["report", "m", "iris.csv", "--labels", "fraud"], "there is no column 'fraud' for the labels"),
    (["report", "m", "iris.csv", "--labels", "petal_width"], "cannot be both used and a label"),
    (["report", "m", "iris.csv", "--labels", "species"], "the label in column 'species' of data row 1 is 'setosa'"),
]


@pytest.mark.parametrize(("arguments", "sentence"), BAD)
def test_bad_input_leaves_nothing(run, iris, model, drawn, folder, arguments, sentence):
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert sentence in ended.err
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_page_that_cannot_be_drawn_leaves_nothing(run, iris, drawn, folder, monkeypatch):
    (folder / "x.html").write_text("what was there before")

    def fail(report):
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(sys.modules["mixtura.display.report.page.html"], "render_html", fail)
    assert run("detect", iris, *QUICK, "--report", "x.html", "--save", "m", "--force").code == 1
    assert sorted(file.name for file in folder.iterdir()) == ["iris.csv", "x.html"]
    assert (folder / "x.html").read_text() == "what was there before"


def test_a_page_that_cannot_be_written_leaves_nothing(run, iris, drawn, folder, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mixtura.rows.disk.whole.Path.write_bytes", full)
    ended = run("detect", iris, *QUICK, "--report", "x.html")
    assert (ended.code, ended.err) == (
        2,
        "mixtura: cannot write x.html (No space left on device): free some space or choose another place\n",
    )
    assert [file.name for file in folder.iterdir()] == ["iris.csv"]


def test_the_model_is_not_changed_by_a_report(run, iris, drawn):
    said(run("detect", iris, *QUICK, "--save", "a", "-q"))
    said(run("detect", iris, *QUICK, "--save", "b", "-q", "--report", "b.html"))
    assert mixtura.load("a") == mixtura.load("b")
