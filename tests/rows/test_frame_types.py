"""Columns of every type that dataframes have: what they hold, and that tables give them as they are."""

import datetime
import uuid
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mixtura
from mixtura import rows
from mixtura.columns.kinds.number import Number
from mixtura.errors import ColumnError
from mixtura.rows.blocks.columns import Choice
from mixtura.rows.frames.frame import FrameTable, merged_type
from mixtura.rows.looked.decoded import decoded

N_ROWS = 40
DAY, MOMENT = datetime.date(2020, 1, 31), datetime.datetime(2020, 1, 31, 5)


def cycle(*values):
    return [values[position % len(values)] for position in range(N_ROWS)]


def objects(*values):
    made = np.empty(N_ROWS, object)
    made[:] = cycle(*values)
    return pd.Series(made, dtype=object)


def series(values, dtype):
    return pd.Series(pd.array(values, dtype=dtype))


# What a column of pandas holds by its type, and whether it is a column of numbers.
PANDAS = {
    "float": (pd.Series(cycle(0.25, -1.5, np.nan)), "number"),
    "float16": (pd.Series(np.array(cycle(0.25, -1.5), np.float16)), "number"),
    "nullable integers": (series(cycle(1, None, 7), "Int64"), "number"),
    "integers beyond doubles": (series(cycle(2**60 + 1, None, 7), "Int64"), "identifier"),
    "integers of Arrow": (series(cycle(1, None, 7), "int64[pyarrow]"), "number"),
    "decimals of Arrow": (series(cycle(Decimal("1.50"), None), pd.ArrowDtype(pa.decimal128(5, 2))), "number"),
    "sparse": (pd.Series(pd.arrays.SparseArray(cycle(0.0, 0.0, 2.5))), "number"),
    "objects that are numbers": (objects(1, None, 2.5), "number"),
    "objects that are decimals": (objects(Decimal("1.5"), None, Decimal("22.25")), "number"),
    "integers beyond all": (objects(2**70, 1, 3), "number"),
    "objects of numbers and text": (objects(*range(1, 16), "bad"), "number"),
    "true and false": (pd.Series(cycle(True, False)), "flag"),
    "nullable true and false": (series(cycle(True, None, False), "boolean"), "flag"),
    "objects of true and false": (objects(True, None, False), "flag"),
    "categories": (pd.Series(pd.Categorical(cycle("x", "y"), ["z", "y", "x"], ordered=True)), "category"),
    "categories of numbers": (pd.Series(pd.Categorical(cycle(7, 8, 9))), "category"),
    "categories of intervals": (pd.Series(pd.cut(np.arange(N_ROWS), 3)), "category"),
    "categories of anything": (pd.Series(pd.Categorical(cycle(7, "x"))), "category"),
    "text": (pd.Series(cycle("x", "y", None)), "category"),
    "nullable text": (series(cycle("x", "y", None), "string"), "category"),
    "text of Arrow": (series(cycle("x", "y", None), pd.ArrowDtype(pa.string())), "category"),
    "text that is no Unicode": (objects("\ud800", "y"), "category"),
    "identifiers": (objects(*[uuid.UUID(int=position) for position in range(N_ROWS)]), "identifier"),
    "objects of nobody": (objects(*[object() for _ in range(N_ROWS)]), "identifier"),
    "dates": (objects(DAY, None), "date"),
    "moments": (pd.Series(pd.date_range("2020", periods=N_ROWS)), "date"),
    "moments with a zone": (pd.Series(pd.date_range("2020", periods=N_ROWS, tz="Europe/Paris")), "date"),
    "durations": (pd.Series(pd.to_timedelta(np.arange(N_ROWS), unit="s")), "duration"),
    "periods": (pd.Series(pd.period_range("2020", periods=N_ROWS, freq="M")), "other"),
    "intervals": (pd.Series(pd.interval_range(0, N_ROWS)), "other"),
    "lists": (objects([1], [2, 3]), "other"),
    "records": (objects({"a": 1}, None), "other"),
    "bytes": (objects(b"a", b"b"), "other"),
    "nothing": (objects(None), "empty"),
    "no categories": (pd.Series(pd.Categorical([None] * N_ROWS)), "empty"),
}

