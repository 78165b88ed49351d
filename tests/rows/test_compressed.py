"""Compressed text is read as the text in it."""

import bz2
import gzip
import io
import lzma
import sys
import zipfile

import pyarrow as pa
import pytest

from mixtura import rows
from mixtura.errors import SourceError
from mixtura.rows import ArrayRows
from mixtura.rows.files.paths import open_path

from .conftest import assert_same_blocks, csv_of, json_lines_of


def zipped(content=None, files=()):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        if content is not None:
            archive.writestr("t.csv", content)
        for name in files:
            archive.writestr(name, files[name])
    return sink.getvalue()


WAYS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zip": zipped}
ways = pytest.mark.parametrize(("ending", "compress"), WAYS.items(), ids=WAYS)


@ways
def test_by_name_and_by_first_bytes(write, numbers, ending, compress):
    content = compress(csv_of(numbers[:3000]).encode())
    for name in (f"t.csv{ending}", "u.csv"):
        assert_same_blocks(rows.open(write(name, content)), ArrayRows(numbers[:3000]))


@ways
def test_standard_input(numbers, monkeypatch, ending, compress):
    content = compress(csv_of(numbers[:3000]).encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    assert_same_blocks(rows.open("-"), ArrayRows(numbers[:3000]))


@ways
def test_json_lines(write, numbers, ending, compress):
    if ending == ".zip":
        content = zipped(files={"t.jsonl": json_lines_of(numbers[:3000])})
    else:
        content = compress(json_lines_of(numbers[:3000]).encode())
    assert_same_blocks(rows.open(write(f"t.jsonl{ending}", content)), ArrayRows(numbers[:3000]))


def test_zstd(tmp_path, numbers):
    path = tmp_path / "t.csv.zst"
    with pa.OSFile(str(path), "wb") as sink, pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(csv_of(numbers).encode())
    assert_same_blocks(rows.open(path), ArrayRows(numbers))


def test_parts_that_are_compressed_one_by_one(write):
    content = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n")
    assert [block.values.tolist() for block in rows.open(write("t.csv.gz", content)).blocks()] == [[[1, 2], [3, 4]]]


def test_several_compressed_files(write):
    write("1.csv.gz", gzip.compress(b"a\n1\n"))
    folder = write("2.csv", "a\n2\n").parent
    write("3.csv.xz", lzma.compress(b"a\n3\n"))
    assert [block.values.tolist() for block in rows.open(folder / "*.csv*").blocks()] == [[[1], [2], [3]]]


def test_a_name_that_says_gzip_of_what_is_none(write):
    """Browsers unpack what they load, and keep the name."""
    assert [block.values.tolist() for block in rows.open(write("t.csv.gz", "a\n1\n")).blocks()] == [[[1]]]


@ways
def test_torn_files(write, numbers, ending, compress):
    content = compress(csv_of(numbers[:3000]).encode())[:-2000]
    with pytest.raises(SourceError, match=r"^cannot read .*t\.csv[^\n]*$"):
        rows.open(write(f"t.csv{ending}", content))


def test_archives_with_one_table_beside_other_files(write):
    content = zipped(files={"README.txt": "see x", "__MACOSX/t.csv": "junk", "data/t.csv": "a\n1\n", "logo.png": "x"})
    assert [block.values.tolist() for block in rows.open(write("t.zip", content)).blocks()] == [[[1]]]


def test_archives_that_hold_no_table_or_several(write):
    with pytest.raises(SourceError, match=r"t\.zip holds several tables \(a\.csv and b\.csv\): unpack it"):
        rows.open(write("t.zip", zipped(files={"a.csv": "a\n1\n", "b.csv": "a\n1\n"})))
    with pytest.raises(SourceError, match=r"t\.zip holds no table \(its files are a\.png\)"):
        rows.open(write("t.zip", zipped(files={"a.png": "x"})))
    with pytest.raises(SourceError, match=r"t\.zip holds no table \(it is empty\)"):
        rows.open(write("t.zip", b"PK\x05\x06" + bytes(18)))


def test_locked_archives(write):
    content = bytearray(zipped("a\n1\n"))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    with pytest.raises(SourceError, match=r"cannot read .*t\.zip: .*(password|encrypted)"):
        rows.open(write("t.zip", bytes(content)))


def test_copies_are_deleted(write, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    table = open_path(write("t.csv.gz", gzip.compress("a,b\né,1,\n".encode("latin-1"))))
    assert len(list(scratch.iterdir())) == 2
    del table
    assert not list(scratch.iterdir())


def test_a_full_disk(write, monkeypatch):
    path = write("t.csv.gz", gzip.compress(b"a\n1\n" * 1000))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mixtura.rows.disk.compressed._pour", full)
    with pytest.raises(SourceError, match="No space left on device"):
        rows.open(path)
