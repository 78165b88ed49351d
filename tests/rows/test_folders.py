"""Folders as tables, and the file that each row is from."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixtura import rows
from mixtura.errors import ColumnError, SourceError

from .as_it_stands import as_it_stands, cells_of, types_of


@pytest.fixture
def folder(tmp_path):
    """Write files below a folder, and return that."""

    def folder(**files):
        for name, content in files.items():
            file = tmp_path / "data" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                file.write_text(content)
            else:
                pq.write_table(pa.table(content), file)
        return tmp_path / "data"

    return folder


def test_all_files_of_a_folder(folder):
    below = folder(
        **{"b.csv": "a\n2.5\n", "a.csv": "a\n1.5\n", ".hidden.csv": "z\n1\n", "_SUCCESS": "", "notes.md": "#"}
    )
    table, notes = as_it_stands(below)
    assert table.to_pydict() == {"a": ["1.5", "2.5"]}
    assert notes == (f"2 files of {below} are read, and not notes.md.",)
    assert rows.open(f"{below}/").columns == ("a",)


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_keys_of_folders_are_columns(folder, ending):
    write = {
        "parquet": lambda a: {"a": [a]},
        "csv": lambda a: f"a\n{a}\n",
        "jsonl": lambda a: f'{{"a": {a}}}\n',
    }[ending]
    places = {
        "year=2024/month=1/city=Bern/x": 2,
        "year=2023/month=12/city=Z%C3%BCrich/x": 1,
        "year=2024/month=__HIVE_DEFAULT_PARTITION__/city=007/x": 3,
    }
    below = folder(**{f"{place}.{ending}": write(a) for place, a in places.items()})
    table, _ = as_it_stands(below)
    assert table.column_names == ["a", "year", "month", "city"]
    assert [str(cell) for cell in table["a"].to_pylist()] == ["1", "2", "3"]
    assert table.select(["year", "month", "city"]).to_pydict() == {
        "year": [2023, 2024, 2024],
        "month": [12, 1, None],
        "city": ["Zürich", "Bern", "007"],
    }
    assert {"year": "int64", "month": "int64", "city": "string"}.items() <= types_of(below).items()
    # A file alone is in no table of folders.
    assert [*cells_of(below / f"year=2024/month=1/city=Bern/x.{ending}")] == ["a"]


def test_what_pyarrow_writes(tmp_path):
    table = pa.table({"a": [0.5, 1.5, 2.5, 3.5], "k": ["x", "y", "x", "y"]})
    pq.write_to_dataset(table, tmp_path / "t", partition_cols=["k"])
    assert cells_of(tmp_path / "t") == {"a": [0.5, 2.5, 1.5, 3.5], "k": ["x", "x", "y", "y"]}


def test_columns_of_the_files_go_first(folder):
    assert cells_of(folder(**{"k=7/x.parquet": {"k": [1], "a": [2]}})) == {"k": [1], "a": [2]}


def test_numbers_of_folders_are_used(folder):
    below = folder(**{f"k={k}/x.parquet": {"a": [k + 0.25, k + 0.5]} for k in (3, 5, 9)})
    opened = rows.open(below)
    assert opened.columns == ("a", "k")
    assert next(opened.blocks()).values[:, 1].tolist() == [3, 3, 5, 5, 9, 9]


def test_folders_without_a_table(folder, tmp_path):
    with pytest.raises(SourceError, match=r"data is a folder without a table: name a file, or a pattern such as "):
        rows.open(folder(**{"notes.md": "#", "below/a.csv": "a\n1\n"}))
    with pytest.raises(SourceError, match=r"several formats \(\.csv, \.json\)"):
        rows.open(folder(**{"a.csv": "a\n1\n", "b.json": "[]"}))
    (tmp_path / "data" / "b.json").unlink()
    with pytest.raises(SourceError, match="lie in folders with different keys"):
        rows.open(folder(**{"k=1/a.csv": "a\n1\n"}))
    with pytest.raises(SourceError, match="is a Delta table"):
        rows.open(folder(**{"_delta_log/0.json": "{}"}))


def test_the_file_of_each_row(folder):
    below = folder(**{"a.csv": "a,b\n1.5,2\n3.5,4\n", "b.csv": "b,a\n6,5.5\n"})
    expected = [str(below / "a.csv")] * 2 + [str(below / "b.csv")]
    for source in (below, str(below / "*.csv")):
        opened = rows.open(source, file_column="from")
        assert opened.columns == ("a", "b")
        ((table, _),) = opened.tables()
        assert table.column_names == ["a", "b", "from"]
        assert table["from"].to_pylist() == expected
    assert cells_of(below / "b.csv", file_column="from")["from"] == expected[2:]
    with pytest.raises(ColumnError, match="already has a column 'b'"):
        rows.open(below, file_column="b")
    for source in ("-", "select 1 as a", pd.DataFrame({"a": [1.5]})):
        with pytest.raises(SourceError, match="leave out file_column"):
            rows.open(source, file_column="from")


def test_the_part_of_a_row(folder):
    below = folder(**{"a.csv": "a\n1\n2\n", "b.csv": "a\n3\n"})
    raw = rows.opening.open_raw(below)
    assert sum(batch.num_rows for batch in raw.batches(["a"])) == 3
    for row, name, within in ((0, "a.csv", 1), (1, "a.csv", 2), (2, "b.csv", 1)):
        assert raw.describe(np.array([row])).startswith(f"row {within} of {below / name} ")
