"""Every format is one record; what is written is read."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from mixtura import rows
from mixtura.rows.files.formats import ENDINGS, FORMATS, READ
from mixtura.rows.writing.marks import made_by


def test_endings_are_of_one_reader():
    counts = Counter(ending for form in FORMATS if form.reader for ending in form.endings)
    assert set(counts.values()) == {1}
    assert set(counts) == set(READ)


@pytest.mark.parametrize("name", [name for name, ending in ENDINGS.items() if ending in READ])
def test_what_is_written_is_read(tmp_path, name):
    file = tmp_path / f"t{ENDINGS[name]}"
    with rows.open_writer(file, form=name) as writer:
        writer.write(pa.table({"a": [1, 2], "b": ["x", "=y"]}), {"score": np.array([0.5, 1.5])})
    ((table, block),) = rows.open(file, non_numeric="drop").tables()
    assert block.values.tolist() == [[1, 0.5], [2, 1.5]]
    assert table["b"].to_pylist() == ["x", "'=y" if name == "safe-csv" else "=y"]


@pytest.mark.parametrize("form", [form for form in FORMATS if form.schema])
def test_formats_with_room_keep_what_made_a_file(tmp_path, form):
    file = tmp_path / f"t{form.endings[0]}"
    with rows.open_writer(file, mark="a test") as writer:
        writer.write(pa.table({"a": [1]}), {})
    assert made_by(file) == "a test"
