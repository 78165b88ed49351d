"""ORC, Avro, Feather, streams of Arrow, and what is read elsewhere."""

import random
import shutil

import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pytest

from mixtura import rows
from mixtura.errors import SourceError
from mixtura.rows import ArrayRows

from .as_it_stands import cells_of, complaint, types_of
from .conftest import assert_same_blocks, table_of


def test_orc(tmp_path, numbers):
    pyarrow.orc.write_table(table_of(numbers), tmp_path / "t.orc", stripe_size=100_000)
    assert_same_blocks(rows.open(tmp_path / "t.orc"), ArrayRows(numbers))
    table = pa.table({"i": [1, None], "s": ["x", "é"], "b": [True, None], "d": pa.array([1, 2], pa.date32())})
    pyarrow.orc.write_table(table, tmp_path / "u.orc")
    assert cells_of(tmp_path / "u.orc") == table.to_pydict()
    assert types_of(tmp_path / "u.orc") == {"i": "int64", "s": "string", "b": "bool", "d": "date32[day]"}


def test_damaged_orc(tmp_path, write):
    pyarrow.orc.write_table(pa.table({"a": list(range(1000))}), tmp_path / "t.orc")
    content = (tmp_path / "t.orc").read_bytes()
    chance = random.Random(0)
    for _ in range(20):
        told = complaint(write("cut.orc", content[: chance.randrange(len(content))]))
        assert told
        assert "\n" not in told


@pytest.mark.parametrize("ending", ["arrows", "arrow", "feather", "csv", "dat"])
def test_arrow_whatever_its_name(tmp_path, ending):
    table = pa.table({"a": [1, 2], "b": ["x", None]})
    with pa.ipc.new_stream(str(tmp_path / f"t.{ending}"), table.schema) as writer:
        writer.write_table(table)
    assert cells_of(tmp_path / f"t.{ending}") == table.to_pydict()
    pyarrow.feather.write_feather(table, str(tmp_path / f"t.{ending}"))
    assert cells_of(tmp_path / f"t.{ending}") == table.to_pydict()


def test_feather_of_the_first_version(write):
    told = complaint(write("t.feather", b"FEA1" + bytes(40) + b"FEA1"))
    assert "of the first version: read it with pandas.read_feather('t.feather') and save it again" in told


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.psv", "a|b\n1|x\n"),
        ("t.dat", "a;b\n1;x\n"),
        ("t.data", "a,b\n1,x\n"),
        ("t.tab", "a\tb\n1\tx\n"),
        ("t.tsv", "a\tb\n1\tx\n"),
    ],
)
def test_text_of_other_endings(write, name, content):
    assert cells_of(write(name, content)) == {"a": ["1"], "b": ["x"]}


def test_avro_needs_an_extension(write, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))  # where DuckDB looks for extensions
    with pytest.raises(SourceError, match=r"'avro' of DuckDB, which is not installed: .*INSTALL avro"):
        rows.open(write("t.avro", b"Obj\x01" + bytes(40)))


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("t.dta", "pandas.read_stata"),
        ("t.SAV", "pandas.read_spss"),
        ("t.sas7bdat", "pandas.read_sas"),
        ("t.npy", "numpy.load"),
    ],
)
def test_what_others_read(write, name, call):
    with pytest.raises(SourceError, match=rf"pass what {call}\('{name}'\) returns in Python, or save it as .parquet"):
        rows.open(write(name, b"\x00" * 50))


def test_copies_of_other_formats_under_the_name_of_text(tmp_path):
    pyarrow.orc.write_table(pa.table({"a": [1]}), tmp_path / "t.orc")
    assert cells_of(shutil.copy(tmp_path / "t.orc", tmp_path / "t.txt")) == {"a": [1]}
