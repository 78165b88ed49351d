import numpy as np
import pytest

from mixtura.errors import ColumnError, DataError
from mixtura.rows import open as open_rows
from mixtura.rows.labels import read_labels


def labels_of(path, name="label"):
    return np.concatenate(list(read_labels(open_rows(path, columns=["x"]), name)))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["0", "1", "1"], [0, 1, 1]),
        (["0.0", "1.0", ""], [0, 1, np.nan]),
        (["true", "false", "true"], [1, 0, 1]),
        (["TRUE", "", "no"], [1, np.nan, 0]),
    ],
)
def test_numbers_and_truth(tmp_path, written, expected):
    path = tmp_path / "t.csv"
    path.write_text("x,label\n" + "".join(f"{k},{label}\n" for k, label in enumerate(written)))
    np.testing.assert_array_equal(labels_of(path), expected)


def test_every_block(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,label\n" + "".join(f"{k},{k % 7 == 0:d}\n" for k in range(140_000)))
    np.testing.assert_array_equal(labels_of(path), np.arange(140_000) % 7 == 0)


def test_other_numbers_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,label\n1,0\n2,1\n3,2\n")
    with pytest.raises(DataError, match="column 'label' of data row 3 is '2': use 1 or true for anomalies"):
        labels_of(path)


def test_other_text_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,label\n1,yes\n2,bad\n")
    with pytest.raises(DataError, match="column 'label' of data row 2 is 'bad': use 1 or true"):
        labels_of(path)


def test_an_unknown_column_is_named(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,label\n1,0\n2,1\n")
    with pytest.raises(ColumnError, match="there is no column 'fraud' for the labels: name one of x, label"):
        labels_of(path, "fraud")
