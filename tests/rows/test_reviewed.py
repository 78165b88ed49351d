"""Files of rows that were marked by hand."""

import numpy as np
import pytest

from mixtura.errors import DataError, SourceError
from mixtura.rows.reviewed import Reviewed, is_file_of_marks, read_reviewed


@pytest.fixture
def write(tmp_path):
    def write(text, name="marks.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return path

    return write


def test_marks_are_rows_from_one(write):
    path = write('\ufeffrow,mark,reason\r\n7,error,"x, y"\r\n1,Fine,\r\n3,unsure,\r\n4,,\r\n')
    found = read_reviewed(path)
    assert found == Reviewed(str(path), frozenset({6}), frozenset({0}))
    assert found.last_row == 7
    np.testing.assert_array_equal(found.labels(0, 8), [0, *[np.nan] * 5, 1, np.nan])
    np.testing.assert_array_equal(found.labels(6, 2), [1, np.nan])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("row,label\n1,fine\n", "needs the columns row and mark"),
        ("", "needs the columns row and mark"),
        ("row,mark\n0,fine\n", "line 2 of .* has '0' for the number of a row"),
        ("row,mark\n1.5,fine\n", "has '1.5' for the number"),
        ("row,mark\n1,good\n", "marks a row as 'good': write error, fine or unsure"),
        ("row,mark\n1,fine\n1,error\n", "row 1 has two marks"),
    ],
)
def test_what_is_wrong_with_a_file_of_marks_is_said(write, text, sentence):
    with pytest.raises(DataError, match=sentence):
        read_reviewed(write(text))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SourceError, match="cannot be read"):
        read_reviewed(tmp_path / "none.csv")


def test_a_name_is_a_file_where_there_is_one(write, monkeypatch):
    path = write("row,mark\n")
    assert is_file_of_marks(path)
    assert is_file_of_marks(str(path))
    assert not is_file_of_marks("fraud")
    assert not is_file_of_marks("fraud.csv")
