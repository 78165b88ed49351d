"""What comes back to Python: said, shown, written and saved."""

import html
import os
import re
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mixtura
from mixtura.errors import ColumnError, RequestError, SourceError


@pytest.fixture(scope="module")
def found(numbers):
    return mixtura.detect(numbers, rate=0.02)


def test_it_says_its_summary_as_the_terminal_does(run, folder, capfd, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    run("detect", folder / "t.csv", "--rate", "0.02", "--out", folder / "said.parquet")
    said = capfd.readouterr().out.splitlines()
    shown = repr(mixtura.detect(folder / "t.csv", rate=0.02)).splitlines()
    wrote = next(number for number, line in enumerate(said) if line.startswith("Wrote "))
    assert shown[:wrote] == said[:wrote]
    assert shown[wrote].startswith("Took ")


def test_the_flagged_rows_are_a_frame(found, numbers):
    flagged = found.flagged
    assert list(flagged.columns) == [
        *("row", "anomaly_score", "severity", "flagged_columns", "expected", "reason"),
        *("x0", "x1", "x2"),
    ]
    at = flagged["row"].to_numpy() - 1
    assert set(range(5, 200, 25)) == set(at.tolist())
    np.testing.assert_array_equal(flagged[["x0", "x1", "x2"]].to_numpy(), numbers[at])
    assert flagged["reason"].str.startswith("x1 = ").all()


@pytest.mark.parametrize(("kind", "library"), [("pandas", "pandas"), ("polars", "polars"), ("arrow", "pyarrow")])
def test_frames_come_back_as_frames_of_their_library(folder, source, kind, library):
    flagged = mixtura.detect(source(kind, folder), rate=0.02).flagged
    assert type(flagged).__module__.partition(".")[0] == library
    assert len(flagged) == 8


def test_a_column_that_is_called_row_keeps_its_name(numbers):
    table = pa.table([*numbers.T, pa.array(map(str, range(len(numbers))))], names=["a", "b", "row", "name"])
    flagged = mixtura.detect(table, rate=0.02).flagged
    assert flagged.column_names[0] == "row_"
    assert flagged.column("name").to_pylist() == [str(row - 1) for row in flagged.column("row_").to_pylist()]


def test_groups_flag_no_rows(numbers):
    found = mixtura.groups(numbers, components=2, shape="full")
    with pytest.raises(RequestError, match=r"use mixtura\.detect, which sets one"):
        _ = found.flagged


def test_groups_have_a_report_too(numbers):
    found = mixtura.groups(numbers, components=2, shape="full", merge=True)
    assert len(found.report_data.profiles) == 2
    assert found._repr_html_().startswith("<iframe ")


def test_text_columns_are_written_and_not_used(numbers, need, tmp_path):
    frame = need("pandas").DataFrame(numbers, columns=list("abc")).assign(name="someone")
    found = mixtura.detect(frame, rate=0.02)
    assert [(column.name, column.reason) for column in found.summary.table.left_out] == [("name", "constant")]
    found.write(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().startswith("a,b,c,name,anomaly_score")


def test_files_are_not_replaced_without_force(found, folder, tmp_path):
    place = tmp_path / "out.parquet"
    found.write(place)
    with pytest.raises(SourceError, match="replace it with force=True"):
        found.write(place)
    found.write(place, force=True)
    from_file = mixtura.detect(folder / "t.csv", rate=0.02)
    from_file.write(tmp_path / "again.parquet")
    from_file.write(tmp_path / "again.parquet")
    with pytest.raises(SourceError, match="is the input table"):
        from_file.write(folder / "t.csv", force=True)


def test_a_file_that_changed_is_refused(folder, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes((folder / "t.csv").read_bytes())
    found = mixtura.detect(path, rate=0.02)
    with path.open("a") as file:
        file.write("1,2,3\n")
    with pytest.raises(SourceError, match="changed while it was in use"):
        found.write(tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_all_is_written_in_one_call_as_one_by_one(folder, tmp_path):
    at_once = mixtura.detect(
        folder / "t.csv", rate=0.02, out=tmp_path / "1.parquet", save=tmp_path / "1.model", report=tmp_path / "1.html"
    )
    later = mixtura.detect(folder / "t.csv", rate=0.02)
    later.write(tmp_path / "2.parquet")
    later.model.save(tmp_path / "2.model")
    later.report(tmp_path / "2.html")
    assert at_once.summary.out == str(tmp_path / "1.parquet")
    assert pq.read_table(tmp_path / "1.parquet").equals(pq.read_table(tmp_path / "2.parquet"))
    assert mixtura.load(tmp_path / "1.model") == mixtura.load(tmp_path / "2.model") == later.model
    assert [len(file.read_text()) > 100_000 for file in tmp_path.glob("*.html")] == [True, True]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda X: mixtura.detect(X, rate=1.5), "rate is 1.5: write a number between 0 and 1, such as 0.04"),
        (lambda X: mixtura.detect(X, rate=0.1, fdr=0.1), "rate and fdr exclude each other"),
        (lambda X: mixtura.detect(X, precision=0.9), "precision needs labels, the column"),
        (lambda X: mixtura.detect(X, tail=0.1, labels="x0"), "ask for precision, recall or f_beta"),
        (lambda X: mixtura.detect(X, columns=["x0"], drop=["x1"]), "columns and drop exclude each other"),
        (lambda X: mixtura.detect(X, model="tree"), "model is 'tree': the kinds are"),
        (lambda X: mixtura.detect(X, model="forest", components=3), "components needs model='mixture' or bayesian"),
        (lambda X: mixtura.groups(X, components="0-3"), "components is '0-3': write counts from 1"),
        (lambda X: mixtura.groups(X, components=1000), "components asks for 1,000"),
        (lambda X: mixtura.groups(X, components=2, shape="full", clusters=3), "ask for fewer, or for more components"),
        (lambda X: mixtura.detect(X, format="xls"), "format is 'xls': the formats are"),
        (lambda X: mixtura.detect(X, out="-"), "the result cannot be written to standard output: name a file"),
        (lambda X: mixtura.compare(X, rows=3), "rows is 3: write a number of at least 10"),
        (lambda X: mixtura.detect(X, columns=["y"]), "the table has no column 'y'"),
    ],
)
def test_what_is_refused_is_said_in_the_words_of_python(numbers, call, said):
    with pytest.raises((RequestError, SourceError, ColumnError, mixtura.errors.DataError), match=re.escape(said)):
        call(numbers)


def test_notices_are_in_the_words_of_python(numbers):
    found = mixtura.detect(numbers[:15])
    assert any("(rate=0.04)" in notice for notice in found.summary.notices)
    assert not any("--" in notice for notice in found.summary.notices)


def test_progress_is_told_and_changes_nothing(numbers, found):
    told = []
    again = mixtura.detect(numbers, rate=0.02, on_progress=told.append)
    assert again.model == found.model
    assert {"reading the array", "fitting", "choosing the threshold", "scoring"} <= {step.what for step in told}
    assert all(isinstance(step, mixtura.Progress) for step in told)


def test_groups_of_a_model_that_is_known(numbers):
    first = mixtura.groups(numbers, components=2, shape="full")
    again = first.model.groups(numbers)
    assert again.summary.groups == first.summary.groups
    assert again.summary.new_columns == first.summary.new_columns
    with pytest.raises(RequestError, match="only mixtures have groups"):
        mixtura.groups(numbers, model=mixtura.detect(numbers, rate=0.02).model)
    with pytest.raises(RequestError, match="fitted already"):
        mixtura.groups(numbers, model=first.model, components=3)


def test_the_report_is_in_a_frame_that_is_shut(found):
    shown = found._repr_html_()
    page = html.unescape(re.search(r'srcdoc="([^"]*)"', shown)[1])
    assert page == found.page
    # Tools that take the frame into a text of their own expand tabs and indent lines, and a changed script is not run.
    assert not re.search(r"[\t\n\r]", shown)
    assert page.startswith("<!doctype html>")
    assert 'sandbox="allow-scripts allow-downloads"' in shown
    assert re.sub(r'srcdoc="[^"]*"', "", shown).count("<") == 2
    assert "mixtura.detect(&lt;array&gt;, rate=0.02)" in page


def test_without_its_libraries_there_is_no_frame(found, monkeypatch):
    def missing(*_):
        raise mixtura.errors.MissingDependencyError("no Altair")

    monkeypatch.setattr("mixtura.commands.found.as_page", missing)
    assert found._repr_html_() is None


def test_labels_in_a_report(numbers, need):
    frame = need("pandas").DataFrame(numbers, columns=list("abc")).assign(known=np.arange(len(numbers)) % 25 == 5)
    model = mixtura.detect(frame, labels="known", drop=["known"], rate=None, f_beta=1).model
    found = mixtura.report(model, frame, labels="known")
    assert found.report_data.scores.n_labelled == len(numbers)
    assert found.summary.command == "report"


def test_no_scratch_is_left_and_no_library_for_terminals_is_needed(tmp_path):
    code = (
        "import sys\n"
        "for name in ('typer', 'rich', 'click'):\n"
        "    sys.modules[name] = None\n"
        "import mixtura\n"
        "found = mixtura.detect('select * from range(300) t(a), range(2) u(b)', rate=0.02)\n"
        "found.flagged\n"
        "print(repr(found))\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert ended.stdout.startswith("the query: 600 rows")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("model", ["mixture", "bayesian"])
def test_rows_without_values_do_not_count(numbers, model):
    few = numbers[:8]
    empty = np.vstack([few, np.full((40, 3), np.nan)])
    with pytest.raises(mixtura.errors.DataError, match="the model is fitted to 8 rows: ask for fewer"):
        mixtura.groups(empty, model=model, components=9, shape="diag")
