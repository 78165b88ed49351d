"""Sources of every file format agree; several files are one table."""

import subprocess
import sys
from decimal import Decimal
from itertools import pairwise, permutations

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from mixtura import rows
from mixtura.errors import ColumnError, DataError, EmptyTableError, MissingValuesError
from mixtura.rows import ArrayRows, rows_per_block
from requirements import SHARED, needs_shared

from .conftest import N_ROWS, assert_same_blocks, csv_of, json_lines_of, table_of


def write_parquet(path, values):
    pq.write_table(table_of(values), path, row_group_size=7000)


def write_ipc(path, values):
    with pa.ipc.new_file(str(path), table_of(values).schema) as writer:
        writer.write_table(table_of(values), max_chunksize=7000)


WRITERS = {
    ".csv": lambda path, values: path.write_text(csv_of(values)),
    ".parquet": write_parquet,
    ".jsonl": lambda path, values: path.write_text(json_lines_of(values)),
    ".arrow": write_ipc,
}
formats = pytest.mark.parametrize("suffix", WRITERS)


@formats
def test_several_files_are_one_table(tmp_path, numbers, suffix):
    cuts = [0, 1, 9000, len(numbers)]
    for position, (start, stop) in enumerate(pairwise(cuts)):
        WRITERS[suffix](tmp_path / f"part-{position}{suffix}", numbers[start:stop])
    table = rows.open(tmp_path / f"part-*{suffix}")
    assert_same_blocks(table, ArrayRows(numbers))
    parts = pa.concat_tables([part for part, _ in table.tables()])
    np.testing.assert_array_equal(parts["a"].to_numpy().astype(float), numbers[:, 0])


@formats
def test_rows_are_named_within_their_file(tmp_path, numbers, suffix):
    spoiled = numbers[:5].copy()
    spoiled[3, 1] = np.nan
    WRITERS[suffix](tmp_path / f"one{suffix}", numbers[:9])
    WRITERS[suffix](tmp_path / f"two{suffix}", spoiled)
    with pytest.raises(MissingValuesError, match=rf"row 4 of .*two\{suffix} .*column 'b'"):
        list(rows.open(str(tmp_path / f"*{suffix}")).blocks())


@formats
def test_weights_beside_a_file(tmp_path, numbers, suffix):
    path = tmp_path / f"t{suffix}"
    WRITERS[suffix](path, numbers)
    weights = np.arange(len(numbers))
    assert_same_blocks(rows.open(path, sample_weight=weights), ArrayRows(numbers, sample_weight=weights))
    for wrong in (weights[:-1], np.append(weights, 1)):
        with pytest.raises(DataError, match=rf"{len(wrong)} values and the table"):
            list(rows.open(path, sample_weight=wrong).blocks())


def test_columns_are_matched_by_name_and_kind(write):
    write("1.csv", "a,b\n1,2\n")
    write("2.csv", "b,a\n4,3.5\n")
    table = rows.open(write("3.csv", "a,b\n").parent / "*.csv")
    assert np.concatenate([block.values for block in table.blocks()]).tolist() == [[1, 2], [3.5, 4]]
    assert pa.concat_tables([part for part, _ in table.tables()]).to_pydict() == {
        "a": ["1", "3.5"],
        "b": ["2", "4"],
    }


def test_files_that_do_not_belong_together(write):
    first = write("1.csv", "a,b\n1,2\n")
    write("2.csv", "a,c\n1,2\n")
    with pytest.raises(ColumnError, match=r"2\.csv does not have the columns of .*1\.csv \(no column 'b'\)"):
        rows.open(first.parent / "*.csv")
    write("2.csv", "a,b\n1,x\n")
    with pytest.raises(ColumnError, match=r"column 'b' of .*\.csv does not hold numbers \(text\)"):
        rows.open(first.parent / "*.csv")
    unused = rows.open(first.parent / "*.csv", columns=["a"])
    assert pa.concat_tables([part for part, _ in unused.tables()])["b"].to_pylist() == ["2", "x"]
    write("1.csv", "a,b\n")
    write("2.csv", "a,b\n")
    with pytest.raises(EmptyTableError, match="has no rows"):
        rows.open(first.parent / "*.csv")


