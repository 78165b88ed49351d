import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest

from mixtura import rows
from mixtura.errors import ColumnError, EmptyTableError, MissingValuesError, SourceError
from mixtura.rows import ArrayRows

from .conftest import assert_same_blocks, table_of


def write_file(path, table):
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=7000)


def write_stream(path, table):
    with pa.ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=7000)


def write_feather(path, table):
    pa.feather.write_feather(table, str(path), compression="zstd")


writers = pytest.mark.parametrize("write_to", [write_file, write_stream, write_feather])


@writers
@pytest.mark.parametrize("suffix", [".arrow", ".feather", ".ipc"])
def test_same_blocks_as_the_array(tmp_path, numbers, write_to, suffix):
    path = tmp_path / f"t{suffix}"
    write_to(path, table_of(numbers).append_column("t", pa.array(["x"] * len(numbers))))
    assert_same_blocks(rows.open(path, columns=["b", "a"]), ArrayRows(numbers[:, ::-1]))
    whole = pa.concat_tables([table for table, _ in rows.open(path, non_numeric="drop").tables()])
    assert whole.column_names == ["a", "b", "t"]
    np.testing.assert_array_equal(whole["b"].to_numpy(), numbers[:, 1])


@writers
def test_what_is_wrong_is_named(tmp_path, write_to):
    path = tmp_path / "t.arrow"
    write_to(path, pa.table({"a": [1, None, 3]}))
    with pytest.raises(MissingValuesError, match=r"row 2 of .*t\.arrow .*column 'a'"):
        list(rows.open(path).blocks())
    write_to(path, pa.table({"a": pa.array([], pa.float64())}))
    with pytest.raises(EmptyTableError, match="has no rows"):
        rows.open(path)


def test_repeated_names(tmp_path):
    write_file(tmp_path / "t.arrow", pa.table([[1], [2]], names=["a", "a"]))
    with pytest.raises(ColumnError, match="column 'a' more than once"):
        rows.open(tmp_path / "t.arrow")


@pytest.mark.parametrize("content", [b"", b"junk that is not Arrow", b"ARROW1junk that is not Arrow"])
def test_no_arrow_file(write, content):
    with pytest.raises(SourceError, match=r"cannot read .*t\.arrow as an Arrow file: [^\n]*$"):
        rows.open(write("t.arrow", content))


def test_torn_file(tmp_path, numbers):
    path = tmp_path / "t.arrow"
    write_file(path, table_of(numbers))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SourceError, match="as an Arrow file"):
        rows.open(path)
