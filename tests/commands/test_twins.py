"""What Python finds is what the command line finds, bit for bit, whatever the table comes in."""

import json
import re
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pyarrow.parquet as pq
import pytest

import mixtura
from mixtura.display.as_json import as_json

KINDS = ("file", "query", "pandas", "polars", "arrow", "array", "fortran", "list", "rows", "dask frame", "dask array")


def turns(asked):
    """Each kind of table with one of what is asked, by turns; every kind with the first of it under `--exhaustive`.

    All of it opens tables in the same way.
    """
    asked = [*asked]
    drawn = [(asked[position % len(asked)], kind) for position, kind in enumerate(KINDS)]
    others = [(asked[0], kind) for kind in KINDS if (asked[0], kind) not in drawn]
    return [*drawn, *(pytest.param(*other, marks=pytest.mark.exhaustive) for other in others)]


# What tells where the table came from, where its results went, and how long that took.
_OWN = ("seconds", "out", "saved", "report")


def essence(summary):
    """A summary without what is another's by right."""
    data = json.loads(as_json(summary)) if not isinstance(summary, str) else json.loads(summary)
    data["table"].pop("source")
    # What could be asked for is written as in a shell, or as in Python.
    data["notices"] = [re.sub(r"--(\w+) ([\w-]+)", r"\1='\2'", notice) for notice in data["notices"]]
    return {key: value for key, value in data.items() if key not in _OWN}


@pytest.fixture(scope="module")
def by_command(folder, run):
    """What the command line finds: its JSON, its table and its model, of each command once."""
    done = {}

    def by_command(command, capfd, *options):
        key = (command, *options)
        if key not in done:
            out = folder / f"{len(done)}.parquet"
            model = folder / f"{len(done)}.model"
            run(command, folder / "t.csv", *options, "--json", "--quiet", "--out", out, "--save", model)
            done[key] = capfd.readouterr().out, pq.read_table(out), mixtura.load(model)
        return done[key]

    return by_command


@pytest.fixture(scope="module")
def compared(folder, run):
    """What the command line prints of detectors compared."""
    with redirect_stdout(StringIO()) as printed:
        run("compare", folder / "t.csv", "--rows", "60", "--json", "--quiet")
    return printed.getvalue()


CALLS = {
    "detect": (("detect",), mixtura.detect, {}),
    "rate": (("detect", "--rate", "0.02", "--drop", "x2"), mixtura.detect, {"rate": 0.02, "drop": ["x2"]}),
    "mixture": (
        ("detect", "--components", "1-3", "--shape", "diag", "--seed", "3"),
        mixtura.detect,
        {"components": [1, 2, 3], "shape": "diag", "seed": 3},
    ),
    "groups": (
        ("groups", "--components", "3", "--shape", "full", "--merge"),
        mixtura.groups,
        {"components": 3, "shape": ["full"], "merge": True},
    ),
}


@pytest.mark.parametrize(("call", "kind"), turns(CALLS))
def test_python_finds_what_the_command_finds(folder, source, by_command, capfd, tmp_path, call, kind):
    arguments, function, keywords = CALLS[call]
    printed, table, model = by_command(arguments[0], capfd, *arguments[1:])
    found = function(source(kind, folder), **keywords)
    assert essence(found.summary) == essence(printed)
    assert found.model == model
    found.write(tmp_path / "out.parquet")
    written = pq.read_table(tmp_path / "out.parquet")
    assert written.column_names == table.column_names
    assert written.replace_schema_metadata(None).equals(table.replace_schema_metadata(None))


@pytest.fixture(scope="module")
def saved(folder, run):
    """A saved model, what the command line prints of the table that it scores, and that table."""
    run("detect", folder / "t.csv", "--rate", "0.02", "--drop", "x2", "--quiet", "--save", folder / "saved")
    with redirect_stdout(StringIO()) as printed:
        run("score", folder / "saved", folder / "t.csv", "--json", "--quiet", "--out", folder / "scored.parquet")
    return folder / "saved", printed.getvalue(), pq.read_table(folder / "scored.parquet")


WAYS_TO_SCORE = {
    "model": lambda file, table: mixtura.score(mixtura.load(file), table),
    "file": mixtura.score,
    "method": lambda file, table: mixtura.load(file).detect(table),
}


@pytest.mark.parametrize(("way", "kind"), turns(WAYS_TO_SCORE))
def test_a_table_scored_by_a_saved_model(folder, source, saved, tmp_path, way, kind):
    file, printed, table = saved
    found = WAYS_TO_SCORE[way](file, source(kind, folder))
    assert essence(found.summary) == essence(printed)
    found.write(tmp_path / "p.parquet")
    assert pq.read_table(tmp_path / "p.parquet").equals(table)


@pytest.mark.parametrize("kind", ["file", "polars", "dask array"])
def test_detectors_compared(compared, folder, source, kind):
    command = essence(compared)
    python = essence(mixtura.compare(source(kind, folder), rows=60).summary)
    for one in (command, python):
        for detector in one["detectors"]:
            del detector["fit_seconds"], detector["score_seconds"]
    assert python == command


@pytest.mark.parametrize("kind", ["file", "array", "dask frame"])
def test_clean_rows_are_any_source_too(folder, source, by_command, capfd, kind):
    printed, _, model = by_command("detect", capfd, "--reference", str(folder / "t.csv"), "--fdr", "0.2")
    found = mixtura.detect(source(kind, folder), reference=source(kind, folder), fdr=0.2)
    np.testing.assert_array_equal(found.model.calibration, model.calibration)
    assert found.model.threshold == model.threshold
    assert found.summary.decision.n_anomalies == json.loads(printed)["decision"]["n_anomalies"]
