"""What Python's csv module writes is read as it was; what is spoiled is read, told of, or refused in one sentence."""

import csv
import io
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mixtura.errors import MixturaError
from mixtura.rows.text import delimited, layout, mending, regular

from .delimited_text import read_text

# What trips readers: delimiters, quotes, ends of lines, marks of comments, blanks, signs of several bytes.
SIGNS = st.sampled_from([*",;\t|\"'\\#:^ \n\r", "\r\n", "é", "日", "😀", "\x00", "1", "2.5", "a", "b c", "NA", "-"])
TEXT = st.lists(SIGNS, max_size=6).map("".join)
# pyarrow reads these wrongly where a piece begins beside them; files of many pieces are larger than any here.
LONE = re.compile("\r(?!\n)|\x00")
NUMBER = st.one_of(st.integers(-999, 999).map(str), st.floats(-1e6, 1e6).map(repr))


@st.composite
def tables(draw, text=TEXT):
    """Draw a table with a header that shows: its first column holds numbers."""
    n_columns = draw(st.integers(2, 5))
    n_rows = draw(st.integers(2, 8))
    names = [f"name {chr(97 + position)}" for position in range(n_columns)]
    rows = [[draw(NUMBER), *(draw(text) for _ in range(n_columns - 1))] for _ in range(n_rows)]
    # A file with more of them is said to be no text.
    assume(sum(cell.count("\0") for row in rows for cell in row) <= layout._FEW)
    return [names, *rows]


def written(table, **dialect):
    sink = io.StringIO(newline="")
    csv.writer(sink, **dialect).writerows(table)
    return sink.getvalue()


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


def read_back(folder, table, **dialect):
    """Return what is read of a table that is written with quotes around all fields, without notes."""
    path = folder / "t.csv"
    path.write_bytes(written(table, quoting=csv.QUOTE_ALL, **dialect).encode())
    return read_text(path)[:2]


def as_read(table):
    return table[0], [[cell or None for cell in row] for row in table[1:]]


@settings(max_examples=100, deadline=None)
@given(tables(), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_all_quoted(folder, table, delimiter, end):
    assert read_back(folder, table, delimiter=delimiter, lineterminator=end) == as_read(table)


@settings(max_examples=100, deadline=None)
@given(tables(), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]))
def test_quoted_where_needed(folder, table, delimiter, encoding):
    # Quotes are where the writer sees a need, and it sees none in a carriage return of a file of line feeds.
    content = written(table, delimiter=delimiter, lineterminator="\r\n").encode(encoding)
    path = folder / "t.csv"
    path.write_bytes(content)
    names, rows, notes = read_text(path)
    expected = [[cell or None for cell in row] for row in table[1:]]
    assert (names, rows) == (table[0], expected) or notes


@settings(max_examples=80, deadline=None)
@given(tables(TEXT.filter(lambda text: not LONE.search(text))), st.integers(1, 60))
def test_pieces_of_any_size(folder, table, size):
    """Quotes, ends of lines and signs may lie across the pieces in which a file is read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regular, "_CHUNK", size)
        patch.setattr(mending, "_CHUNK", size)
        patch.setattr(delimited, "_BLOCK", 1)
        patch.setattr(delimited, "_WHOLE", 0)
        for end in ("\n", "\r\n"):
            assert read_back(folder, table, lineterminator=end) == as_read(table)


@pytest.mark.parametrize("inside", ["{}\r\n", "{}\r", "\r{}", "{}\r\r,", "\r"])
def test_ends_of_lines_where_pyarrow_cuts(folder, monkeypatch, inside):
    """It loses a line feed at the start of a piece, after a carriage return at the end of the one before."""
    table = [["name a", "name b"], *([str(k), inside.format(k * "x")] for k in range(1, 300))]
    monkeypatch.setattr(regular, "_CHUNK", 64)
    monkeypatch.setattr(delimited, "_BLOCK", 1)
    monkeypatch.setattr(delimited, "_ROWS_AT_ONCE", 1)
    monkeypatch.setattr(delimited, "_WHOLE", 0)
    for end in ("\n", "\r\n"):
        assert read_back(folder, table, lineterminator=end) == as_read(table)


CONTENT = "id,name,note,n\n" + "".join(
    f'{k},"Name, {k}",{note},{k / 3:.3f}\n' for k, note in enumerate(["x", '"a ""b"""', "", '"two\nlines"', '5"3'] * 8)
)
CHANGES = st.lists(
    st.tuples(
        st.integers(0, len(CONTENT) - 1),
        st.sampled_from(["insert", "delete", "replace", "double"]),
        st.binary(min_size=1, max_size=3) | st.sampled_from([b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"\\", b"#"]),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=5000)
@given(CHANGES, st.booleans())
def test_spoiled_text_is_read_or_refused_in_a_sentence(folder, changes, ragged):
    content = bytearray(CONTENT.encode())
    for place, how, new in changes:
        at = min(place, len(content))
        if how == "insert":
            content[at:at] = new
        elif how == "delete":
            del content[at : at + len(new)]
        elif how == "replace":
            content[at : at + len(new)] = new
        else:
            content[at:at] = content[at : at + 40]
    path = folder / "t.csv"
    path.write_bytes(bytes(content))
    try:
        names, rows, notes = read_text(path, ragged=ragged)
    except MixturaError as error:
        said = str(error)
    else:
        said = ""
    assert "\n" not in said
    if said:
        assert "t.csv" in said
        return
    assert len(set(names)) == len(names)
    try:
        expected = [row for row in csv.reader(io.StringIO(content.decode(), newline=""), strict=True) if row]
    except (UnicodeDecodeError, csv.Error):
        return
    if len({len(row) for row in expected}) == 1 and not notes and b'5"3' not in content:
        assert [[cell or None for cell in row] for row in expected[1:]] == rows


@settings(max_examples=80, deadline=5000)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(folder, content):
    path = folder / "t.csv"
    path.write_bytes(content)
    try:
        (names, rows, _), said = read_text(path), ""
    except MixturaError as error:
        names, rows, said = [], [], str(error)
    assert "\n" not in said
    assert all(len(row) == len(names) for row in rows)
