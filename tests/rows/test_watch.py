"""A file that changes between two readings, or during one, is refused, whatever its format and whatever changed."""

import gzip
import os
from shutil import copyfile

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from mixtura import GaussianMixture, rows
from mixtura.errors import SourceError
from mixtura.rows.disk.watch import Watch

from .conftest import csv_of, json_lines_of, table_of

RNG = np.random.default_rng(0)
NUMBERS = np.round(RNG.normal(size=(3000, 2)), 3) + 10


def write_ipc(path, table):
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=1000)


def write_stream(path, table):
    with pa.ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=1000)


def text_of(table, delimiter):
    return csv_of(table.to_pandas().to_numpy(), delimiter, table.column_names)


WRITERS = {
    "t.csv": lambda path, table: path.write_text(text_of(table, ",")),
    "t.tsv": lambda path, table: path.write_text(text_of(table, "\t")),
    "t.csv.gz": lambda path, table: path.write_bytes(gzip.compress(text_of(table, ",").encode(), 1, mtime=0)),
    "t.jsonl": lambda path, table: path.write_text(json_lines_of(table.to_pandas().to_numpy(), table.column_names)),
    "t.parquet": lambda path, table: pq.write_table(table, path, compression="none"),
    "t.arrow": write_ipc,
    "t.ipc": write_stream,
    "t.feather": lambda path, table: pyarrow.feather.write_feather(table, str(path), compression="uncompressed"),
}
formats = pytest.mark.parametrize("name", WRITERS)

TABLE = table_of(NUMBERS)
OTHERS = {
    "other values": table_of(NUMBERS[::-1]),
    "two rows changed places": table_of(NUMBERS[[*range(1500), 1501, 1500, *range(1502, 3000)]]),
    "more rows": table_of(np.vstack([NUMBERS, NUMBERS[:10]])),
    "fewer rows": table_of(NUMBERS[:2000]),
    "columns in another order": table_of(NUMBERS[:, ::-1], ("b", "a")),
    "columns renamed": table_of(NUMBERS, ("b", "a")),
    "another column": table_of(NUMBERS[:, [0, 1, 1]], ("a", "b", "c")),
    "a column less": table_of(NUMBERS[:, :1], ("a",)),
}


def read_numbers(table):
    return sum(len(block.values) for block in table.blocks())


def read_all(table):
    return sum(len(block.values) for _, block in table.tables())


readings = pytest.mark.parametrize("again", [read_numbers, read_all])


@pytest.mark.pairwise
@formats
@readings
@pytest.mark.parametrize("change", OTHERS)
@pytest.mark.parametrize("keeps_time", [False, True])
def test_a_file_that_was_written_anew(tmp_path, name, again, change, keeps_time):
    path = tmp_path / name
    WRITERS[name](path, TABLE)
    table = rows.open(path)
    assert read_numbers(table) == again(table) == len(NUMBERS)
    was = path.stat()
    WRITERS[name](path, OTHERS[change])
    if keeps_time:
        os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    with pytest.raises(SourceError, match=rf"{name} changed while it was in use \(.*\): run again when"):
        again(table)


