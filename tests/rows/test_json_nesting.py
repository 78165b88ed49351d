"""JSON that is nested is written as it was."""

import json

import pyarrow as pa
import pytest

from mixtura import rows
from mixtura.rows.writer import open_writer

RECORDS = [
    {"id": 1, "pos": {"x": 1.5, "y": {"z": True}}, "tags": ["a", {"b": None}], "pos.w": "é"},
    {"id": 2, "pos": {"x": None, "y": {"z": False}}, "tags": None, "pos.w": 'a"b'},
    {"id": 3, "pos": {"x": -2.25, "y": {"z": None}}, "tags": [], "pos.w": "\u2028"},
]


def written(source, target, added=None):
    with open_writer(target) as writer:
        for table, _ in rows.open(source, columns=["id"]).tables():
            writer.write(table, added or {})
    text = target.read_text(encoding="utf-8")
    return json.loads(text) if target.suffix == ".json" else [json.loads(line) for line in text.split("\n") if line]


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_records_come_out_as_they_went_in(tmp_path, ending):
    source = tmp_path / "t.json"
    source.write_text(json.dumps(RECORDS, indent=1), encoding="utf-8")
    found = written(source, tmp_path / f"out.{ending}")
    assert found == RECORDS
    assert [list(record) for record in found] == [list(record) for record in RECORDS]


def test_a_new_column_stands_behind_what_is_nested(tmp_path):
    source = tmp_path / "t.json"
    source.write_text(json.dumps([{"id": k, "a": {"b": k}} for k in range(3)]))
    found = written(source, tmp_path / "out.json", {"score": ["x", "y", None]})
    assert found == [{"id": k, "a": {"b": k}, "score": score} for k, score in enumerate(["x", "y", None])]


def test_records_stay_open_where_an_object_would_have_a_key_twice(tmp_path):
    source = tmp_path / "t.json"
    source.write_text(json.dumps([{"id": k, "reason": {"b": k}} for k in range(3)]))
    found = written(source, tmp_path / "out.json", {"reason": ["x", "y", None]})
    assert found[0] == {"id": 0, "reason.b": 0, "reason": "x"}


def test_a_text_in_place_of_a_list_is_quoted(tmp_path):
    with open_writer(tmp_path / "out.json") as writer:
        writer.write(pa.table({"a": pa.array(["[1]"])}), {})
    assert json.loads((tmp_path / "out.json").read_text()) == [{"a": "[1]"}]
