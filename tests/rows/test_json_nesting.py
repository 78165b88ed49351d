"""JSON that is nested is written as it was."""

import json

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixtura import rows
from mixtura.rows.writing.writer import open_writer

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


LACKING = [
    {"id": 1, "a": 1, "pos": {"x": 1, "y": 2}, "n": None, "e": {"u": 1}},
    {"id": 2, "pos": {"y": 3}, "b": "late", "n": 5, "e": {}},
    {"id": 3, "a": 2, "n": 6, "e": {"u": 2}},
]


@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_keys_that_records_lack_are_not_written(tmp_path, ending):
    source = tmp_path / "t.json"
    source.write_text(json.dumps(LACKING))
    found = written(source, tmp_path / f"out.{ending}")
    # An empty object says no more of what it lacks than a null.
    assert found == [LACKING[0], LACKING[1] | {"e": {"u": None}}, LACKING[2]]


RECORDS_THAT_LACK = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "a": st.integers(-5, 5),
            "b": st.text(max_size=3),
            "pos": st.fixed_dictionaries({"x": st.booleans()}, optional={"y": st.integers(0, 9)}),
            "tags": st.lists(st.integers(0, 3), max_size=2),
        },
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=RECORDS_THAT_LACK, lines=st.booleans())
def test_any_records_come_out_with_the_keys_they_had(tmp_path, records, lines):
    records = [{"id": at} | record for at, record in enumerate(records)]
    source = tmp_path / "t.json"
    source.write_text("\n".join(map(json.dumps, records)) if lines else json.dumps(records))
    assert written(source, tmp_path / "out.jsonl") == records


def test_a_key_that_is_null_somewhere_is_null_where_it_is_not(tmp_path):
    source = tmp_path / "t.json"
    source.write_text(json.dumps([{"id": 1, "a": None}, {"id": 2}, {"id": 3, "a": 1}]))
    assert [record["a"] for record in written(source, tmp_path / "out.json")] == [None, None, 1]


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