@formats
@readings
def test_a_file_that_is_gone_cut_short_or_replaced(tmp_path, name, again):
    path = tmp_path / name
    WRITERS[name](path, TABLE)
    table = rows.open(path)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(SourceError, match=rf"{name} changed while it was in use \(it has .* bytes and had .*\)"):
        again(table)
    path.unlink()
    with pytest.raises(SourceError, match=rf"{name} is gone since it was opened"):
        again(table)
    WRITERS[name](tmp_path / "other", OTHERS["other values"])
    os.utime(tmp_path / "other", (0, 0))
    (tmp_path / "other").replace(path)
    with pytest.raises(SourceError, match=rf"{name} changed while it was in use"):
        again(table)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Files of a hundred times the rows, each written once, by name and what became of the values."""
    folder, tables = tmp_path_factory.mktemp("large"), {"as they were": (NUMBERS, 100)}
    tables |= {"other values": (NUMBERS[::-1], 100), "more rows": (NUMBERS[::-1], 101)}

    def large(name, change="as they were"):
        path = folder / f"{change} {name}"
        if not path.exists():
            values, times = tables[change]
            WRITERS[name](path, table_of(np.tile(values, (times, 1))))
        return path

    return large


@pytest.mark.each_value
@formats
@readings
@pytest.mark.parametrize("change", ["cut short", "gone", "other values", "more rows"])
def test_a_change_during_a_reading(tmp_path, large, name, again, change):
    path = tmp_path / name
    copyfile(large(name), path)
    table = rows.open(path)
    reading = table.blocks() if again is read_numbers else table.tables()
    next(reading)
    if change == "cut short":
        os.truncate(path, 5000)
    elif change == "gone":
        path.unlink()
    else:
        copyfile(large(name, change), path)
    with pytest.raises(SourceError, match=rf"{name} (changed while it was in use|is gone since it was opened)"):
        for _ in reading:
            pass


@pytest.mark.parametrize("name", [name for name in WRITERS if not name.endswith(".gz")])
@readings
def test_the_checksum_finds_what_size_time_and_ends_do_not_show(tmp_path, name, again, monkeypatch):
    monkeypatch.setattr("mixtura.rows.disk.watch._END", 16)
    path = tmp_path / name
    WRITERS[name](path, TABLE)
    table = rows.open(path)
    read_numbers(table)
    was = path.stat()
    WRITERS[name](path, OTHERS["two rows changed places"])
    assert path.stat().st_size == was.st_size
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    with pytest.raises(SourceError, match=r"gave different rows the second time it was read \(rows 1 to 3,000 "):
        again(table)


@readings
def test_one_of_several_files(tmp_path, again):
    for position in range(3):
        WRITERS["t.csv"](tmp_path / f"{position}.csv", TABLE)
    table = rows.open(tmp_path / "*.csv")
    assert read_numbers(table) == 3 * len(NUMBERS)
    WRITERS["t.csv"](tmp_path / "1.csv", OTHERS["columns in another order"])
    with pytest.raises(SourceError, match=r"1\.csv changed while it was in use"):
        again(table)


def test_what_is_wrong_with_a_changed_file_is_that_it_changed(tmp_path):
    path = tmp_path / "t.csv"
    WRITERS["t.csv"](path, table_of(np.tile(NUMBERS, (100, 1))))
    table = rows.open(path)
    reading = table.blocks()
    next(reading)
    path.write_text("a,b\n1,2\n" * 400_000)
    with pytest.raises(SourceError, match=r"t\.csv changed while it was in use") as caught:
        list(reading)
    assert "\n" not in str(caught.value)


def test_readings_given_up_and_side_by_side(tmp_path):
    path = tmp_path / "t.csv"
    WRITERS["t.csv"](path, table_of(np.tile(NUMBERS, (60, 1))))
    table = rows.open(path)
    next(table.blocks())
    pairs = zip(table.blocks(), table.tables(), strict=True)
    assert all((one.values == other.values).all() for one, (_, other) in pairs)
    assert read_numbers(table) == read_all(table) == 60 * len(NUMBERS)


def test_numbers_that_are_written_in_two_ways_are_the_same(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n-0,nan,9007199254740993\n1,-NaN,-9223372036854775808\n,,5\n")
    table = rows.open(path, missing="allow")
    assert read_numbers(table) == read_all(table) == read_numbers(table) == 3


def test_a_fit_refuses_a_file_that_changes_while_it_is_copied(tmp_path):
    path = tmp_path / "t.csv"
    WRITERS["t.csv"](path, table_of(np.tile(NUMBERS, (60, 1))))

    def change(progress):
        path.write_text("a,b\n1,2\n")

    with pytest.raises(SourceError, match=r"t\.csv changed while it was in use"):
        GaussianMixture(2, on_progress=change).fit(str(path))


def test_large_batches_of_arrow_files_are_mapped_from_a_copy(tmp_path, monkeypatch):
    monkeypatch.setattr("mixtura.rows.columnar.ipc._BATCH_BYTES", 1000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    path = tmp_path / "t.arrow"
    write_ipc(path, TABLE)
    table = rows.open(path)
    assert len(list((tmp_path / "scratch").rglob("*.arrow"))) == 1
    reading = table.blocks()
    next(reading)
    os.truncate(path, 100)
    with pytest.raises(SourceError, match=r"t\.arrow changed while it was in use"):
        list(reading)
    del table, reading
    assert not list((tmp_path / "scratch").iterdir())


def test_a_file_that_cannot_be_watched(tmp_path):
    with pytest.raises(SourceError, match=r"there is no file .*t\.csv: check the path"):
        Watch([tmp_path / "t.csv"])
