"""What columns are, of small tables and of real ones."""

import csv
import io

import numpy as np
import pyarrow as pa
import pytest
from kind_tables import COLUMNS

from mixtura.columns.deciding.deciding import KINDS, as_json, from_json, kind_asked, kind_of
from mixtura.columns.kinds.number import Number
from mixtura.columns.seen.profile import TableSeen
from mixtura.errors import RequestError
from requirements import SHARED, needs_shared


def seen_in(table):
    return TableSeen.zero(table.schema).including(table, 0)


def as_it_stands(columns):
    return pa.table({name: pa.array([cell or None for cell in cells], pa.string()) for name, cells in columns.items()})


def kinds_in(table, missing=()):
    return {name: kind_of(name, column, missing) for name, column in seen_in(table).columns.items()}


def _said(kind, wanted):
    """What a kind is, told as exactly as what is wanted."""
    missing = "".join(f" {mark}" for mark in kind.missing) if kind.name == "category" else ""
    return f"{kind.name}: {kind.told}" if ":" in wanted else kind.name + missing


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_of_small_tables(name):
    columns = COLUMNS[name]
    kinds = kinds_in(as_it_stands({name: cells for name, cells, _ in columns}))
    assert {name: _said(kinds[name], wanted) for name, _, wanted in columns} == {n: wanted for n, _, wanted in columns}
    for kind in kinds.values():
        again = from_json(as_json(kind))
        assert again == kind
        assert again.told == kind.told
        assert as_json(again) == as_json(kind)


@pytest.mark.parametrize("name", COLUMNS)
def test_typed_columns_are_what_their_texts_are(name):
    for column, cells, wanted in COLUMNS[name]:
        typed = _typed(cells)
        if typed is not None and "leading" not in wanted:
            assert kinds_in(pa.table({column: typed}))[column].name == wanted.split(":")[0].split(" ")[0]


def _typed(cells):
    """Cells as integers or doubles, None where they are neither, or were written otherwise."""
    there = [cell for cell in cells if cell]
    for kind, arrow_type in ((int, pa.int64()), (float, pa.float64())):
        try:
            values = [kind(cell) for cell in there]
        except ValueError:
            continue
        if there and not any(cell.startswith("0") and cell.isdigit() and len(cell) > 1 for cell in there):
            found = iter(values)
            return pa.array([next(found) if cell else None for cell in cells], arrow_type)
    return None


DECODED = {
    "plain": (["1", "2.5", "", "-3"], [1, 2.5, np.nan, -3], {}),
    "one stray": ([*"123456789", "ten"], [*range(1, 10), np.nan], {9: "ten"}),
    "marks": (["1", "?", "NA", "n.d.", "5"], [1, np.nan, np.nan, np.nan, 5], {}),
    "infinite": ([*"123456789", "inf"], [*range(1, 10), np.nan], {9: "inf"}),
    "without an end": ([*map(str, range(30, 60)), *["Inf"] * 10], [*range(30, 60), *[np.nan] * 10], {}),
    "few without an end": ([*"123", "inf"], [1, 2, 3, np.nan], {3: "inf"}),
    "standing in": ([*map(str, range(30, 60)), *["varies"] * 5], [*range(30, 60), *[np.nan] * 5], {}),
    "prices": (["0"] * 12 + ["$4.99"], [0] * 12 + [4.99], {}),
    "money": (
        ["$1", "$2", "$3", "free", *(f"${n}" for n in range(5, 12))],
        [1, 2, 3, np.nan, *range(5, 12)],
        {3: "free"},
    ),
    "space": ([" 1", "2 ", " 3 "], [1, 2, 3], {}),
    "codes": (["1", "0", "1", "1"], [1, 0, 1, 1], {}),
    "plus": (["+1", "-2", "3"], [1, -2, 3], {}),
}


@pytest.mark.parametrize("name", DECODED)
def test_numbers_are_read_and_strays_are_told(name):
    cells, values, strays = DECODED[name]
    table = as_it_stands({"a": cells})
    kind = kinds_in(table)["a"]
    decoded = kind.decode(table.column("a"))
    np.testing.assert_array_equal(decoded.values, values)
    assert {int(row): cells[row] for row in decoded.strays} == strays


