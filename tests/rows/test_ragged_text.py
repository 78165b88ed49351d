"""Records that are not by the rules: read right, or refused with the number of their line."""

import pytest

from mixtura.errors import SourceError
from mixtura.rows.text.fields import Syntax, split
from mixtura.rows.text.records import Lines, records

from .delimited_text import read_text

FAR = 30_000


@pytest.mark.parametrize(("line", "n_fields"), [("3,4,5", "3 fields"), ("3", "1 field")])
@pytest.mark.parametrize("before", [1, FAR])
def test_ragged_lines_are_named(write, line, n_fields, before):
    path = write("t.csv", "a,b\n" + "1,2\n" * before + line + "\n6,7\n")
    with pytest.raises(SourceError, match=rf"^line {before + 2:,} of t\.csv has {n_fields} instead of 2: correct it"):
        read_text(path)


def test_ragged_lines_may_be_allowed(write):
    path = write("t.csv", "a,b,c\n1,2,3\n4\n5,6,7,8\n9,10\n11,12,13\n")
    names, cells, notes = read_text(path, ragged=True)
    assert names == ["a", "b", "c"]
    assert cells == [["1", "2", "3"], ["4", None, None], ["5", "6", "7"], ["9", "10", None], ["11", "12", "13"]]
    assert notes == [
        "2 rows of t.csv have too few fields: the last ones are missing.",
        "1 row of t.csv has too many fields: the last ones are left out.",
    ]


def test_empty_fields_at_the_end_of_a_line_are_none_too_many(write):
    assert read_text(write("t.csv", "a,b\n1,2\n3,4,,\n"))[1] == [["1", "2"], ["3", "4"]]


def test_line_numbers_count_all_lines(write):
    path = write("t.csv", '# by x\n\na,b\n1,"x\ny"\n\n2\n')
    with pytest.raises(SourceError, match=r"^line 7 of t\.csv has 1 field instead of 2"):
        read_text(path)


STRAY = {
    "quotes in quotes": ('"a "b" c",2', ['a "b" c', "2"]),
    "a nickname": ('"Weird Al" Yankovic,2', ['"Weird Al" Yankovic', "2"]),
    "an open quote": ('"x,2', ['"x', "2"]),
    "quotes and delimiters in quotes": ('"x "y, z" w",3', ['x "y, z" w', "3"]),
}


@pytest.mark.parametrize(("line", "cells"), STRAY.values(), ids=STRAY)
@pytest.mark.parametrize("after", ["", "5,6\n" * 200])
def test_quotes_that_can_be_meant_in_one_way_only(write, line, cells, after):
    _, found, notes = read_text(write("t.csv", 'a,b\n1,"2"\n3,4\n' * 3 + line + "\n" + after), header=True)
    assert found[8] == cells
    assert len(notes) == 1
    assert "1 row of t.csv has quotes inside fields, the first in line 10" in notes[0]


def test_an_escaped_quote_far_down(write):
    path = write("t.csv", 'a,b\n1,"2"\n' + "3,4\n" * FAR + '"x \\"y\\", z",2\n')
    assert read_text(path)[1][-1] == ['x "y", z', "2"]


def test_quotes_that_can_be_meant_in_no_way(write):
    path = write("t.csv", 'a,b\n1,2\n"x "y", z,3\n')
    with pytest.raises(SourceError, match=r"^line 3 of t\.csv has a quote inside a field"):
        read_text(path)


def test_a_quote_that_ends_lines_below_is_told(write):
    content = "a,b,c\n" + "1,2,3\n" * 5 + '"4,5,6\n7,8,9\n10,11,12\n13",14,15\n'
    _, cells, notes = read_text(write("t.csv", content))
    assert cells[5] == ["4,5,6\n7,8,9\n10,11,12\n13", "14", "15"]
    assert len(notes) == 1
    assert notes[0].startswith("A quoted field of t.csv begins in line 7 and ends some lines below")


def test_line_feeds_in_a_file_of_both(write):
    content = b"a,b,c\r\n1,x\ny,3\r\n4,5,6\r\n"
    _, cells, notes = read_text(write("t.csv", content))
    assert cells == [["1", "x\ny", "3"], ["4", "5", "6"]]
    assert notes == ["1 row of t.csv has line breaks within fields, the first in line 2."]


def test_carriage_returns_in_a_file_of_line_feeds(write):
    assert read_text(write("t.csv", b"a,b\n1,x\ry\n3,4\n"))[1] == [["1", "x\ry"], ["3", "4"]]
    assert read_text(write("t.csv", b"a,b\n1,2\r3,4\n5,6\n"))[1] == [["1", "2"], ["3", "4"], ["5", "6"]]


def test_text_between_fixed_places(write):
    content = "Name        Pop\nJohn Smith  100\nAl           20\nBo Li         3\n"
    lines = content + "Al            4\n" * 400
    assert len(read_text(write("t.txt", lines))[1]) == 403
    with pytest.raises(SourceError, match=r"line 405 of t\.txt has text between two columns"):
        read_text(write("t.txt", lines + "Bartholomew-Long\n"))


def test_each_line_is_split_a_few_times_where_quotes_end_within_fields(monkeypatch):
    n_splits = 0

    def counted(text, syntax):
        nonlocal n_splits
        n_splits += 1
        return split(text, syntax)

    monkeypatch.setattr("mixtura.rows.text.records.split", counted)
    lines = [f'{k},"=1+{k}, ""x"" "\n' for k in range(300)]
    found = list(records(Lines(lines), Syntax(" ")))
    assert [record.text for record in found] == [line.rstrip("\n") for line in lines]
    assert n_splits <= 2 * len(lines)
