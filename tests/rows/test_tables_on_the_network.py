"""Tables on the network, by a file system in memory that DuckDB knows as it knows others."""

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixtura import rows
from mixtura.errors import SourceError
from mixtura.rows.files import network
from mixtura.rows.files.addresses import Address, address_of

from .as_it_stands import cells_of


@pytest.fixture
def bucket(need, monkeypatch):
    """Return a folder in memory, whose addresses begin with memory://."""
    files = need("fsspec").filesystem("memory")
    monkeypatch.setitem(network._EXTENSIONS, "memory", "none")
    monkeypatch.setattr(network.duck, "load", lambda connection, *_: connection.register_filesystem(files))
    yield files
    files.rm("/", recursive=True)


def test_files_are_copied(bucket, tmp_path):
    bucket.pipe("/b/t.csv", b"a,b\n1.5,x\n")
    assert cells_of("memory://b/t.csv") == {"a": ["1.5"], "b": ["x"]}
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "t.parquet")
    bucket.put(str(tmp_path / "t.parquet"), "/b/t.parquet")
    assert cells_of("memory://b/t.parquet") == {"a": [1, 2]}
    bucket.pipe("/b/t.json", b'{"x": [{"a": 1}], "y": [{"b": 2}]}')
    assert cells_of("memory://b/t.json::y") == {"b": [2]}


def test_patterns_are_listed(bucket):
    bucket.pipe("/b/2.csv", b"a\n2\n")
    bucket.pipe("/b/1.csv", b"a\n1\n")
    table = cells_of("memory://b/*.csv", file_column="from")
    assert table["a"] == ["1", "2"]
    assert [os.path.basename(name) for name in table["from"]] == ["1.csv", "2.csv"]
    with pytest.raises(SourceError, match=r"no file matches memory://b/x\*\.csv|cannot read memory://b/x\*\.csv"):
        rows.open("memory://b/x*.csv")


def test_a_file_that_is_not_there(bucket):
    with pytest.raises(SourceError, match=r"^(there is no file|cannot read) memory://b/t\.csv: [^\n]*$"):
        rows.open("memory://b/t.csv")


@pytest.mark.parametrize("address", ["https://example.org/t.csv?a=*", "s3://bucket/*.parquet", "hf://datasets/x/t.csv"])
def test_without_the_extension_nothing_is_fetched(monkeypatch, tmp_path, address):
    monkeypatch.setenv("HOME", str(tmp_path))  # where DuckDB looks for extensions
    with pytest.raises(SourceError, match=r"'httpfs' of DuckDB, which is not installed: .*INSTALL httpfs"):
        rows.open(address)


def test_other_addresses():
    with pytest.raises(SourceError, match="use an address that begins with http, https, s3"):
        rows.open("ftp://example.org/t.csv")


def test_addresses_of_local_files(write):
    file = write("a b.csv", "a\n1\n")
    assert cells_of(file.as_uri()) == {"a": ["1"]}


def test_names_within_files(write, monkeypatch):
    monkeypatch.chdir(write("x::y.csv", "a\n1\n").parent)
    assert address_of("x::y.csv") == Address("x::y.csv")
    assert address_of("x::y.csv::z::w") == Address("x::y.csv", "z::w")
    assert address_of("no.db::a::b") == Address("no.db", "a::b")
    assert address_of("https://x.org/b.xlsx::S") == Address("https://x.org/b.xlsx", "S")
    with pytest.raises(SourceError, match="one table, which has no name: leave out ::z"):
        rows.open("x::y.csv::z")
    with pytest.raises(SourceError, match=r"there is no file no\.db"):
        rows.open("no.db::a")