POLARS = {
    "integers": (pl.Series(cycle(1, None, 7)), "number"),
    "unsigned": (pl.Series(cycle(2**63 + 5, 1, 2)), "identifier"),
    "wide integers": (pl.Series(cycle(2**100, 1, None), dtype=pl.Int128), "number"),
    "null and NaN": (pl.Series(cycle(0.5, None, float("nan"))), "number"),
    "decimals": (pl.Series(cycle(Decimal("1.50"), None)), "number"),
    "true and false": (pl.Series(cycle(True, None, False)), "flag"),
    "text": (pl.Series(cycle("x", "y", None)), "category"),
    "enum": (pl.Series(cycle("x", "y"), dtype=pl.Enum(["z", "y", "x"])), "category"),
    "categories": (pl.Series(cycle("x", "y"), dtype=pl.Categorical), "category"),
    "objects": (pl.Series(cycle(1, "x"), dtype=pl.Object), "category"),
    "dates": (pl.Series(cycle(DAY, None)), "date"),
    "moments": (pl.Series(cycle(MOMENT, None)).dt.replace_time_zone("Europe/Paris"), "date"),
    "times": (pl.Series(cycle(datetime.time(5, 30), None)), "time"),
    "durations": (pl.Series(cycle(datetime.timedelta(1), None)), "duration"),
    "lists": (pl.Series(cycle([1], None)), "other"),
    "arrays": (pl.Series(cycle([1, 2], [3, 4]), dtype=pl.Array(pl.Int64, 2)), "other"),
    "records": (pl.Series(cycle({"a": 1}, None)), "other"),
    "bytes": (pl.Series(cycle(b"a", None)), "other"),
    "nothing": (pl.Series([None] * N_ROWS), "empty"),
}
NOT_IN_ARROW = {"wide integers", "objects"}


def opened(frame):
    return rows.open(frame, non_numeric="drop", missing="allow")


def pandas_frame(name):
    return pd.DataFrame({"n": np.arange(N_ROWS) * 1.5, "column": PANDAS[name][0]})


def polars_frame(name):
    return pl.DataFrame({"n": np.arange(N_ROWS) * 1.5}).with_columns(POLARS[name][0].alias("column"))


@pytest.mark.parametrize("name", PANDAS)
def test_what_a_column_of_pandas_holds(name):
    table = opened(pandas_frame(name))
    assert table.kinds["column"].name == PANDAS[name][1]
    assert table.columns == (("n", "column") if PANDAS[name][1] == "number" else ("n",))


@pytest.mark.parametrize("name", POLARS)
@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_what_a_column_of_polars_and_arrow_holds(name, library):
    if library == "pyarrow" and name in NOT_IN_ARROW:
        pytest.skip("Arrow has no such type")
    frame = polars_frame(name)
    table = opened(frame if library == "polars" else frame.to_arrow())
    assert table.kinds["column"].name == POLARS[name][1]
    assert table.columns == (("n", "column") if POLARS[name][1] == "number" else ("n",))


@pytest.mark.parametrize("name", sorted(POLARS.keys() - NOT_IN_ARROW))
def test_tables_give_polars_back(name):
    frame = polars_frame(name)
    (pair,) = opened(frame).tables()
    assert pl.from_arrow(pair[0]).equals(frame)


VERBATIM = [
    *("float", "nullable integers", "integers beyond doubles", "decimals of Arrow", "objects that are decimals"),
    *("nullable true and false", "categories", "text", "dates", "moments with a zone", "durations", "periods"),
    *("lists", "records", "bytes"),
]


@pytest.mark.parametrize("name", VERBATIM)
def test_tables_hold_what_pandas_holds(name):
    frame = pandas_frame(name)
    (pair,) = opened(frame).tables()
    expected = pa.Table.from_pandas(frame, preserve_index=False)
    assert pair[0].column("column").to_pylist() == expected.column("column").to_pylist()
    assert pair[0].schema.field("column").type == expected.schema.field("column").type


def test_what_arrow_has_no_type_for_is_text():
    texts = {
        "categories of intervals": str(pd.cut(np.arange(N_ROWS), 3)[0]),
        "integers beyond all": str(2**70),
        "text that is no Unicode": "\\ud800",
        "objects of numbers and text": "1",
        "identifiers": str(uuid.UUID(int=0)),
    }
    for name, text in texts.items():
        (pair,) = opened(pandas_frame(name)).tables()
        assert pair[0].column("column")[0].as_py() == text


