"""What comes out of a table is what went in: values, types, what is kept beside them, whatever the format."""

import csv
import datetime
import json
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mixtura
from mixtura import rows
from mixtura.rows import open_writer
from mixtura.rows.writing.added import Lists

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
MOMENTS = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1))

CELLS = {
    pa.int8(): st.integers(-128, 127),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats(),
    pa.bool_(): st.booleans(),
    pa.string(): TEXT,
    pa.large_string(): TEXT,
    pa.binary(): st.binary(max_size=5),
    pa.date32(): st.dates(datetime.date(1, 1, 1)),
    pa.timestamp("us"): MOMENTS,
    pa.timestamp("ms", "Europe/Berlin"): st.integers(0, 2**41).map(
        lambda ms: datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC)
    ),
    pa.time64("us"): st.times(),
    pa.duration("ms"): st.integers(-(2**40), 2**40).map(lambda ms: datetime.timedelta(milliseconds=ms)),
    pa.decimal128(20, 3): st.integers(-(10**20) + 1, 10**20 - 1).map(lambda n: Decimal(n).scaleb(-3)),
    pa.dictionary(pa.int8(), pa.string()): TEXT,
    pa.list_(pa.int64()): st.lists(st.none() | st.integers(-9, 9), max_size=3),
    pa.struct([("a", pa.string()), ("b", pa.float64())]): st.fixed_dictionaries(
        {"a": st.none() | TEXT, "b": st.none() | st.floats(allow_nan=False)}
    ),
}
SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NEW = {"anomaly_score", "flagged_columns", "reason"}


@st.composite
def tables(draw, kinds=tuple(CELLS)):
    """Return a table of some columns, with metadata of its own and of its columns."""
    n_rows = draw(st.integers(1, 6))
    names = draw(st.lists(TEXT.filter(lambda name: name not in NEW), min_size=1, max_size=4, unique=True))
    fields, columns = [], []
    for name in names:
        kind = draw(st.sampled_from(kinds))
        cells = draw(st.lists(st.none() | CELLS[kind], min_size=n_rows, max_size=n_rows))
        fields.append(pa.field(name, kind, metadata={"unit": name}))
        value_type = kind.value_type if pa.types.is_dictionary(kind) else kind
        columns.append(pa.array(cells, value_type).cast(kind))
    return pa.table(columns, schema=pa.schema(fields, metadata={"pandas": "{}", "mixtura": "an earlier run"}))


def new_of(table):
    n_rows = table.num_rows
    names = [["a", "b"], *[None] * (n_rows - 1)]
    return {
        "anomaly_score": np.arange(n_rows) / 7,
        "flagged_columns": Lists(names, ["a, b", *[None] * (n_rows - 1)]),
        "reason": ["=a, that is why", *[None] * (n_rows - 1)],
    }


def write(path, table, **options):
    """Write a table with new columns in two pieces, the second with dictionaries of its own."""
    pieces = [table, pa.concat_tables([table.slice(0, 1)])]
    pieces[1] = pa.table([fresh(column) for column in pieces[1].columns], schema=table.schema)
    with open_writer(path, **options) as writer:
        for piece in pieces:
            writer.write(piece, new_of(piece))
    return pa.concat_tables(pieces)


def fresh(column):
    if not pa.types.is_dictionary(column.type):
        return column
    return pa.chunked_array([column.cast(column.type.value_type)]).dictionary_encode().cast(column.type)


def assert_same(after, before):
    assert after.column_names == [*before.column_names, *new_of(before)]
    old = after.select(before.column_names)
    assert old.schema.equals(before.schema.with_metadata({b"pandas": b"{}"}), check_metadata=False)
    for name in before.column_names:
        assert after.schema.field(name).metadata.items() >= {b"unit": name.encode()}.items()
        one, other = (table.column(name).combine_chunks() for table in (old, before))
        # NaN is no NaN in nested values.
        assert repr(one.to_pylist()) == repr(other.to_pylist())
    assert after.schema.metadata[b"pandas"] == b"{}"
    assert b"mixtura" not in after.schema.metadata
    assert after.schema.field("flagged_columns").type.equals(pa.list_(pa.string()))
    assert after["reason"][0].as_py() == "=a, that is why"


@SOME
@given(table=tables())
def test_parquet(tmp_path, table):
    before = write(tmp_path / "t.parquet", table)
    assert_same(pq.read_table(tmp_path / "t.parquet"), before)


@SOME
@given(table=tables())
def test_arrow(tmp_path, table):
    before = write(tmp_path / "t.arrow", table)
    assert_same(pa.ipc.open_file(tmp_path / "t.arrow").read_all(), before)


@SOME
@given(table=tables(kinds=(pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string()))))
@pytest.mark.parametrize(("name", "delimiter"), [("t.csv", ","), ("t.tsv", "\t"), ("t.txt", "\t"), ("t.psv", "|")])
def test_text_in_delimited_files(tmp_path, table, name, delimiter):
    before = write(tmp_path / name, table)
    with (tmp_path / name).open(newline="", encoding="utf-8") as stream:
        header, *records = csv.reader(stream, delimiter=delimiter)
    assert header == [*before.column_names, "anomaly_score", "flagged_columns", "reason"]
    cells = list(
        zip(*(["" if cell is None else cell for cell in column.to_pylist()] for column in before.columns), strict=True)
    )
    assert [tuple(record[: before.num_columns]) for record in records] == cells
    assert records[0][before.num_columns :] == ["0", "a, b", "'=a, that is why"]


