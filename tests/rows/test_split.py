import numpy as np
import pytest

from mixtura.rows import ArrayRows
from mixtura.rows.blocks.split import SplitRows


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("seed", [0, 5])
def test_a_part_and_the_rest_are_the_table(share, seed):
    X = np.arange(120_000.0).reshape(-1, 3)
    rows = ArrayRows(X, sample_weight=X[:, 0])
    parts = [SplitRows(rows, share, seed, rest=rest) for rest in (False, True)]
    first, second = (part.read() for part in parts)
    assert sorted([*first[:, 0], *second[:, 0]]) == X[:, 0].tolist()
    assert len(first) == pytest.approx(share * len(X), abs=4 * np.sqrt(share * (1 - share) * len(X)))
    for part, values in zip(parts, (first, second), strict=True):
        np.testing.assert_array_equal(part.read(), values)
        assert all((np.diff(values[:, 0]) > 0).tolist())
        assert [block.first_row for block in part.blocks()] == np.cumsum(
            [0, *(len(block.values) for block in part.blocks())]
        )[:-1].tolist()
        for block in part.blocks():
            np.testing.assert_array_equal(block.weights, block.values[:, 0])


def test_another_seed_draws_other_rows():
    rows = ArrayRows(np.arange(1000.0)[:, None])
    assert SplitRows(rows, 0.5, 0).read().tolist() != SplitRows(rows, 0.5, 1).read().tolist()


def test_what_the_table_says_of_itself():
    rows = ArrayRows(np.eye(2, dtype=np.float32))
    part = SplitRows(rows, 0.5, 0)
    assert (part.columns, part.n_columns, part.n_rows, part.dtype, part.has_missing) == (
        None,
        2,
        None,
        np.float32,
        False,
    )
