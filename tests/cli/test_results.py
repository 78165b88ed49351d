"""Where results go, what they may replace, and what they are not made of."""

import json
import os
import stat

import numpy as np
import pytest

import mixtura

FAST = ("--components", "1", "--shape", "full")


@pytest.fixture
def months(folder):
    """Two tables of one name, with other rows."""
    for seed, month in enumerate(("jan", "feb")):
        (folder / month).mkdir()
        values = np.random.default_rng(seed).normal(size=(120, 3)).round(3)
        lines = ["a,b,c", *(",".join(map(str, row)) for row in values.tolist())]
        (folder / month / "sales.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def names(folder):
    return lambda: sorted(str(file.relative_to(folder).as_posix()) for file in folder.rglob("*") if file.is_file())


def refused(ended, *sentences):
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    for sentence in sentences:
        assert sentence in ended.err


def test_results_lie_beside_their_tables_under_names_of_their_own(run, months, names):
    for month in ("jan", "feb"):
        assert run("detect", f"{month}/sales.csv", *FAST).code == 0
        assert run("groups", f"{month}/sales.csv", "--components", "1").code == 0
    results = [f"{m}/sales.{kind}.csv" for m in ("feb", "jan") for kind in ("grouped", "scored")]
    assert names() == sorted([*results, "feb/sales.csv", "jan/sales.csv"])


OTHERS = {
    "of another table": ("detect", "feb/sales.csv", *FAST),
    "of another command": ("groups", "jan/sales.csv", "--components", "1"),
    "of a query": ("detect", "select * from 'jan/sales.csv'", *FAST),
}
OTHER_FORMATS = [pytest.param(ending, marks=pytest.mark.exhaustive) for ending in ("json", "jsonl", "arrow")]


# Text has the mark beside it, and the others inside, whichever of them it is.
@pytest.mark.each_value
@pytest.mark.parametrize("ending", ["parquet", "csv", *OTHER_FORMATS])
@pytest.mark.parametrize("other", OTHERS)
def test_only_what_this_command_made_of_this_table_is_replaced(run, months, ending, other):
    if ending in ("csv", "json", "jsonl") and not hasattr(os, "setxattr"):
        pytest.skip("nothing says there who made a text file")
    out = f"r.{ending}"
    detect = ("detect", "jan/sales.csv", *FAST, "--out", out)
    another = (*OTHERS[other], "--out", out)
    assert run(*detect).code == 0
    assert run(*detect, "--rate", "0.05").code == 0
    before = (months / out).read_bytes()
    refused(run(*another), f"{out} exists", "--force")
    assert (months / out).read_bytes() == before
    assert run(*another, "--force").code == 0
    assert run(*another).code == 0
    refused(run(*detect), f"{out} exists")
    assert run(*detect, "--force").code == 0
    (months / out).write_bytes(b"what the user made")
    refused(run(*detect), f"{out} exists")


def test_folders_may_be_moved(run, months, monkeypatch):
    assert run("detect", "jan/sales.csv", *FAST).code == 0
    (months / "jan").rename(months / "january")
    monkeypatch.chdir(months / "january")
    assert run("detect", "sales.csv", *FAST).code == 0


def test_another_model_makes_another_result(run, months):
    for name in ("m1", "m2"):
        assert run("detect", "jan/sales.csv", *FAST, "--save", name).code == 0
    assert run("score", "m1", "feb/sales.csv").code == 0
    assert run("score", "m1", "feb/sales.csv").code == 0
    refused(run("score", "m2", "feb/sales.csv"), "is not an earlier result of mixtura score for feb/sales.csv")
    assert run("report", "m1", "feb/sales.csv").code == 0
    refused(run("report", "m2", "feb/sales.csv"), "feb/sales.report.html exists")


def test_a_model_replaces_models_only(run, months):
    assert run("detect", "jan/sales.csv", *FAST, "--save", "m").code == 0
    assert run("detect", "feb/sales.csv", *FAST, "--save", "m").code == 0
    (months / "notes").write_text("mine")
    refused(run("detect", "jan/sales.csv", *FAST, "--save", "notes"), "notes exists and is not a model")


def test_standard_input_is_another_table_each_time(run, months, monkeypatch):
    for code in (0, 2):
        with (months / "jan" / "sales.csv").open() as stdin:
            monkeypatch.setattr("sys.stdin", stdin)
            assert run("detect", "-", *FAST).code == code


def test_a_pattern_does_not_read_its_own_result(run, months, names):
    for month in ("jan", "feb"):
        assert run("detect", f"{month}/sales.csv", *FAST, "--out", f"{month}.parquet").code == 0
    before = names()
    refused(run("detect", "*.parquet", *FAST), "would read its own result")
    assert names() == before
    assert run("detect", "jan/*.csv", *FAST, "--format", "csv").code == 0
    assert "jan.scored.csv" in names()
    assert run("detect", "*/sales.csv", *FAST).code == 0
    assert "sales.scored.csv" in names()


@pytest.mark.parametrize("ending", ["parquet", "csv", "json", "jsonl", "arrow"])
def test_columns_of_an_earlier_run_are_left_out(run, months, need, ending):
    assert run("groups", "jan/sales.csv", "--components", "2", "--shape", "full", "--out", f"g.{ending}").code == 0
    ended = run("detect", f"g.{ending}", *FAST, "--out", "two.parquet")
    assert "left out  component (added by an earlier run, not copied), probability (added" in ended.out
    assert run("detect", "two.parquet", *FAST, "--out", "three.parquet", "--json").code == 0
    assert run("detect", "jan/sales.csv", *FAST, "--out", "one.parquet").code == 0
    tables = [need("pyarrow.parquet").read_table(f"{name}.parquet") for name in ("one", "two", "three")]
    assert tables[0].to_pydict() == tables[1].to_pydict() == tables[2].to_pydict()


def test_columns_that_are_named_are_used(run, months):
    assert run("groups", "jan/sales.csv", "--components", "2", "--shape", "full", "--out", "g.csv").code == 0
    ended = run("detect", "g.csv", *FAST, "--columns", "a,probability", "--json")
    assert json.loads(ended.out)["table"]["columns"] == ["a", "probability"]
    ended = run("detect", "g.csv", *FAST, "--drop", "component", "--json", "--out", "d.parquet")
    assert json.loads(ended.out)["table"]["columns"] == ["a", "b", "c"]
    (months / "only.csv").write_text("component,probability\n1,0.5\n2,0.25\n")
    refused(run("detect", "only.csv"), "the only columns of numbers are those of an earlier run")
    assert run("detect", "only.csv", *FAST, "--columns", "probability", "--out", "x.csv").code == 0


@pytest.mark.skipif(os.name == "nt", reason="links differ there")
def test_nothing_replaces_what_it_came_from(run, months):
    (months / "link.csv").symlink_to("jan/sales.csv")
    os.link(months / "jan" / "sales.csv", months / "hard.parquet")
    assert run("detect", "jan/sales.csv", *FAST, "--save", "m", "--out", "x.csv").code == 0
    (months / "m.html").symlink_to("m")
    source = (months / "jan" / "sales.csv").read_bytes()
    query = "from read_csv(['jan/sales.csv'], delim=',')"
    for arguments, sentence in [
        (("detect", "jan/sales.csv", "--out", "link.csv"), "is the input table"),
        (("groups", "jan/sales.csv", "--out", "hard.parquet"), "is the input table"),
        (("detect", "jan/sales.csv", "--save", "hard.parquet"), "is the input table"),
        (("detect", "jan/sales.csv", "--report", "link.csv"), "is the input table"),
        (("detect", "feb/sales.csv", "--reference", "jan/sales.csv", "--out", "link.csv"), "is the input table"),
        (("detect", "select * from 'jan/sales.csv'", "--out", "jan/sales.csv"), "is the input table"),
        (("score", "m", query, "--out", "link.csv"), "is the input table"),
        (("score", "m", "jan/*.csv", "--out", "jan/sales.csv"), "is the input table"),
        (("score", "m", "from (pivot 'jan/sales.csv' on a using sum(b))", "--out", "link.csv"), "the input table"),
        (("score", "m", "feb/sales.csv", "--out", "m", "--format", "csv"), "m is the model"),
        (("report", "m", "feb/sales.csv", "--out", "m.html"), "m.html is the model"),
    ]:
        refused(run(*arguments, "--force"), sentence)
    assert (months / "jan" / "sales.csv").read_bytes() == source
    mixtura.load("m")


@pytest.mark.skipif(os.name == "nt", reason="links differ there")
def test_two_outputs_are_not_one_file(run, months, names):
    (months / "a.csv").symlink_to("there")
    (months / "b").symlink_to("there")
    refused(run("detect", "jan/sales.csv", "--out", "a.csv", "--save", "b"), "hold both the result and the model")
    (months / "there").write_text("x")
    os.link(months / "there", months / "hard")
    refused(run("detect", "jan/sales.csv", "--out", "a.csv", "--save", "hard"), "cannot hold both")
    os.mkfifo(months / "pipe.csv")
    for option in ("--out", "--save", "--report"):
        refused(run("detect", "jan/sales.csv", option, "pipe.csv"), "which is a pipe: name a file")
    refused(run("detect", "jan/sales.csv", "--save", "-"), "cannot be written to standard output")
    assert (months / "there").read_text() == "x"


@pytest.mark.skipif(os.name == "nt", reason="permissions differ there")
def test_permissions_and_links_of_what_is_replaced_are_kept(run, months):
    outputs = ["--out", "r.csv", "--save", "m", "--report", "r.html"]
    assert run("detect", "jan/sales.csv", *FAST, *outputs).code == 0
    for name in ("r.csv", "m", "r.html"):
        (months / name).chmod(0o600)
        (months / name).rename(months / f"real-{name}")
        (months / name).symlink_to(f"real-{name}")
    assert run("detect", "jan/sales.csv", *FAST, *outputs, "--rate", "0.1", "--force").code == 0
    for name in ("r.csv", "m", "r.html"):
        assert (months / name).is_symlink()
        assert stat.S_IMODE((months / f"real-{name}").stat().st_mode) == 0o600


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_model_that_cannot_be_saved_leaves_no_result(run, months, names, monkeypatch, force):
    outputs = ["--out", "r.csv", "--save", "m", "--report", "r.html", *force]
    assert run("detect", "jan/sales.csv", *FAST, *outputs).code == 0
    before = {name: (months / name).read_bytes() for name in names()}

    def full(model):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mixtura.commands.carrying_out.content", full)
    for path in ("jan/sales.csv", "feb/sales.csv"):
        assert run("detect", path, *FAST, "--rate", "0.1", *outputs).code in (1, 2)
        assert {name: (months / name).read_bytes() for name in names()} == before


def test_what_came_during_the_work_is_not_replaced(run, months, monkeypatch):
    def made(model):
        (months / "r.csv").write_text("another run was faster")
        return b"model"

    monkeypatch.setattr("mixtura.commands.carrying_out.content", made)
    refused(run("detect", "jan/sales.csv", *FAST, "--out", "r.csv", "--save", "m"), "r.csv exists")
    assert (months / "r.csv").read_text() == "another run was faster"
    assert not (months / "m").exists()


def test_columns_named_as_the_new_ones_stay(run, folder):
    values = np.random.default_rng(0).normal(size=(60, 2)).round(3).tolist()
    rows = [",".join(map(str, (*row, "late", position % 3))) for position, row in enumerate(values)]
    (folder / "orders.csv").write_text("\n".join(["a,b,reason,severity", *rows]) + "\n")
    assert "expected, reason_)" in " ".join(run("detect", "orders.csv", *FAST).out.split())
    names, first, *_ = (folder / "orders.scored.csv").read_text().splitlines()
    assert names.startswith("a,b,reason,severity,anomaly_score,severity_,is_anomaly,")
    assert names.endswith(",reason_")
    assert first.startswith(rows[0] + ",")
    # The next run knows its own columns by these names.
    again = run("detect", "orders.scored.csv", *FAST, "--out", "again.csv", "--json")
    assert json.loads(again.out)["table"]["columns"] == ["a", "b", "severity"]
    flagged = mixtura.detect(str(folder / "orders.csv"), rate=0.05).flagged
    assert {"reason", "reason_", "severity", "severity_"} <= set(flagged.columns)
