"""The dialect of delimited text is found from its lines."""

import pytest

from .delimited_text import read_text

A_B = ["a", "b"]
TEXTS = {
    "comma": ("a,b\n1,2\n3,4\n", A_B, [["1", "2"], ["3", "4"]]),
    "semicolon, decimal commas": ("a;b\n1,5;2,5\n3,5;4\n", A_B, [["1,5", "2,5"], ["3,5", "4"]]),
    "semicolon, commas in names": ("a, in m;b\n1,5;2,5\n3,5;4\n", ["a, in m", "b"], [["1,5", "2,5"], ["3,5", "4"]]),
    "tab": ("a\tb\n1, x\t2\n3\t4, y\n", A_B, [["1, x", "2"], ["3", "4, y"]]),
    "bar": ("a|b\n1;x|2\n3|4\n", A_B, [["1;x", "2"], ["3", "4"]]),
    "caret": ("a^b\n1^2\n3^4\n", A_B, [["1", "2"], ["3", "4"]]),
    "colon": ("n:a:b\nx:1:2\ny:3:4\n", ["n", "a", "b"], [["x", "1", "2"], ["y", "3", "4"]]),
    "commas in some cells of one column": (
        "text\nAnn, Bob\nEve\nAnn, Eve, Bob\n",
        ["text"],
        [["Ann, Bob"], ["Eve"], ["Ann, Eve, Bob"]],
    ),
    "names with commas in one column": ("name\nSmith, Ann\nDoe, Bob\n", ["name"], [["Smith, Ann"], ["Doe, Bob"]]),
    "times in one column": ("at\n12:30:05\n13:40:06\n", ["at"], [["12:30:05"], ["13:40:06"]]),
    "words in one column": ("full name\nAnn Smith\nBob Doe\n", ["full name"], [["Ann Smith"], ["Bob Doe"]]),
    "numbers in one column": ("a\n1.5\n2.5\n", ["a"], [["1.5"], ["2.5"]]),
    "lists in a column": ("id,tags\n1,a;b\n2,c;d\n", ["id", "tags"], [["1", "a;b"], ["2", "c;d"]]),
    "dates and times": (
        "t;v\n2020-01-01 10:00;1\n2020-01-02 11:00;2\n",
        ["t", "v"],
        [["2020-01-01 10:00", "1"], ["2020-01-02 11:00", "2"]],
    ),
    "delimiters in quotes": ('"a,b,c";d\n1;2\n', ["a,b,c", "d"], [["1", "2"]]),
    "blanks": ("a b\n1 2\n3 4\n", A_B, [["1", "2"], ["3", "4"]]),
    "many blanks": ("  a    b\n  1    2\n 30   4.5\n", A_B, [["1", "2"], ["30", "4.5"]]),
    "blanks and quotes": ('"a" "b"\n"x y" 2\n"z" 4\n', A_B, [["x y", "2"], ["z", "4"]]),
    "names of rows": ('"a" "b"\n"r1" 1 2\n"r2" 3 4\n', ["unnamed_0", "a", "b"], [["r1", "1", "2"], ["r2", "3", "4"]]),
    "fixed places": (
        "Name        City        Pop\nJohn Smith  New York    100\n"
        "Al          LA           20\nBo Li                     3\n",
        ["Name", "City", "Pop"],
        [["John Smith", "New York", "100"], ["Al", "LA", "20"], ["Bo Li", None, "3"]],
    ),
    "blanks and tabs": (
        '18.0   8   3504.\t"chevrolet"\n15.0   4   36.5\t"buick x"\n25.0   4   ?\t"ford"\n',
        ["x0", "x1", "x2", "x3"],
        [["18.0", "8", "3504.", "chevrolet"], ["15.0", "4", "36.5", "buick x"], ["25.0", "4", "?", "ford"]],
    ),
    "single quotes": ("'a','b'\n'x, y','it''s'\n'z','w'\n", A_B, [["x, y", "it's"], ["z", "w"]]),
    "apostrophes": ("a,b\n'tis,1\ndon't,2\n", A_B, [["'tis", "1"], ["don't", "2"]]),
    "escaped quotes": ('a,b\n"x \\"y\\", z",1\n"w",2\n', A_B, [['x "y", z', "1"], ["w", "2"]]),
    "escaped delimiters": ("a,b\nx\\, y,1\nz\\, w,2\n", A_B, [["x, y", "1"], ["z, w", "2"]]),
    "backslashes": ('a,b\n"C:\\dir\\",1\nC:\\x,2\n', A_B, [["C:\\dir\\", "1"], ["C:\\x", "2"]]),
    "quotes that mean nothing": (
        'a\tb\n"Weird Al" Yankovic\t1\n"Big" Joe\t2\n5" pipe\t3\n',
        A_B,
        [['"Weird Al" Yankovic', "1"], ['"Big" Joe', "2"], ['5" pipe', "3"]],
    ),
    "inches": ('a,b\n5"3,1\n6",2\n', A_B, [['5"3', "1"], ['6"', "2"]]),
}


