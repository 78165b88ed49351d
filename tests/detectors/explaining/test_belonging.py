import numpy as np

from mixtura.detectors.explaining.belonging import background_of, background_size, explainer_by, explainer_of_columns


def test_without_rows_each_column_is_held_against_its_own():
    center, deviation = np.array([1.0, 100.0, 7.0]), np.array([2.0, 10.0, 0.0])

    def score(X):
        return -np.abs((X - center) / np.where(deviation > 0, deviation, 1.0)).sum(axis=1)

    explainer = explainer_of_columns(center, deviation, score)
    found = explainer(np.array([[1.5, 400.0, 7.0], [0.0, 95.0, 7.0], [1.0, 100.0, 50.0]]))
    np.testing.assert_array_equal(found.flagged_cells.argmax(axis=1)[[0, 2]], [1, 2])
    np.testing.assert_array_equal(found.flagged_cells.sum(axis=1), [1, 0, 1])
    np.testing.assert_allclose(found.repaired[[0, 2]], [[1.5, 100.0, 7.0], [1.0, 100.0, 7.0]])
    np.testing.assert_allclose(found.expected, [center] * 3)
    assert not found.given_others.any()


def test_rows_far_from_all_groups_do_not_say_what_is_ordinary():
    random = np.random.default_rng(4)
    factor = random.normal(size=(400, 1))
    table = factor + 0.2 * random.normal(size=(400, 4))
    table[:12] += 60.0 * random.normal(size=(12, 4))
    explainer = explainer_by(table, lambda X: -np.abs(X).max(axis=1))
    assert len(explainer.belonging) <= 388
    assert np.abs(explainer.belonging).max() < 6
    found = explainer(np.array([[0.5, 0.5, 90.0, 0.5]]))
    np.testing.assert_array_equal(found.flagged_cells, [[False, False, True, False]])
    np.testing.assert_allclose(found.expected[0, 2], 0.5, atol=0.2)


def test_a_background_lies_evenly_in_a_table():
    table = np.arange(12_000.0).reshape(-1, 2)
    background = background_of(table)
    assert background.shape == (1024, 2)
    np.testing.assert_array_equal(background[[0, -1]], table[[0, -1]])
    steps = np.diff(background[:, 0])
    assert steps.max() - steps.min() <= 2
    assert [background_size(n, d) for n, d in [(10, 3), (5000, 3), (5000, 2048), (5000, 10**6)]] == [10, 1024, 512, 64]