@needs_shared("mixture")
def test_a_real_table():
    table = rows.open(SHARED / "mixture" / "iris.csv", non_numeric="drop")
    ((whole, block),) = table.tables()
    assert len(block.values) == whole.num_rows == table.n_rows == 150
    assert set(table.columns) | {column.name for column in table.left_out} == set(whole.column_names)


MEASURE = """
import resource, sys
from mixtura import rows
def read(path):
    table = rows.open(path)
    return sum(len(block.values) for block in table.blocks()) + sum(len(b.values) for _, b in table.tables())
read(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert read(sys.argv[2]) == 2 * int(sys.argv[3])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.parametrize("suffix", [".parquet", pytest.param(".csv", marks=pytest.mark.exhaustive)])
def test_a_pass_holds_a_few_blocks_only(tmp_path, suffix):
    # 96 MB of numbers; a small table before takes what the libraries need for themselves.
    n_rows = 1_500_000
    values = np.random.default_rng(0).integers(0, 9, size=(n_rows, 8)).astype(float)
    names = [f"x{position}" for position in range(8)]
    whole = table_of(values, names)
    for name, table in (("small", whole.slice(0, 200_000)), ("large", whole)):
        path = tmp_path / f"{name}{suffix}"
        if suffix == ".csv":
            pa.csv.write_csv(table, path)
        else:
            pq.write_table(table, path, row_group_size=50_000)
    command = [
        sys.executable,
        "-c",
        MEASURE,
        *(str(tmp_path / f"{n}{suffix}") for n in ("small", "large")),
        str(n_rows),
    ]
    grown = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert grown < 48


def test_the_block_size_is_what_the_other_tests_think():
    assert rows_per_block(2) < N_ROWS < 2 * rows_per_block(2)


NUMBERS = {
    "int8": pa.array([1, 2], pa.int8()),
    "int64": pa.array([2**60 + 1, 2], pa.int64()),
    "uint8": pa.array([200, 3], pa.uint8()),
    "uint64": pa.array([2**63 + 5, 2], pa.uint64()),
    "float16": pa.array(np.array([0.1, 2], np.float16)),
    "float32": pa.array([0.1, 2], pa.float32()),
    "float64": pa.array([0.1, 2]),
    "decimal": pa.array([Decimal("1.25"), Decimal("2")]),
    "long decimal": pa.array([Decimal("1.2345678901234567890123"), Decimal("2")]),
}


@pytest.mark.each_value
@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
@pytest.mark.parametrize(("one", "other"), list(permutations(NUMBERS, 2)))
def test_files_whose_numbers_are_of_other_types(tmp_path, suffix, one, other):
    write = {".parquet": pq.write_table, ".arrow": pyarrow.feather.write_feather}[suffix]
    write(pa.table({"a": NUMBERS[one], "b": NUMBERS[one]}), str(tmp_path / f"1{suffix}"))
    write(pa.table({"b": NUMBERS[other], "a": NUMBERS[other]}), str(tmp_path / f"2{suffix}"))
    table = rows.open(tmp_path / f"*{suffix}")
    expected = [float(value) for value in [*NUMBERS[one].to_pylist(), *NUMBERS[other].to_pylist()]]
    ((whole, carried),) = table.tables()
    (block,) = table.blocks()
    # Arrow rounds decimals of many digits to one of the two doubles beside them.
    for values in (block.values, carried.values):
        np.testing.assert_allclose(values, np.array([expected, expected]).T, rtol=2.3e-16, atol=0)
    assert [float(value) for value in whole["a"].to_pylist()] == pytest.approx(expected, rel=2.3e-16, abs=0)
