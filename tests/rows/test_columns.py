import pytest

from mixtura.errors import ColumnError, EmptyTableError
from mixtura.rows.blocks.columns import Choice, LeftOut, choose

NAMES = ("a", "b", "t")
KINDS = ("number", "float32", "text")


def chosen(names=NAMES, kinds=KINDS, **options):
    return choose(names, kinds, Choice(**options), "the table")


def test_every_numeric_column_in_order():
    assert chosen(non_numeric="drop") == (("a", "b"), (LeftOut("t", "text"),))
    assert chosen(drop=["t"]) == (("a", "b"), ())


def test_named_columns_in_the_order_named():
    assert chosen(columns=["b", "a"]) == (("b", "a"), ())
    assert chosen(columns="b") == (("b",), ())


def test_the_weight_column_is_not_used_otherwise():
    assert chosen(drop="t", sample_weight="a") == (("b",), ())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {},
            r"column 't' of the table does not hold numbers \(text\): use mixtura.rows.open with columns= .* or drop=",
        ),
        ({"columns": ["a", "t"], "non_numeric": "drop"}, "column 't' of the table does not hold numbers"),
        ({"drop": "t", "sample_weight": "t"}, "column 't' of the table does not hold numbers"),
        ({"columns": ["A"]}, "the table has no column 'A': it has columns 'a', 'b' and 't'"),
        ({"drop": ["x"]}, "the table has no column 'x'"),
        ({"drop": "t", "sample_weight": "w"}, "the table has no column 'w'"),
        ({"columns": ["a", "a"]}, "columns= has column 'a' more than once"),
        ({"columns": ["a"], "drop": ["b"]}, "both columns= and drop= are given"),
    ],
)
def test_wrong_choices(options, message):
    with pytest.raises(ColumnError, match=message):
        chosen(**options)


def test_a_close_name_is_suggested():
    with pytest.raises(ColumnError, match=r"no column 'petal_with': did you mean 'petal_width'\?"):
        chosen(("petal_width", "petal_length"), ("number", "number"), columns=["petal_with"])


def test_repeated_names():
    with pytest.raises(ColumnError, match="the table has column 'a' more than once"):
        chosen(("a", "a"), ("number", "number"))


@pytest.mark.parametrize(
    ("names", "kinds", "options"),
    [((), (), {}), (NAMES, KINDS, {"drop": NAMES}), (("t",), ("text",), {"non_numeric": "drop"})],
)
def test_nothing_left(names, kinds, options):
    with pytest.raises(EmptyTableError, match=r"has no (numeric )?columns"):
        chosen(names, kinds, **options)
