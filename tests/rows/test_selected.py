import numpy as np

from mixtura import rows
from mixtura.rows import ArrayRows, SelectedRows, spool


def test_the_columns_chosen_in_the_order_chosen():
    table = np.random.default_rng(0).normal(size=(70_000, 3)).astype(np.float32)
    weights = np.arange(70_000.0)
    selected = SelectedRows(ArrayRows(table, sample_weight=weights), [2, 0])
    assert (selected.n_rows, selected.n_columns, selected.columns, selected.dtype) == (70_000, 2, None, np.float32)
    with spool(selected) as copied:
        blocks = list(copied.blocks())
    assert [block.first_row for block in blocks] == [0, 65_536]
    np.testing.assert_array_equal(np.concatenate([block.values for block in selected.blocks()]), table[:, [2, 0]])
    np.testing.assert_array_equal(np.concatenate([block.weights for block in selected.blocks()]), weights)


def test_names(need):
    frame = need("pandas").DataFrame({"a": [1.0], "b": [2.0], "c": [3.0]})
    assert SelectedRows(rows.open(frame), [0, 2]).columns == ("a", "c")
