"""Whole commands, each as a process of its own: how often they read a table, and where the seconds go."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from .problems import Problem

N_ROWS, N_NUMBERS = 1_500_000, 6
FORMATS = ("csv", "parquet", "jsonl")

# Rows of the table whose columns of levels stand beside numbers, their levels, and how long that may take.
N_BESIDE, LEVELS, MOST_TIMES = 1_000_000, (2, 5, 10, 40, 200, 2000), 3.0

# Runs a command; its last line of output says how often it began to read columns of a table, and when each stage began.
_CHILD = """
import json, sys, time
from mixtura.cli import main
from mixtura.rows.columnar.files import FileTable
from mixtura.tables.asking.run import Run

batches, stage, read, began = FileTable.batches, Run.stage, [], []

def counted(self, names):
    read.append(len(names))
    return batches(self, names)

FileTable.batches = counted

def noted(self, what, *arguments):
    began.append((what.partition(" /")[0], time.time()))
    return stage(self, what, *arguments)

Run.stage = noted
code = main(sys.argv[1:])
print(json.dumps({"readings": len(read), "began": began, "ended": time.time()}))
sys.exit(code)
"""


def command(repeat: int) -> Iterator[dict[str, Any]]:
    """`mixtura detect` and `mixtura score` as processes, beside DuckDB reading the same file. Medians.

    Then processor seconds of the numbers of a table alone, and of as many columns of levels beside them.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for ending in FORMATS:
            file = _written(folder, ending)
            yardstick = statistics.median(_duckdb_seconds(file) for _ in range(max(1, repeat // 2)))
            for words in (["detect", file.name, "--save", "model"], ["score", "model", file.name]):
                line = [*words, "--out", f"{words[0]}.parquet", "--force"]
                runs = [_run(line, folder) for _ in range(max(1, repeat // 2))]
                middle = sorted(runs, key=lambda run: run["seconds"])[len(runs) // 2]
                yield {
                    "command": words[0],
                    "format": ending,
                    **middle,
                    "rows_per_second": round(N_ROWS / middle["seconds"]),
                    "duckdb_reads_in": yardstick,
                }
        yield from _levels_beside_numbers(folder)


def _levels_beside_numbers(folder: Path) -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng(0)
    codes = [np.minimum(rng.zipf(1.5, N_BESIDE) - 1, size - 1) for size in LEVELS]
    numbers = {f"x{at}": rng.normal(size=N_BESIDE).round(4) for at in range(len(LEVELS))}
    words = [np.array([f"level {level:04d}" for level in range(size)]) for size in LEVELS]
    levels = {f"c{at}": word[code] for at, (word, code) in enumerate(zip(words, codes, strict=True))}
    for ending in ("csv", "parquet"):
        runs = {}
        for name, table in (("alone", pa.table(numbers)), ("beside", pa.table({**numbers, **levels}))):
            file = folder / f"{name}.{ending}"
            (pa.csv.write_csv if ending == "csv" else pq.write_table)(table, file)
            fitted = _run(["detect", file.name, "--save", name, "--out", f"out.{ending}", "--force"], folder)
            scored = _run(["score", name, file.name, "--out", f"out.{ending}", "--force"], folder)
            runs[name] = fitted["processor_seconds"] + scored["processor_seconds"]
        yield {
            "command": "detect and score",
            "format": ending,
            "numbers_alone": runs["alone"],
            "with_levels": runs["beside"],
            "times": runs["beside"] / runs["alone"],
            "at_most": MOST_TIMES,
        }


def _run(line: list[str], folder: Path) -> dict[str, Any]:
    """Return the readings, the seconds, those of the processors, and those of every stage of one command."""
    before, start = os.times(), time.time()
    # The child stands in another folder, where no checkout of this library shadows the one that is installed.
    ended = subprocess.run([sys.executable, "-c", _CHILD, *line], check=True, capture_output=True, cwd=folder)
    seconds, after = time.time() - start, os.times()
    told = json.loads(ended.stdout.splitlines()[-1])
    names, times = zip(*told["began"], strict=True)
    lasted = np.diff([*times, told["ended"]])
    return {
        "readings": told["readings"],
        "seconds": seconds,
        "processor_seconds": after.children_user
        - before.children_user
        + after.children_system
        - before.children_system,
        "starting": times[0] - start,
        **{stage.split()[0]: float(stage_seconds) for stage, stage_seconds in zip(names, lasted, strict=True)},
    }


def _written(folder: Path, ending: str) -> Path:
    """Return a file of 1,500,000 rows: a number of the row, a word, and six columns of numbers."""
    values = Problem(N_ROWS, N_NUMBERS, 8).table()
    shops = np.array(["north", "south", "east, west", "unknown"])
    columns = {"id": np.arange(N_ROWS), "shop": shops[np.arange(N_ROWS) % len(shops)]}
    table = pa.table({**columns, **{f"x{position}": column for position, column in enumerate(values.T)}})
    file = folder / f"table.{ending}"
    if ending == "csv":
        pa.csv.write_csv(table, file)
    elif ending == "parquet":
        pq.write_table(table, file)
    else:
        duckdb.from_arrow(table).query("t", f"copy t to '{file}' (format json)")
    return file


def _duckdb_seconds(file: Path) -> float:
    start = time.perf_counter()
    for _ in duckdb.sql(f"select * from '{file}'").to_arrow_reader(N_ROWS // 100):
        pass
    return time.perf_counter() - start