@pytest.mark.parametrize(("content", "names", "cells"), TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_dialect(write, content, names, cells, end):
    found = read_text(write("t.txt", content.replace("\n", end)))
    assert found[:2] == (names, cells)


def test_tabs_are_what_a_name_says(write):
    assert read_text(write("t.tsv", "a,x\tb,y\n1,5\t2,5\n"), tabs=True)[:2] == (["a,x", "b,y"], [["1,5", "2,5"]])
    assert read_text(write("t.tsv", "a,b\n1,2\n"), tabs=True)[:2] == (["a", "b"], [["1", "2"]])


TITLES = {
    "a title": ("Sales of 2023\na,b,c\n1,2,3\n4,5,6\n", 1),
    "titles and an empty line": ("Sales\nof all, or most\n\na,b,c\n1,2,3\n4,5,6\n", 2),
    "comments": ("# made by x\n# on y, z\na,b,c\n1,2,3\n4,5,6\n", 2),
    "a comment with names": ("# sums\n# a,b,c\n1,2,3\n4,5,6\n", 1),
    "filled up": ("Sales,,\n,,\na,b,c\n1,2,3\n4,5,6\n", 2),
    "a separator": ("sep=;\na;b;c\n1;2;3\n4;5;6\n", 0),
    "a separator that decides": ('"sep=^"\na^b^c\n1^2^3\n4^5^6\n', 0),
}


@pytest.mark.parametrize(("content", "n_lines"), TITLES.values(), ids=TITLES.keys())
def test_lines_before_the_table_are_told(write, content, n_lines):
    names, cells, notes = read_text(write("t.csv", content))
    assert (names, cells) == (["a", "b", "c"], [["1", "2", "3"], ["4", "5", "6"]])
    if n_lines:
        said = (
            "1 line before the header of t.csv is"
            if n_lines == 1
            else f"{n_lines} lines before the header of t.csv are"
        )
        assert f"{said} not part of the table." in notes
    elif "sep=" not in content:
        assert notes == []


def test_comments_further_down_are_told(write):
    content = "# made by x\na,b\n1,2\n# half\n3,#4\n" + "5,6\n" * 500 + "# the end\n"
    names, cells, notes = read_text(write("t.csv", content))
    assert (names, cells[:2], len(cells)) == (["a", "b"], [["1", "2"], ["3", "#4"]], 502)
    assert "2 lines of t.csv start with # and are not part of the table." in notes


def test_cells_that_begin_with_a_mark_of_comments_are_cells(write):
    assert read_text(write("t.csv", "tag,n\n#a,1\n#b,2\n"))[:2] == (["tag", "n"], [["#a", "1"], ["#b", "2"]])
    assert read_text(write("t.csv", "#,name\n1,Ann\n2,Bob\n"))[:2] == (["#", "name"], [["1", "Ann"], ["2", "Bob"]])
    assert read_text(write("t.csv", "# id,name\n1,Ann\n2,Bob\n"))[:2] == (["id", "name"], [["1", "Ann"], ["2", "Bob"]])


def test_lines_after_the_table_are_told(write):
    content = "a,b,c\n1,2,3\n4,5,6\n\nSource: a test\n"
    _, cells, notes = read_text(write("t.csv", content))
    assert cells == [["1", "2", "3"], ["4", "5", "6"]]
    assert notes == ["1 line after the table in t.csv is not part of it."]


def test_a_row_of_totals_stays(write):
    assert read_text(write("t.csv", "a,b\nx,2\ny,3\nTotal,5\n"))[1][-1] == ["Total", "5"]
