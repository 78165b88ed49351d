import numpy as np
import pytest

from mixtura.rows import ArrayRows, ScaledRows


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_elementwise_in_double_precision_and_back_in_the_type_of_the_rows(numbers, dtype):
    array = numbers.clip(-9, 9).astype(dtype)
    weights = np.arange(len(array))
    center, scale = array.mean(axis=0), array.std(axis=0)
    scaled = ScaledRows(ArrayRows(array, sample_weight=weights), center.astype(float), scale.astype(float))
    assert (scaled.columns, scaled.n_columns, scaled.n_rows) == (None, 2, len(array))
    for _ in range(2):
        blocks = list(scaled.blocks())
        values = np.concatenate([block.values for block in blocks])
        assert scaled.dtype == values.dtype == dtype
        expected = (array.astype(np.float64) - center.astype(float)) / scale.astype(float)
        np.testing.assert_array_equal(values, expected.astype(dtype))
        np.testing.assert_array_equal(np.concatenate([block.weights for block in blocks]), weights)
        assert [block.first_row for block in blocks] == [block.first_row for block in ArrayRows(array).blocks()]
