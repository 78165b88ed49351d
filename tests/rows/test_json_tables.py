"""JSON in all the forms that tables come in."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest

from mixtura import rows
from mixtura.columns.kinds.unused import Other
from mixtura.errors import EmptyTableError, SourceError

from .as_it_stands import as_it_stands, cells_of, complaint, types_of

BIG = 15921556852572072307


def lines(*records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


@pytest.fixture(params=["lines", "array", "gzip"])
def records(request, write):
    """Write records one a line, as an array, and compressed."""

    def records(*values):
        if request.param == "array":
            return write("t.json", json.dumps(values, indent=1, ensure_ascii=False))
        if request.param == "gzip":
            return write("t.jsonl.gz", gzip.compress(lines(*values).encode()))
        return write("t.jsonl", lines(*values))

    return records


def test_objects_are_opened(records):
    file = records(
        {"id": 1, "address": {"city": "Bern", "place": {"x": 0.5}}},
        {"id": 2, "address": {"city": None, "zip": "3000"}},
        {"id": 3, "address": None},
    )
    assert cells_of(file) == {
        "id": [1, 2, 3],
        "address.city": ["Bern", None, None],
        "address.place.x": [0.5, None, None],
        "address.zip": [None, "3000", None],
    }


def test_lists_are_text_that_no_model_uses(records):
    file = records(*({"a": number / 4, "l": [number, "x"], "e": []} for number in range(30)))
    assert cells_of(file)["l"][:2] == ['[0,"x"]', '[1,"x"]']
    assert cells_of(file)["e"] == ["[]"] * 30
    opened = rows.open(file, non_numeric="drop")
    assert opened.columns == ("a",)
    assert isinstance(opened.kinds["l"], Other)


def test_records_of_several_keys(records):
    file = records({"b": 1}, {"a": "x"}, {"b": 2.5, "c": True})
    assert cells_of(file) == {"b": [1, None, 2.5], "a": [None, "x", None], "c": [None, None, True]}


def test_columns_of_several_types_are_text(records):
    file = records({"a": 1, "b": True}, {"a": "x", "b": 0}, {"a": 2.5, "b": None}, {"a": False}, {"a": {"k": [1]}})
    assert cells_of(file) == {"a": ["1", "x", "2.5", "false", '{"k":[1]}'], "b": ["true", "0", None, None, None]}


def test_whole_numbers_are_exact(records):
    huge = 10**30
    file = records(
        {"u": BIG, "i": -(2**63), "h": huge, "m": BIG, "f": 2**53 + 1, "z": 2**63 - 1},
        {"u": 1, "i": 2**62, "h": 1, "m": -1, "f": 0.5, "z": 0},
    )
    assert types_of(file) == {
        "u": "uint64",
        "i": "int64",
        "h": "string",
        "m": "string",
        "f": "string",
        "z": "int64",
    }
    assert cells_of(file) == {
        "u": [BIG, 1],
        "i": [-(2**63), 2**62],
        "h": [str(huge), "1"],
        "m": [str(BIG), "-1"],
        "f": ["9007199254740993", "0.5"],
        "z": [2**63 - 1, 0],
    }


def test_fractions_keep_every_bit(records):
    values = [*np.random.default_rng(0).normal(size=50).tolist(), 5e-324, 1.7976931348623157e308, -0.0]
    read = cells_of(records(*({"a": value} for value in values)))["a"]
    assert np.array(read).tobytes() == np.array(values).tobytes()


def test_dates_stay_as_written(records):
    days = ["2024-01-02", "02-13-2020", "2024-01-02T03:04:05Z"]
    assert cells_of(records(*({"day": day} for day in days))) == {"day": days}


@pytest.mark.parametrize(
    "names",
    [("a", "A"), ("a", "A_1", "a_1"), ("", "x"), ("a.b", "c/d", "e~f"), ('say "so"', "it's"), ("$", "[0]", "*")],
)
def test_any_keys(records, names):
    record = {name: position for position, name in enumerate(names)}
    assert cells_of(records(record, record)) == {name: [value, value] for name, value in record.items()}
    nested = {"in": record, "out": 0.5}
    assert cells_of(records(nested)) == {**{f"in.{name}": [value] for name, value in record.items()}, "out": [0.5]}


def test_values_are_the_same_by_both_ways_of_reading(write):
    # Records whose names differ in case only are read in another way than others.
    values = [1, -1.5, "x", "", True, None, [1, "y"], {}, "é\n\"'", BIG, "1.0", "null"]
    pairs = {f"{i} {j}": (values[i], values[j]) for i in range(len(values)) for j in range(len(values))}
    records = [{name: pair[position] for name, pair in pairs.items()} for position in range(2)]
    plain = as_it_stands(write("p.jsonl", lines(*records)))[0]
    cased = as_it_stands(write("c.jsonl", lines(*({**record, "a": 0, "A": 1} for record in records))))[0]
    assert cased.drop_columns(["a", "A"]).equals(plain)


def test_an_object_of_many_keys_stays_text(write):
    records = [{"id": number, "votes": {f"u{number}": 1, f"v{number}": 2}} for number in range(150)]
    table = cells_of(write("t.jsonl", lines(*records)))
    assert [*table] == ["id", "votes"]
    assert table["votes"][3] == '{"u3":1,"v3":2}'


FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", None], "c": [0.5, 1.5, 2.5]})


@pytest.mark.parametrize("indent", [0, 2])
@pytest.mark.parametrize("orient", ["split", "columns", "index", "table", "records"])
def test_what_pandas_writes(tmp_path, orient, indent):
    file = tmp_path / "t.json"
    FRAME.to_json(file, orient=orient, indent=indent)
    table, notes = as_it_stands(file)
    expected = {"a": [1, 2, 3], "b": ["x", "y", None], "c": [0.5, 1.5, 2.5]}
    assert table.to_pydict() == expected
    assert len(notes) == (orient != "records")
    if orient != "records":
        FRAME.set_axis(["r", "s", "t"]).to_json(file, orient=orient, indent=indent)
        assert cells_of(file) == {"index": ["r", "s", "t"], **expected}


def test_lists_for_columns(write):
    assert cells_of(write("t.json", '{"a": [1, 2], "b": ["x", null]}')) == {"a": [1, 2], "b": ["x", None]}


def test_a_list_within_a_document(write):
    document = {"meta": {"n": 2}, "results": [{"a": 1, "b": {"c": "x"}}, {"a": 2.5}], "next": None}
    for text in (json.dumps(document), json.dumps(document, indent=2), "\ufeff " + json.dumps(document)):
        table, notes = as_it_stands(write("t.json", text))
        assert table.to_pydict() == {"a": [1, 2.5], "b.c": ["x", None]}
        assert "The list 'results' of" in notes[0]
        assert "('meta', 'next')" in notes[0]
    assert cells_of(write("u.json", json.dumps({"data": {"values": document["results"]}})))["a"] == [1, 2.5]


def test_several_lists_are_named(write):
    file = write("t.json", json.dumps({"x": [{"a": 1}], "y": {"z": [{"b": 2}]}}))
    assert cells_of(f"{file}::y.z") == {"b": [2]}
    with pytest.raises(SourceError, match=r"several lists of records: name one as .*::x \(there are 'x', 'y\.z'\)$"):
        rows.open(file)
    with pytest.raises(SourceError, match=r"no list of records 'q': the lists are 'x', 'y\.z'"):
        rows.open(f"{file}::q")
    with pytest.raises(SourceError, match="one list of records: leave out ::q"):
        rows.open(f"{write('l.jsonl', lines({'a': 1}, {'a': 2}))}::q")


def test_one_record_is_one_row(write):
    assert cells_of(write("t.json", '{"a": 1, "b": {"c": "x", "d": [1]}}')) == {"a": [1], "b.c": ["x"], "b.d": ["[1]"]}


def test_geometries(write):
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"mag": 4.5}}
    table = cells_of(write("t.geojson", json.dumps({"type": "FeatureCollection", "features": [feature, feature]})))
    assert table["properties.mag"] == [4.5, 4.5]
    assert table["geometry.coordinates"] == ["[1,2]", "[1,2]"]


def test_records_that_are_no_lines(write):
    assert cells_of(write("t.json", '{\n "a": 1\n}\n{\n "a": 2\n}\n')) == {"a": [1, 2]}
    assert cells_of(write("t.json", '{"a": 1}{"a": 2}')) == {"a": [1, 2]}
    assert cells_of(write("t.jsonl", '{"a": 1}\n\n{"a": 2}\n\n')) == {"a": [1, 2]}


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("", EmptyTableError, "has no rows"),
        ("[]", EmptyTableError, "has no rows"),
        ("[1, 2]", SourceError, "does not hold records"),
        ("[[1, 2], [3, 4]]", SourceError, "does not hold records"),
        ('"x"', SourceError, "does not hold records"),
        ('[{"a": 1}, null]', SourceError, "does not hold records"),
        ('[{"a": 1}, {"a":', SourceError, r"cannot read .*t\.json: Malformed JSON"),
        ('{"a": 1', SourceError, r"cannot read .*t\.json: "),
        ('{"a": 1, "a": 2}\n{"a": 1}', SourceError, "duplicate key"),
        ("{'a': 1}", SourceError, "cannot read"),
        (b'{"a": "\xff"}\n', SourceError, r"not UTF-8|cannot read"),
        ('[{"a.b": 1, "a": {"b": 2}}]', SourceError, "column 'a.b' more than once"),
    ],
)
def test_json_without_a_table(write, content, error, message):
    with pytest.raises((error, ValueError), match=message):
        rows.open(write("t.json", content))


def test_damaged_records_are_one_sentence(write):
    content = lines(*({"a": number, "b": {"c": str(number)}} for number in range(100)))
    for stop in range(1, len(content), 97):
        assert "\n" not in complaint(write("t.jsonl", content[:stop]))
        assert "\n" not in complaint(write("t.json", b"\x00\xfe" + content[:stop].encode()))
