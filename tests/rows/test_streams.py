import gzip
import io
import os
import sys
import threading

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixtura import rows
from mixtura.errors import ColumnError, EmptyTableError, MissingValuesError, SourceError
from mixtura.rows import ArrayRows

from .conftest import assert_same_blocks, csv_of, json_lines_of, table_of


def parquet(values):
    sink = io.BytesIO()
    pq.write_table(table_of(values), sink)
    return sink.getvalue()


def arrow(values, new=pa.ipc.new_file):
    sink = io.BytesIO()
    with new(sink, table_of(values).schema) as writer:
        writer.write_table(table_of(values))
    return sink.getvalue()


CONTENTS = {
    "csv": lambda values: csv_of(values).encode(),
    "csv gzip": lambda values: gzip.compress(csv_of(values).encode()),
    "json lines": lambda values: b"\n " + json_lines_of(values).encode(),
    "json gzip": lambda values: gzip.compress(json_lines_of(values).encode()),
    "json": lambda values: b"[" + json_lines_of(values).strip().replace("\n", ",").encode() + b"]",
    "parquet": parquet,
    "arrow file": arrow,
    "arrow stream": lambda values: arrow(values, pa.ipc.new_stream),
}
contents = pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())


@contents
def test_standard_input_tells_its_format(content, numbers, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content(numbers[:2000]))))
    assert_same_blocks(rows.open("-"), ArrayRows(numbers[:2000]))


def test_binary_files(write, numbers):
    with write("anything", csv_of(numbers)).open("rb") as stream:
        assert_same_blocks(rows.open(stream), ArrayRows(numbers))


def test_messages_name_the_stream_not_the_copy(write, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nNA\n1\n")))
    with pytest.raises(MissingValuesError, match="row 1 of standard input"):
        list(rows.open("-").blocks())
    for content in (b'[{"a": 1}, {"a"', b"PAR1 junk", gzip.compress(b"a\n1\n" * 5000)[:-20]):
        with pytest.raises(SourceError, match=r"^cannot read the stream: [^\n]*$") as caught:
            list(rows.open(io.BytesIO(content)).blocks())
        assert "mixtura-" not in str(caught.value)


def test_empty_and_text_streams():
    with pytest.raises(EmptyTableError, match="the stream is empty"):
        rows.open(io.BytesIO())
    with pytest.raises(SourceError, match="gives text, not bytes: open the file with mode 'rb'"):
        rows.open(io.StringIO("a\n1\n"))


class Stream:
    """Something with the Arrow PyCapsule interface and nothing else, to be read once."""

    def __init__(self, table):
        self._reader = table.to_reader()

    def __arrow_c_stream__(self, requested_schema=None):
        return self._reader.__arrow_c_stream__(requested_schema)


def test_arrow_streams_that_can_be_read_once(numbers):
    assert_same_blocks(rows.open(Stream(table_of(numbers))), ArrayRows(numbers))
    assert_same_blocks(rows.open(table_of(numbers).to_reader()), ArrayRows(numbers))


def test_duckdb_relations():
    with duckdb.connect() as connection:
        table = rows.open(connection.sql("select i::double as a from range(3) t(i)"))
    assert_same_blocks(table, ArrayRows(np.arange(3.0).reshape(-1, 1)))


def test_results_of_a_duckdb_connection():
    with duckdb.connect() as connection:
        table = rows.open(connection.execute("select i::double as a from range(3) t(i)"))
        with pytest.raises(SourceError, match="no rows left to give: execute a query"):
            rows.open(connection)
    assert_same_blocks(table, ArrayRows(np.arange(3.0).reshape(-1, 1)))
    with duckdb.connect() as connection, pytest.raises(SourceError, match="DuckDB connection: No open result set"):
        rows.open(connection)


@pytest.mark.parametrize("source", [pa.array([1.0]), pa.chunked_array([[1.0]])])
def test_arrow_data_that_is_no_table(source):
    with pytest.raises(ValueError, match=r"Arrow (data|stream)"):
        rows.open(source)


@pytest.mark.parametrize("source", [None, 5, object()])
def test_what_is_no_source(source):
    with pytest.raises(SourceError, match=f"cannot read a table from {type(source).__name__}: give an array"):
        rows.open(source)


def test_non_numeric_is_error_or_drop():
    with pytest.raises(ValueError, match="use 'error' or 'drop'"):
        rows.open([[1]], non_numeric="ignore")


def test_the_copy_is_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    table = rows.open(io.BytesIO(b"a\n1\n"))
    assert list(tmp_path.iterdir())
    del table
    assert not list(tmp_path.iterdir())


def test_a_full_disk(monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(SourceError, match=r"temporary copy .*No space left on device.*TMPDIR"):
        rows.open(io.BytesIO(b"a\n1\n"))


def reader_of(*batches):
    schema = pa.schema([("a", pa.float64()), ("b", pa.float64())])
    return pa.RecordBatchReader.from_batches(schema, [pa.record_batch({"a": [1.0], "b": [10.0]}), *batches])


@pytest.mark.parametrize(
    "batch", [{"a": [2.0], "b": [20.0]}, {"b": [20.0], "a": [2.0]}, {"a": [2], "b": [20]}, {"b": [20], "a": [2.0]}]
)
def test_batches_are_taken_by_name(batch):
    (block,) = rows.open(reader_of(pa.record_batch(batch))).blocks()
    assert block.values.tolist() == [[1, 10], [2, 20]]


@pytest.mark.parametrize("batch", [{"a": [2.0]}, {"a": [2.0], "x": [20.0]}, {"a": [2.0], "b": [20.0], "c": [3.0]}])
def test_batches_with_other_columns(batch):
    with pytest.raises(ColumnError, match=r"batch 1 of the Arrow stream has columns a.*, and the schema declares a, b"):
        rows.open(reader_of(pa.record_batch(batch)))


def test_batches_of_other_types():
    with pytest.raises(SourceError, match=r"cannot read the Arrow stream: .*'x'"):
        rows.open(reader_of(pa.record_batch({"a": ["x"], "b": [1.0]})))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("suffix", [".csv", ""])
def test_a_named_pipe_is_read_once(tmp_path, numbers, suffix):
    pipe = tmp_path / f"pipe{suffix}"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(csv_of(numbers),))
    writer.start()
    table = rows.open(pipe)
    writer.join()
    assert table.columns == ("a", "b")
    assert_same_blocks(table, ArrayRows(numbers))


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no devices here")
def test_devices_are_refused():
    for device in ("/dev/zero", "/dev/null"):
        with pytest.raises(SourceError, match=f"{device} is a device: name a file"):
            rows.open(device)
