"""What a look at a table costs that says what its columns are."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from mixtura.columns.deciding.deciding import kind_of
from mixtura.rows.looked.raw import seen_in
from mixtura.rows.opening import open_raw

from .suites import peak_kilobytes, reset_peak
from .timing import in_turn


def profile(repeat: int) -> Iterator[dict[str, Any]]:
    """Look at tables and say what their columns are, beside DuckDB's own SUMMARIZE of the same file in turn."""
    with tempfile.TemporaryDirectory() as folder:
        for name, table in (("mixed", _mixed(1_000_000)), ("numbers", _numbers(1_500_000, 8))):
            for ending in ("csv", "parquet"):
                file = Path(folder) / f"{name}.{ending}"
                _write(table, file)
                yield _beside_summarize(name, file, repeat)
        wide = Path(folder) / "wide.parquet"
        _write(_numbers(2_000, 20_000), wide)
        before = reset_peak()
        start = time.perf_counter()
        _look(wide)
        seconds = time.perf_counter() - start
        yield {"case": "2,000 × 20,000 parquet", "mixtura_s": seconds, "peak_mb": (peak_kilobytes() - before) / 1024}


def _beside_summarize(name: str, file: Path, repeat: int) -> dict[str, Any]:
    ours, peer, ratio = in_turn(lambda: _look(file), lambda: duckdb.sql(f"summarize from '{file}'").fetchall(), repeat)
    return {"case": f"{name} {file.suffix[1:]}", "mixtura_s": ours, "summarize_s": peer, "times_as_long": 1 / ratio}


def _look(file: Path) -> list[str]:
    raw = open_raw(file)
    assert raw is not None, "a file is no array"
    return [kind_of(name, seen).told for name, seen in seen_in(raw)[0].columns.items()]


def _write(table: pa.Table, file: Path) -> None:
    if file.suffix == ".csv":
        pyarrow.csv.write_csv(table, file)
    else:
        pyarrow.parquet.write_table(table, file)


def _mixed(n: int) -> pa.Table:
    """Return six columns of numbers, three of categories (one of 50,000 levels), a date and an id."""
    rng = np.random.default_rng(0)
    days = np.datetime64("2015-01-01") + rng.integers(0, 3000, n)
    return pa.table(
        {
            "temperature": rng.normal(20, 8, n).round(1),
            "amount": rng.exponential(50, n).round(2),
            "ratio": rng.normal(size=n),
            "visits": rng.poisson(3, n),
            "stock": rng.integers(0, 1000, n),
            "member": rng.integers(0, 2, n),
            "color": np.array(["red", "green", "blue", "black"])[rng.integers(0, 4, n)],
            "city": np.array([f"city {i}" for i in range(500)])[rng.integers(0, 500, n)],
            "product": np.array([f"SKU-{i:06d}" for i in range(50_000)])[rng.integers(0, 50_000, n)],
            "date": days.astype(str),
            "id": [f"{value:016x}" for value in rng.integers(0, 2**63, n)],
        }
    )


def _numbers(n_rows: int, n_columns: int) -> pa.Table:
    rng = np.random.default_rng(0)
    return pa.table({f"x{column}": rng.normal(size=n_rows).round(6) for column in range(n_columns)})
