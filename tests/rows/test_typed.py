"""Numbers in text become numbers where a format has types, and only where nothing is lost."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixtura import rows
from mixtura.rows import open_writer


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-20", "9007199254740993"], pa.int64(), [1, -20, 2**53 + 1]),
        (["1", "", "3"], pa.int64(), [1, None, 3]),
        (["1", "NA", "3"], pa.int64(), [1, None, 3]),
        (["1.10", "10E0", "-3"], pa.float64(), [1.1, 10.0, -3.0]),
        (["1.0", "2.0", "3.0"], pa.float64(), [1.0, 2.0, 3.0]),
        (["+1", "2", "3"], pa.float64(), [1.0, 2.0, 3.0]),
        (["1.5", "n/a", "2.5"], pa.float64(), [1.5, None, 2.5]),
        (["007", "010", "123"], pa.string(), ["007", "010", "123"]),
        (["15921556852572072307", "1", "2"], pa.string(), ["15921556852572072307", "1", "2"]),
        (["1", "?", "3"], pa.string(), ["1", "?", "3"]),
        (["$1", "$2", "$3"], pa.string(), ["$1", "$2", "$3"]),
        (["1", "oops", "3"], pa.string(), ["1", "oops", "3"]),
        (["true", "false", "true"], pa.string(), ["true", "false", "true"]),
        (["2024-01-02", "2024-01-03", ""], pa.string(), ["2024-01-02", "2024-01-03", None]),
    ],
    ids=str,
)
@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_columns_of_text_in_a_format_with_types(tmp_path, cells, kind, values, ending):
    with open_writer(tmp_path / f"t.{ending}") as writer:
        writer.write(pa.table({"c": cells, "x": [0.5, 1.5, 2.25]}), {})
    table = rows.open(tmp_path / f"t.{ending}", non_numeric="drop", missing="allow")
    with open_writer(tmp_path / "t.parquet") as writer:
        writer.begin(table.style())
        for part, _ in table.tables():
            writer.write(part, {})
    after = pq.read_table(tmp_path / "t.parquet")
    assert after.schema.field("c").type == kind
    assert after["c"].to_pylist() == values
    assert after.schema.field("x").type == pa.float64()


def test_text_of_a_format_with_types_stays_text(tmp_path):
    pq.write_table(pa.table({"c": ["1", "2"], "x": [0.5, 1.5]}), tmp_path / "t.parquet")
    assert dict(rows.open(tmp_path / "t.parquet", non_numeric="drop").style().number_types()) == {}


def test_a_table_read_by_known_kinds_is_looked_at_for_its_types(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,x\n2,y\n")
    kinds = rows.open(tmp_path / "t.csv", non_numeric="drop").kinds
    table = rows.open(tmp_path / "t.csv", columns=["a"], kinds=kinds)
    assert dict(table.style().number_types()) == {"a": pa.int64()}