def test_dates_beside_moments_keep_their_times():
    (pair,) = opened(pd.DataFrame({"n": np.arange(N_ROWS) * 1.5, "t": objects(DAY, MOMENT, pd.NaT)})).tables()
    assert pair[0].column("t")[:3].to_pylist() == ["2020-01-31", "2020-01-31 05:00:00", None]


def test_text_among_numbers_does_not_fit():
    (block,) = opened(pandas_frame("objects of numbers and text")).blocks()
    strays = np.flatnonzero(np.array(cycle(*range(1, 16), "bad")) == "bad")
    assert block.strays.rows.tolist() == strays.tolist()
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(block.values[:, 1])), strays)


def test_an_index_is_no_column_and_names_may_be_anything():
    frame = pd.DataFrame({"a": [1.5, 2.5], "b": ["x", "y"]}, index=["p", "q"])
    assert opened(frame).names == ("a", "b")
    frame.columns = pd.MultiIndex.from_tuples([("u", 1), ("u", 2)])
    assert opened(frame).names == ("('u', 1)", "('u', 2)")
    frame.columns = [1, "1"]
    with pytest.raises(ColumnError, match="the table has column '1' more than once"):
        rows.open(frame)


def test_lazy_frames_of_narwhals_are_collected(need):
    nw = need("narwhals")
    frame = polars_frame("integers")
    for source in (
        nw.from_native(frame),
        nw.from_native(frame.lazy()),
        nw.from_native(need("duckdb").from_arrow(frame.to_arrow())),
    ):
        assert opened(source).columns == ("n", "column")


def test_many_rows_come_a_few_at_a_time():
    frame = pd.DataFrame({name: np.arange(2**19, dtype=np.float32) for name in "abcd"})
    batches = list(FrameTable(frame).batches(["c", "a", "d"]))
    assert len(batches) > 1
    assert sum(batch.num_rows for batch in batches) == len(frame)
    assert batches[0].schema.names == ["c", "a", "d"]


NUMBERS = st.lists(st.one_of(st.none(), st.integers(-(2**62), 2**62)), min_size=1, max_size=60)


@given(NUMBERS)
def test_nullable_integers_are_the_same_in_every_library(values):
    expected = np.array([[np.nan if value is None else float(value)] for value in values])
    makers = (
        lambda: pd.DataFrame({"a": pd.array(values, "Int64")}),
        lambda: pd.DataFrame({"a": pd.Series(values, dtype=object)}),
        lambda: pd.DataFrame({"a": pd.array(values, "int64[pyarrow]")}),
        lambda: pl.DataFrame({"a": pl.Series(values, dtype=pl.Int64)}),
        lambda: pa.table({"a": pa.array(values, pa.int64())}),
    )
    for make in makers:
        raw = FrameTable(make())
        table = decoded(raw, Choice(columns=["a"], missing="allow"), {"a": Number()})
        np.testing.assert_array_equal(np.concatenate([block.values for block in table.blocks()]), expected)
        (batch,) = raw.batches(["a"])
        assert batch.column(0).to_pylist() == values


@given(st.lists(st.sampled_from([pa.null(), pa.int64(), pa.int32(), pa.float64(), pa.string()]), min_size=1))
def test_merged_types_do_not_depend_on_the_order(types):
    assert merged_type(types) == merged_type(types[::-1])
    assert merged_type([*types, pa.null()]) == merged_type(types)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_flagged_rows_have_the_types_of_their_frame(library):
    random = np.random.default_rng(0)
    numbers = {"x": random.normal(size=N_ROWS), "y": random.normal(size=N_ROWS)}
    numbers["x"][7] = 90.0
    kept = ["categories", "categories of intervals", "nullable integers", "periods", "sparse", "identifiers"]
    if library == "pandas":
        frame = pd.DataFrame({**numbers, **{name: PANDAS[name][0] for name in kept}})
        frame.index += 5
    else:
        frame = pl.DataFrame(numbers).with_columns([values.alias(name) for name, (values, _) in POLARS.items()])
    flagged = mixtura.detect(frame, columns=["x", "y"], rate=0.03).flagged
    assert 8 in flagged["row"].to_list()
    for name in frame.columns:
        assert flagged[name].dtype == frame[name].dtype
    if library == "pandas":
        at = flagged["row"].to_numpy() - 1
        assert flagged["categories of intervals"].tolist() == frame["categories of intervals"].iloc[at].tolist()