def test_marks_of_a_user_are_missing():
    table = as_it_stands({"a": ["1", "k.A.", "3", "k.A.", "-999", "6"], "b": ["x", "y", "x", "k.A.", "y", "x"]})
    kind = kinds_in(table, ("k.A.", "-999"))["a"]
    assert kind == Number(missing=("k.A.", "-999"))
    np.testing.assert_array_equal(kind.decode(table.column("a")).values, [1, np.nan, 3, np.nan, np.nan, 6])
    assert kinds_in(table)["a"].name != "number"


def test_types_say_what_texts_cannot():
    table = pa.table(
        {
            "level": pa.array(["a", "b", None, "d"]).dictionary_encode(),
            "truth": pa.array([True, False, None, True]),
            "always": pa.array([True, True, None, True]),
            "nothing": pa.nulls(4),
            "no numbers": pa.nulls(4, pa.float64()),
            "list": pa.array([[1], [2], None, [3]]),
            "bytes": pa.array([b"a", b"b", None, b"c"]),
            "day": pa.array([1, 2, None, 3], pa.int32()).cast(pa.date32()),
        }
    )
    told = {name: f"{kind.name}: {kind.told}" for name, kind in kinds_in(table).items()}
    assert told == {
        "level": "category: category",
        "truth": "flag: flag",
        "always": "constant: constant",
        "nothing": "empty: empty",
        "no numbers": "number: empty",
        "list": "other: nested values",
        "bytes": "other: binary",
        "day": "date: date",
    }


def test_whole_numbers_of_65_thousand_values_and_more():
    n = 70_000
    order = np.random.default_rng(0).permutation(n)
    table = pa.table(
        {"user_id": order, "amount": order, "customer_id": order % 300, "key": [f"k{i:08x}" for i in order]}
    )
    kinds = kinds_in(table)
    assert [kind.name for kind in kinds.values()] == ["identifier", "number", "category", "identifier"]


def test_a_user_says_what_a_column_is():
    columns = seen_in(as_it_stands({"a": ["1", "2", "2"], "b": ["x", "y", "y"], "d": ["2024-01-28"] * 3})).columns
    assert kind_asked("number", "a", columns["a"]).name == "number"
    assert kind_asked("category", "a", columns["a"]).name == "category"
    assert kind_asked("date", "d", columns["d"]).name == "date"
    with pytest.raises(RequestError, match=r"the kinds are number, flag"):
        kind_asked("numbers", "a", columns["a"])
    with pytest.raises(RequestError, match=r"'b' cannot be read as a date"):
        kind_asked("date", "b", columns["b"])


def test_every_kind_is_listed_by_its_name():
    assert all(kind.name == name for name, kind in KINDS.items())


def _read(file):
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    names, *rows = csv.reader(io.StringIO(text, newline=""))
    return as_it_stands({name: [row[at] if at < len(row) else "" for row in rows] for at, name in enumerate(names)})


REAL = {
    "real/taxis.csv": "date date" + 6 * " number" + 6 * " category",
    "real/AirQualityUCI.csv": "date time" + 13 * " number",
    "real/spotify-2023.csv": "text text" + 6 * " number" + " category category number number number",
    "real/biopics.csv": (
        "text identifier category number number text number text category category category flag category text"
    ),
    "real/googleplaystore.csv": (
        "text category number number number number category number category category date category category"
    ),
    "mixed/titanic.csv": (
        "number flag text category number number number text number text category category number category"
    ),
    "mixed/hypothyroid.csv": "number category" + 14 * " flag" + 4 * " number" + " category category number",
    "mixed/heart.csv": "number flag category number number flag number number flag number number number flag",
    "mixed/election.csv": 12 * "category " + "number number number flag number",
    "cells/philips.csv": 9 * "number ",
    "cells/hospital_clean.csv": 8 * "category "
    + "constant category flag"
    + 3 * " category"
    + " number number category",
}


@needs_shared("real")
@needs_shared("mixed")
@needs_shared("cells")
@pytest.mark.parametrize("file", REAL)
def test_columns_of_real_tables(file):
    kinds = kinds_in(_read(SHARED / file))
    assert " ".join(kind.name for kind in kinds.values()) == REAL[file].strip()
