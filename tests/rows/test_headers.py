"""Whether the first record is the header, and what columns are called."""

import pytest

from mixtura.rows.text.header import first_is_header, named

from .delimited_text import read_text

CASES = {
    "numbers below": (["a", "b"], [["1", "x"], ["2", "y"]], True, True),
    "numbers everywhere": (["1", "2"], [["3", "4"], ["5", "6"]], False, True),
    "data above data": (["Ann", "31"], [["Bob", "40"], ["Eve", "19"]], False, True),
    "dates below": (["when", "what"], [["2020-01-01", "x"], ["2020-01-02", "y"]], True, True),
    "dates everywhere": (["2020-01-03", "z"], [["2020-01-01", "x"], ["2020-01-02", "y"]], False, True),
    "money below": (["price", "x"], [["$1,234", "u"], ["$5", "w"]], True, True),
    "words only": (["name", "town"], [["Ann", "Bath"], ["Bob", "York"]], True, False),
    "words that come again": (["yes", "no"], [["no", "no"], ["yes", "yes"]], False, True),
    "codes below": (["country", "name"], [["DE", "u"], ["FR", "vv"], ["UK", "www"]], True, True),
    "years": (["land", "2019", "2020"], [["A", "5", "6"], ["B", "7", "8.5"]], True, False),
    "years above numbers": (["id", "2019", "2020"], [["1", "5", "6"], ["2", "7", "8.5"]], True, True),
    "counted columns": (["0", "1", "2"], [["5.5", "6.1", "7"], ["1", "2", "3"]], True, False),
    "a missing value in data": (["1.5", "NA"], [["2.5", "3"], ["3.5", "4"]], False, True),
    "a stray word in data": (["1.5", "2", "bad"], [["2.5", "3", "1"], ["3.5", "4", "2"]], False, True),
    "an index without a name": (["", "10.5", "11.5"], [["r1", "1", "2"], ["r2", "3", "4"]], True, False),
    "a header again": (["a", "b"], [["x", "y"], ["a", "b"], ["z", "w"]], True, True),
    "names only": (["a", "b"], [], True, True),
    "numbers only": (["1", "2"], [], False, True),
}


@pytest.mark.parametrize(("first", "rest", "header", "certain"), CASES.values(), ids=CASES.keys())
def test_what_a_header_is(first, rest, header, certain):
    found = first_is_header(first, rest)
    assert found[0] == header
    if certain:
        assert found[1]


def test_a_header_with_numbers_of_the_columns_is_doubtful():
    rest = [["5.1", "3.5", "1.4", "0.2", "0"], ["4.9", "3", "1.3", "0.1", "1"]]
    assert first_is_header(["150", "4", "setosa", "versicolor", "virginica"], rest) == (True, False)
    assert first_is_header(["length", "width", "petal", "other", "kind"], rest) == (True, True)


def test_a_doubtful_header_is_told(write):
    path = write("t.csv", "name,town\nAnn,Bath\nBob,York\n")
    note = "The first line of t.csv is used as the header (--no-header if it is data)."
    assert read_text(path) == (["name", "town"], [["Ann", "Bath"], ["Bob", "York"]], [note])
    assert read_text(path, header=True)[2] == []
    names, cells, _ = read_text(path, header=False)
    assert (names, cells[0]) == (["x0", "x1"], ["name", "town"])


def test_no_header_is_told(write):
    names, cells, notes = read_text(write("t.csv", "1,2\n3,4\n"))
    assert (names, cells) == (["x0", "x1"], [["1", "2"], ["3", "4"]])
    assert notes == ["t.csv has no header: its columns are called x0 to x1 (--header if it has one)."]
    assert read_text(write("t.csv", "1,2\n3,4\n"), header=True)[:2] == (["1", "2"], [["3", "4"]])


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["a", "a"], ("a", "a_2")),
        (["a", "a_2", "a"], ("a", "a_2", "a_3")),
        (["a", "a", "a_2"], ("a", "a_3", "a_2")),
        (["", "unnamed_0", ""], ("unnamed_1", "unnamed_0", "unnamed_2")),
        ([" a ", "a"], ("a", "a_2")),
        (["A", "a"], ("A", "a")),
        (["", ""], ("unnamed_0", "unnamed_1")),
    ],
)
def test_names_are_all_different(given, names):
    found, note = named(given)
    assert found == names
    assert len(set(found)) == len(found)
    assert (note is None) == (list(names) == [name.strip() for name in given])


def test_repeated_names_are_told(write):
    names, cells, notes = read_text(write("t.csv", "a,a,b\n1,2,3\n4,5,6\n"))
    assert (names, cells[0]) == (["a", "a_2", "b"], ["1", "2", "3"])
    assert notes == ["A column without a name of its own is called 'a_2'."]


def test_a_header_with_more_fields_than_the_rows_is_no_title(write):
    """Else a header would be lost, and the first row with it."""
    path = write("t.csv", "a,b,c,d\n" + "1,2,3\n" * 5)
    names, cells, _ = read_text(path, ragged=True)
    assert (names, cells) == (["a", "b", "c", "d"], [["1", "2", "3", None]] * 5)


def test_names_of_a_header_in_single_quotes(write):
    assert read_text(write("t.csv", "'a'\t'b'\n1\t2\n3\t4\n"))[0] == ["a", "b"]
