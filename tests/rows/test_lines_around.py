"""Lines of signs and remarks around the table in delimited text."""

import pytest

from mixtura import rows
from mixtura.errors import SourceError

TABLE = "height,name,amount\n" + "".join(f"{row}.5,n{row % 7},{row * 3}\n" for row in range(1, 31))
TWO = "name;amount\n" + "".join(f"n{row % 7};{row * 3}\n" for row in range(1, 31))


def read(tmp_path, text):
    file = tmp_path / "t.csv"
    file.write_text(text)
    table = rows.open(file, non_numeric="drop")
    return [value for block in table.blocks() for value in block.values[:, -1].tolist()], " ".join(table.notes)


@pytest.mark.parametrize("table", [TABLE, TWO])
@pytest.mark.parametrize(
    ("after", "n_lines"),
    [
        ("=====\n", 1),
        ("-----\nSource: the bureau\n", 2),
        ("\n* * *\n\nNote: in dollars\n-----\n", 3),
        ("Total: 30", 1),
        ('"Source: Bureau, 2020; all of it"\n', 1),
        ("(30 rows)\n", 1),
        ("† estimated\n", 1),
    ],
)
def test_signs_and_remarks_after_a_table(tmp_path, table, after, n_lines):
    amounts, notes = read(tmp_path, table + after)
    assert amounts == [3 * row for row in range(1, 31)]
    lines = "1 line after the table in" if n_lines == 1 else f"{n_lines} lines after the table in"
    assert lines in notes


def test_remarks_with_the_delimiter(tmp_path):
    amounts, notes = read(tmp_path, f"{TABLE}\nSource: Bureau of Labor, 2020\n")
    assert len(amounts) == 30
    assert "1 line after the table in" in notes


def test_signs_before_the_header(tmp_path):
    amounts, notes = read(tmp_path, f"=====\nSales\n=====\n{TABLE}")
    assert len(amounts) == 30
    assert "3 lines before the header of" in notes


def test_signs_between_rows(tmp_path):
    amounts, notes = read(tmp_path, TABLE.replace("amount\n", "amount\n----------\n") + "=====\n31.5,n1,93\n")
    assert amounts == [3 * row for row in range(1, 32)]
    assert "2 lines of" in notes
    assert "have signs alone, the first in line 2, and are not part of the table" in notes


@pytest.mark.parametrize("last", ["31.5,n3", "31.5", "Anna", "Error: disk full,1\n32.5,n4,96", "---,n1"])
def test_rows_cut_short_are_refused(tmp_path, last):
    with pytest.raises(SourceError, match=r"line 32 of .* instead of 3"):
        read(tmp_path, TABLE + last + "\n")