JSON_KINDS = (pa.int64(), pa.uint64(), pa.float64(), pa.bool_(), pa.string(), *list(CELLS)[-2:], pa.decimal128(20, 3))


@SOME
@given(table=tables(kinds=JSON_KINDS))
@pytest.mark.parametrize("name", ["t.json", "t.jsonl"])
def test_json_keeps_numbers_and_nested_values(tmp_path, table, name):
    before = write(tmp_path / name, table)
    content = (tmp_path / name).read_text(encoding="utf-8")
    # Only a line feed ends a record.
    texts = content.rstrip("\n").split("\n") if name == "t.jsonl" else [content]
    found = [json.loads(text, parse_float=Decimal) for text in texts]
    records = found if name == "t.jsonl" else found[0]
    assert len(records) == before.num_rows
    for record, expected in zip(records, before.to_pylist(), strict=True):
        assert {name: value for name, value in record.items() if name not in NEW} == plain(expected)
    assert records[0]["flagged_columns"] == ["a", "b"]


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return Decimal(repr(value)) if np.isfinite(value) else None
    return value


# As people write them, one cell beside the other.
WRITTEN = st.sampled_from(
    ["1.10", "10E0", "15921556852572072307", "007", "n/a", " a ", "-0", "", "1,5", 'say "x"', "x;y", "<r>x</r>", "=1+1"]
)


@SOME
@given(cells=st.lists(st.tuples(WRITTEN, WRITTEN, st.integers(-99, 99)), min_size=3, max_size=9))
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_fields_of_delimited_text_stay_as_they_are_written(tmp_path, cells, delimiter):
    records = [["first", "second", "n"], *([*pair, str(n)] for *pair, n in cells)]
    with (tmp_path / "in.csv").open("w", newline="") as stream:
        csv.writer(stream, delimiter=delimiter, lineterminator="\n").writerows(records)
    table = rows.open(tmp_path / "in.csv", columns=["n"], kinds={"n": "number"}, missing="allow", non_numeric="drop")
    with open_writer(tmp_path / "out.csv") as writer:
        writer.begin(table.style())
        for block, _ in table.tables():
            writer.write(block, {})
    assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "in.csv").read_bytes()


CELL_OF = {
    "int8": -5,
    "int64": 2**62 + 1,
    "uint64": 2**64 - 1,
    "bool": True,
    "string": 'say "ü"\n',
    "large_string": "",
    "binary": b"\xff\x00",
    "date32[day]": datetime.date(1812, 6, 24),
    "timestamp[us]": datetime.datetime(2024, 1, 2, 3, 4, 5, 6),
    "timestamp[ms, tz=Europe/Berlin]": datetime.datetime(2024, 7, 1, tzinfo=datetime.UTC),
    "time64[us]": datetime.time(1, 2, 3, 4),
    "duration[ms]": datetime.timedelta(milliseconds=-1),
    "decimal128(20, 3)": Decimal("-12345678901234567.125"),
    "dictionary<values=string, indices=int8, ordered=0>": "level",
    "list<item: int64>": [1, None],
    "list<element: int64>": [1, None],
    "struct<a: string, b: double>": {"a": None, "b": 0.1},
}


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_a_pass_over_a_table_changes_nothing_in_it(tmp_path, ending):
    rng = np.random.default_rng(0)
    kinds = [kind for kind in CELLS if not pa.types.is_floating(kind)]
    some = {kind: [CELL_OF[str(kind)], None] * 100 for kind in kinds}
    columns = [pa.array(cells, kind.value_type if pa.types.is_dictionary(kind) else kind).cast(kind)
               for kind, cells in some.items()]  # fmt: skip
    fields = [pa.field(str(kind), kind, metadata={"unit": str(kind)}) for kind in kinds]
    schema = pa.schema([*fields, ("x", pa.float64()), ("y", pa.float32())], metadata={"pandas": "{}"})
    numbers = [rng.normal(size=200), rng.normal(size=200).astype(np.float32)]
    table = pa.table([*columns, *numbers], schema=schema)
    write_whole(table, tmp_path / f"t.{ending}")
    before = read_whole(tmp_path / f"t.{ending}")
    found = mixtura.detect(tmp_path / f"t.{ending}", rate=0.02, columns=["x", "y"], out=tmp_path / f"d.{ending}")
    mixtura.score(found.model, tmp_path / f"t.{ending}", out=tmp_path / f"s.{ending}")
    for name in (f"d.{ending}", f"s.{ending}"):
        after = read_whole(tmp_path / name)
        old = after.select(table.column_names)
        assert old.schema.equals(before.schema.with_metadata(old.schema.metadata), check_metadata=True)
        assert old.schema.metadata[b"pandas"] == b"{}"
        assert old.equals(before)


def write_whole(table, path):
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=70)
    else:
        pa.feather.write_feather(table, str(path), chunksize=70)


def read_whole(path):
    return pq.read_table(path) if path.suffix == ".parquet" else pa.ipc.open_file(path).read_all()
