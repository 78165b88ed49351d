"""Numbers in real tables are read, and nothing else is taken for numbers."""

import csv
from collections import Counter

import pyarrow as pa
import pytest

from mixtura.columns.written.writing import writing_of
from requirements import SHARED, needs_shared

MARKS = {"", "-", "NaN", "Varies with device"}
WRITTEN = {
    ("biopics.csv", "box_office"): "currency ($) in M and K",
    ("googleplaystore.csv", "Size"): "sizes in M and k",
    ("googleplaystore.csv", "Installs"): "numbers with thousands separators and a + behind",
    ("googleplaystore.csv", "Price"): "currency ($)",
}


@needs_shared("real")
@pytest.mark.parametrize(
    ("table", "encoding"),
    [
        ("AirQualityUCI.csv", "utf-8"),
        ("biopics.csv", "latin-1"),
        ("googleplaystore.csv", "utf-8"),
        ("spotify-2023.csv", "utf-8-sig"),
        ("taxis.csv", "utf-8"),
    ],
)
def test_columns_of_a_real_table(table, encoding):
    with (SHARED / "real" / table).open(encoding=encoding, newline="") as file:
        names, *rows = csv.reader(file)
    columns = {
        name: Counter(row[place] for row in rows if len(row) == len(names) and row[place] not in MARKS)
        for place, name in enumerate(names)
    }
    told = {(table, name): found.told for name, cells in columns.items() if (found := writing_of(cells))}
    assert told == {place: words for place, words in WRITTEN.items() if place[0] == table}


@needs_shared("real")
def test_sizes_of_applications():
    with (SHARED / "real" / "googleplaystore.csv").open(encoding="utf-8", newline="") as file:
        sizes = [row["Size"] for row in csv.DictReader(file)]
    found = writing_of(Counter(size for size in sizes if size != "Varies with device"))
    values, fits = found.parse(pa.array(sizes))
    assert sum(fits) == sum(size[-1] in "kM" for size in sizes)
    assert values[sizes.index("8.7M")] == 8.7e6
    assert {size for size, fit in zip(sizes, fits, strict=True) if not fit} == {"Varies with device"}
