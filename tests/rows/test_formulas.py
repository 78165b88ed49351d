"""Text in CSV files that a spreadsheet would run."""

import csv

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura import rows
from mixtura.rows import open_writer
from mixtura.rows.sinks.formulas import no_formula, no_formulas

TEXTS = ["=1+1", "+1", "-2.5e3", "+1-1", "-x", "@z", "\tq", "\ry", "plain", "a=b", "", " =x", "'=x", None]
SAFE = ["'=1+1", "+1", "-2.5e3", "'+1-1", "'-x", "'@z", "'\tq", "'\ry", "plain", "a=b", "", " =x", "'=x", None]


def written(file, **options):
    table = pa.table({"=h": TEXTS, "-n": np.arange(-7.0, 7.0), "t": ["x\n=1"] * 14})
    with open_writer(file, **options) as writer:
        writer.write(table, {"reason": TEXTS, "+score": -np.arange(14.0)})
    with file.open(newline="") as stream:
        return list(csv.reader(stream))


def texts_of(records, position):
    return [record[position] or None for record in records[1:]]


def none_for_empty(texts):
    return [text or None for text in texts]


def test_only_what_is_added_is_changed(tmp_path):
    records = written(tmp_path / "t.csv")
    assert records[0] == ["=h", "-n", "t", "reason", "'+score"]
    assert texts_of(records, 0) == none_for_empty(TEXTS)
    assert texts_of(records, 3) == none_for_empty(SAFE)
    assert [float(record[1]) for record in records[1:]] == list(range(-7, 7))
    assert [float(record[4]) for record in records[1:]] == [-n for n in range(14)]


def test_all_text_is_changed_where_that_is_asked_for(tmp_path):
    records = written(tmp_path / "t.csv", form="safe-csv")
    assert records[0] == ["'=h", "'-n", "t", "reason", "'+score"]
    for position in (0, 3):
        assert texts_of(records, position) == none_for_empty(SAFE)
    assert {record[2] for record in records[1:]} == {"x\n=1"}
    assert [float(record[1]) for record in records[1:]] == list(range(-7, 7))


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".json", ".arrow"])
def test_no_other_format_is_changed(tmp_path, suffix):
    file = tmp_path / f"t{suffix}"
    with open_writer(file) as writer:
        writer.write(pa.table({"=h": ["=1", "b"], "n": [1.0, 2.0]}), {"reason": ["=2", "b"]})
    ((table, _),) = rows.open(file, columns=["n"]).tables()
    assert table.to_pydict() == {"=h": ["=1", "b"], "n": [1.0, 2.0], "reason": ["=2", "b"]}


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8"))))
@pytest.mark.parametrize(
    "arrow_type",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()), pa.binary()],
    ids=str,
)
def test_columns_and_single_texts_agree(arrow_type, texts):
    column = pa.chunked_array([pa.array(texts, pa.string())]).cast(arrow_type)
    expected = [None if text is None else no_formula(text) for text in texts]
    assert no_formulas(column).cast(pa.string()).to_pylist() == expected
