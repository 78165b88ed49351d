import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from mixtura.rows.blocks.block import rows_per_block

# Three full blocks of two columns would be slow to write as text; one and a bit shows every cut.
N_ROWS = rows_per_block(2) + 300


@pytest.fixture(scope="session")
def numbers():
    """Doubles that need all their digits, with whole numbers, negatives and extremes among them."""
    values = np.random.default_rng(0).normal(size=(N_ROWS, 2))
    values[:4] = [[1, -0.0], [1e300, -1e-300], [123456789012, 0.1], [3, 5e-324]]
    return values


@pytest.fixture
def write(tmp_path):
    """Write a file below tmp_path and return its path."""

    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def table_of(values, names=("a", "b")):
    return pa.table([pa.array(column) for column in np.asarray(values).T], names=list(names))


def csv_of(values, delimiter=",", names=("a", "b")):
    lines = [delimiter.join(names), *(delimiter.join(repr(float(value)) for value in row) for row in values)]
    return "\n".join(lines) + "\n"


def json_lines_of(values, names=("a", "b")):
    return "".join(
        "{" + ", ".join(f'"{name}": {float(value)!r}' for name, value in zip(names, row, strict=True)) + "}\n"
        for row in values
    )


def assert_same_blocks(rows, expected):
    """Hold that two Rows give the same blocks bit for bit, in this pass and in the next."""
    for _ in range(2):
        pairs = list(zip(rows.blocks(), expected.blocks(), strict=True))
        for mine, theirs in pairs:
            assert mine.first_row == theirs.first_row
            assert rows.dtype == mine.values.dtype == theirs.values.dtype
            assert mine.values.shape == theirs.values.shape
            assert np.ascontiguousarray(mine.values).tobytes() == np.ascontiguousarray(theirs.values).tobytes()
            assert (mine.weights is None) == (theirs.weights is None)
            if mine.weights is not None:
                np.testing.assert_array_equal(mine.weights, theirs.weights)
    assert rows.n_rows == sum(len(theirs.values) for _, theirs in pairs)
