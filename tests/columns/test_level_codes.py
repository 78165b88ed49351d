import numpy as np
import pyarrow as pa
import pytest

from mixtura.columns.deciding.deciding import as_json, from_json, kind_of
from mixtura.columns.kinds.category import Category, Flag, Text
from mixtura.columns.kinds.level_codes import LevelCodes
from mixtura.columns.kinds.number import Number
from mixtura.columns.kinds.unused import Identifier
from mixtura.columns.seen.column_seen import ColumnSeen


def kind_in(cells, name="x", missing=()):
    """Return the kind of a column, its levels coded."""
    seen = ColumnSeen(cells.type).including(cells, 0)
    return kind_of(name, seen, missing).coded(seen, missing)


def codes(kind, cells):
    return kind.decode(cells).values.tolist()


def test_the_most_frequent_level_has_the_first_code_and_a_level_never_seen_the_one_after_the_last():
    kind = kind_in(pa.array(["b", "a", "b", "b", "c", "c", "b"] * 5))
    assert isinstance(kind, Category)
    assert kind.coding.levels == ("b", "c", "a")
    assert codes(kind, pa.array(["a", "b", "Z", "c", "Y"])) == [2, 0, 3, 1, 3]
    assert [kind.speak(code) for code in (0.0, 2.0, 3.0, np.nan)] == ["b", "a", "", ""]


def test_marks_of_missing_values_have_no_code():
    cells = pa.array(["red", "blue", "?", "NA", None, "n/m", " "] * 8)
    kind = kind_in(cells, missing=("N/M",))
    assert kind.coding.levels == ("blue", "red")
    assert np.isnan(codes(kind, cells)[:7]).tolist() == [False, False, True, True, True, True, True]


@pytest.mark.parametrize(
    ("cells", "levels"),
    [
        (pa.array([True, False, True]), ("true", "false")),
        (pa.array(["yes", "no", "yes"]), ("yes", "no")),
        (pa.array(["b", "a", "b"]).dictionary_encode(), ("b", "a")),
        (pa.array([30, 20, 30]).dictionary_encode(), ("30", "20")),
        (pa.array(["01003", "01003", "35233", "35233", "35233"] * 9), ("35233", "01003")),
    ],
)
def test_levels_of_every_type(cells, levels):
    kind = kind_in(cells, "zip" if len(cells) > 3 else "x")
    assert kind.coding.levels == levels
    assert [kind.speak(code) for code in codes(kind, cells)] == [str(cell).lower() for cell in cells.to_pylist()]


def test_a_number_is_the_same_level_however_it_is_written():
    kind = Category().coded(ColumnSeen(pa.string()).including(pa.array(["A", "1", "1.0", "B"]), 0))
    assert codes(kind, pa.array(["1", "1.0", "01", "A", "B", "2"])) == [0, 0, 0, 1, 2, 3]


def test_flags_of_numbers_stay_numbers():
    assert Flag(Number()).coded(ColumnSeen(pa.int64())).coding is None


def test_the_levels_of_texts_are_their_shapes():
    cells = pa.array([f"AB-{number:02d}" for number in range(99)] + ["12-AB"])
    kind = kind_in(cells, "code")
    assert isinstance(kind, Identifier)
    assert kind.coding == LevelCodes(("AA-99", "99-AA"), "shapes", (), (99, 1, 0))
    assert kind.coding.share(1.0) == (1, 100)
    assert codes(kind, pa.array(["ZZ-00", "12-ZZ", "ZZ-000", "", None]))[:3] == [0, 1, 2]


def test_runs_are_one_where_shapes_differ_by_their_lengths():
    names = pa.array([f"{'x' * (1 + k % 30)}.{'y' * (1 + k % 17)}@z{'q' * (k % 13)}.org" for k in range(400)])
    kind = kind_in(names, "mail")
    assert kind.coding.of == "patterns"
    assert kind.coding.levels[0] == "a+.a+@a+.a+"


@pytest.mark.parametrize("texts", [[f"AB-{k:03d}" for k in range(100)], [("x y " * k) + "z" * k for k in range(100)]])
def test_shapes_that_are_all_alike_or_all_different_tell_nothing(texts):
    assert Text().coded(ColumnSeen(pa.string()).including(pa.array(texts), 0)).coding is None


def test_the_number_of_levels_is_bounded():
    seen = ColumnSeen(pa.string()).including(pa.array([f"n{k}" for k in range(12_000)]), 0)
    coding = LevelCodes.of_values(seen)
    assert len(coding.levels) == 10_000
    assert coding.decode(pa.array(["other"])).values == [10_000]


@pytest.mark.parametrize(
    "kind",
    [
        Flag(missing=("?",), coding=LevelCodes(("a", "b"), missing=("?",))),
        Category(coding=LevelCodes(("x",))),
        Text(LevelCodes(("AA-9",), "shapes")),
        Identifier("codes", LevelCodes(("A+",), "patterns")),
        Text(),
    ],
)
def test_kinds_with_levels_are_kept(kind):
    assert from_json(as_json(kind)) == kind


@pytest.mark.parametrize(
    "wrong", [{"levels": ["a", "a"]}, {"levels": [1]}, {"of": "colours"}, {"missing": [None]}, {"counts": [1]}]
)
def test_settings_of_no_table_are_refused(wrong):
    with pytest.raises(ValueError, match="levels"):
        LevelCodes.from_settings({"levels": ["a"], "of": "values", "missing": [], "counts": [], **wrong})
