"""Write model files, and beside each what its model says of a few rows, by the mixtura that is imported.

Call it by the source of the revision whose files are wanted, as `PYTHONPATH=<checkout>/src` says:

    PYTHONPATH=<checkout>/src python tests/model_examples.py FOLDER NAME ...
"""

import contextlib
import csv
import io
import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from mixtura import load
from mixtura.cli import main

COMMANDS = {
    "rate": ("detect", "table.csv", "--model", "mixture", "--components", "2", "--shape", "diag", "--rate", "0.05"),
    "reference": (
        *("detect", "table.csv", "--reference", "clean.csv", "--model", "mixture", "--components", "1"),
        *("--shape", "full", "--fdr", "0.2"),
    ),
    "merged": ("groups", "table.csv", "--components", "3", "--shape", "tied", "--clusters", "2"),
    "bayesian": ("detect", "table.csv", "--model", "bayesian", "--components", "3", "--tail", "0.01", "--seed", "3"),
    "labels": ("detect", "table.csv", "--model", "elliptic", "--labels", "y", "--recall", "0.8"),
    "auto": ("detect", "table.csv"),
    "lof": ("detect", "table.csv", "--model", "lof", "--labels", "y"),
    "svm": ("detect", "table.csv", "--model", "svm", "--labels", "y", "--precision", "0.5"),
}
NAMES = ("height", "größe")


def tables():
    """Return a table of two groups and eight far rows, their labels, and clean rows."""
    random = np.random.default_rng(0)
    clean = np.concatenate([random.normal([170, 3], [8, 0.4], (80, 2)), random.normal([120, 5], [4, 0.2], (52, 2))])
    far = random.normal([150, 8], [20, 1.0], (8, 2))
    return np.concatenate([clean[:92], far]), np.repeat([0, 1], [92, 8]), clean[40:]


def write_csv(name, columns, rows):
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def write_tables():
    """Write the table and the clean rows to the current folder."""
    table, labels, clean = tables()
    write_csv("table.csv", [*NAMES, "y"], [[*row, label] for row, label in zip(table.tolist(), labels, strict=True)])
    write_csv("clean.csv", NAMES, clean.tolist())


def said(name):
    """Return what a model file says of the first rows of the table and the far ones, as JSON holds it exactly."""
    model = load(name)
    rows = np.concatenate([tables()[0][:4], tables()[0][-8:]])
    scores = model.scores(rows)
    found = {"scores": scores, "reasons": model.reasons(rows)}
    if model.threshold is not None:
        found["is_anomaly"] = model.is_anomaly(rows)
    if model.calibration is not None:
        found["p_values"] = model.p_values(scores)
    if getattr(model, "has_severities", False):
        found["severities"] = model.severities(scores)
    if model.has_components:
        found["labels"] = model.labels(rows)
    if getattr(model, "clusters", None) is not None:
        found["clusters"] = model.clusters
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["score", name, "table.csv", "--json", "--quiet", "--out", f"{name}.scored.csv"]) == 0
    facts = json.loads(printed.getvalue())
    found["facts"] = {"model": facts["model"], "decision": facts["decision"]}
    return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in found.items()}


def write(folder, names):
    folder = Path(folder).resolve()
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        write_tables()
        for name in names:
            drop = () if "--labels" in COMMANDS[name] else ("--drop", "y")
            assert main([*COMMANDS[name], *drop, "--save", f"{name}.model", "--quiet", "--out", f"{name}.csv"]) == 0
            (folder / f"{name}.model").write_bytes(Path(f"{name}.model").read_bytes())
            text = json.dumps(said(f"{name}.model"), indent=1, ensure_ascii=False, sort_keys=True)
            (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        os.chdir(folder)


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2:] or list(COMMANDS))
