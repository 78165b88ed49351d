"""The kernels of isolation forests against plain Python."""

from collections import Counter

import numpy as np
import pytest

from mixtura import kernels
from mixtura.kernels import forest as kernel

SIZES = (1, 2, 3, 5, 31, 100, 256, 257)
N_COLUMNS = (1, 2, 3, 4, 5, 9, 13, 16, 17, 40)
ROW_COUNTS = (1, 2, 63, 64, 65, 255, 256, 257, 700)


def plain_units(d):
    return kernel.Units(np.zeros(d), np.ones(d))


def table(n, d, *, missing=0.0, seed=0, dtype=np.float64):
    rng = np.random.default_rng([seed, n, d])
    X = rng.normal(size=(n, d)).astype(np.float32).astype(dtype)  # of single precision, as trees see them
    X[rng.random((n, d)) < missing] = np.nan
    return X


def grown(X, *, n_trees=3, size=None, width=None, units=None, columns=None, seed=0):
    """Return trees as arrays, without path lengths."""
    n, d = X.shape
    size = n if size is None else size
    nodes = 1 << (size - 1).bit_length()
    features = np.empty((n_trees, nodes, width or 1), np.int32)
    coefficients = None if width is None else np.empty((n_trees, nodes, width), np.float32)
    thresholds, counts = np.empty((n_trees, nodes), np.float32), np.empty((n_trees, 2 * nodes), np.int32)
    columns = np.arange(d, dtype=np.int32) if columns is None else columns
    kernel.grow(
        X,
        plain_units(d) if units is None else units,
        np.stack([kernel.draw(seed + t, 1, n, size) for t in range(n_trees)]),
        np.tile(columns, (n_trees, 1)),
        np.arange(seed, seed + n_trees, dtype=np.uint64),
        features,
        coefficients,
        thresholds,
        counts,
    )
    lengths = np.random.default_rng(seed).random((n_trees, nodes)).astype(np.float32)
    return kernel.Forest(features, coefficients, thresholds, counts, lengths)


def split_value(forest, t, node, row):
    if forest.coefficients is None:
        return np.float32(row[forest.features[t, node, 0]])
    terms = forest.coefficients[t, node].astype(np.float64) * row[forest.features[t, node]]
    return np.float32(sum(terms.tolist()))


def plain_length(forest, t, node, row):
    if node >= forest.thresholds.shape[1]:
        return float(forest.lengths[t, node - forest.thresholds.shape[1]])
    value = split_value(forest, t, node, row)
    left, right = (int(forest.counts[t, 2 * node + side]) for side in (0, 1))
    if np.isnan(value) and right > 0:
        both = [plain_length(forest, t, 2 * node + side, row) for side in (0, 1)]
        return (left * both[0] + right * both[1]) / (left + right)
    return plain_length(forest, t, 2 * node + int(value > forest.thresholds[t, node]), row)


def plain_lengths(forest, X):
    n_trees = len(forest.thresholds)
    return np.array([sum(plain_length(forest, t, 1, row) for t in range(n_trees)) / n_trees for row in X])


@pytest.mark.parametrize("n_rows", [1, 2, 7, 1000, 10**12])
def test_drawn_rows_are_distinct(n_rows):
    size = min(n_rows, 300)
    rows = kernel.draw(3, 1, n_rows, size)
    assert len(set(rows.tolist())) == size
    assert rows.min() >= 0
    assert rows.max() < n_rows


def plain_numbers(seed, stream):
    """SplitMix64 (Steele, Lea and Flood 2014), as random numbers below a bound."""
    mask = 2**64 - 1

    def mix(z):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    state = mix(seed) ^ mix(~stream & mask)
    bound = yield None
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        bound = yield mix(state) * bound >> 64


@pytest.mark.parametrize(("n_rows", "size"), [(10**12, 30), (10**6, 20), (10**6, 3000), (50, 20), (50, 50), (1, 1)])
def test_rows_are_drawn_by_the_algorithm_of_floyd(n_rows, size):
    """Few of many rows are remembered one by one, many of them by a bit each."""
    numbers = plain_numbers(7, 1)
    next(numbers)
    expected = []
    for last in range(n_rows - size, n_rows):
        row = numbers.send(last + 1)
        expected.append(last if row in expected else row)
    assert kernel.draw(7, 1, n_rows, size).tolist() == expected


def test_every_set_is_drawn_equally_often():
    draws = Counter(frozenset(kernel.draw(seed, 1, 5, 2).tolist()) for seed in range(20_000))
    assert len(draws) == 10
    # 2,000 expected of each, with standard deviation 42.
    assert all(abs(count - 2000) < 200 for count in draws.values())


def test_streams_of_a_seed_differ():
    assert kernel.draw(0, 1, 10**6, 50).tolist() != kernel.draw(0, 2, 10**6, 50).tolist()


def test_weighted_draws():
    weights = np.array([0.0, 1.0, 2.0, 0.0, 5.0, 0.0])
    rows = kernel.draw(0, 1, 6, 80_000, cumulative=np.cumsum(weights), repeated=True)
    share = np.bincount(rows, minlength=6) / len(rows)
    np.testing.assert_allclose(share, weights / 8, atol=0.01)
    assert not share[weights == 0].any()


@pytest.mark.parametrize("rest", [1.0, 1e-9])
def test_weighted_draws_of_distinct_rows(rest):
    """Also where the rows left after the first hold almost no weight, and draws repeat it all the time."""
    weights = np.array([0.0, 1000.0, rest, 2 * rest, 0.0, 5 * rest])
    draws = np.array([kernel.draw(seed, 1, 6, 2, cumulative=np.cumsum(weights)) for seed in range(8000)])
    assert (np.sort(draws, axis=1)[:, 0] == 1).mean() > 0.99
    second = np.sort(draws, axis=1)[:, 1]
    share = np.bincount(second, minlength=6) / len(second)
    np.testing.assert_allclose(share, [0, 0, 1 / 8, 2 / 8, 0, 5 / 8], atol=0.02)


def test_fewer_weights_than_rows_to_draw():
    with pytest.raises(ValueError, match="fewer rows have a weight above zero than are to be drawn"):
        kernel.draw(0, 1, 4, 3, cumulative=np.cumsum([1.0, 0.0, 1.0, 0.0]))


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"n_rows": 0, "size": 1}, "there must be a row to draw"),
        ({"n_rows": 2, "size": 3}, "more distinct rows"),
        ({"n_rows": 2, "size": 1, "cumulative": np.ones(3)}, "one value for each row"),
        ({"n_rows": 2, "size": 1, "cumulative": np.zeros(2)}, "some row must have a weight above zero"),
    ],
)
def test_wrong_draws(arguments, match):
    with pytest.raises(ValueError, match=match):
        kernel.draw(0, 1, **arguments)


@pytest.mark.parametrize("width", [None, 1, 2, 5])
@pytest.mark.parametrize("size", SIZES)
def test_rows_of_the_sample_are_where_the_tree_counts_them(size, width):
    X = table(size, 5)
    forest = grown(X, width=width)
    for t in range(len(forest.thresholds)):
        counts = np.zeros_like(forest.counts[t])
        for row in X:
            node = 1
            counts[node] += 1
            while node < forest.thresholds.shape[1]:
                node = 2 * node + int(split_value(forest, t, node, row) > forest.thresholds[t, node])
                counts[node] += 1
        np.testing.assert_array_equal(forest.counts[t], counts)
        inner = slice(1, forest.thresholds.shape[1])
        np.testing.assert_array_equal(forest.thresholds[t, inner] == np.inf, counts[3::2] == 0)


@pytest.mark.parametrize("width", [None, 3])
def test_trees_split_until_rows_are_alone(width):
    """Distinct rows end alone, unless the tree is at its depth."""
    forest = grown(table(256, 3), width=width, n_trees=5)
    nodes = forest.thresholds.shape[1]
    splits = np.isfinite(forest.thresholds[:, 1:])
    np.testing.assert_array_equal(splits, forest.counts[:, 1:nodes] > 1)


def test_equal_rows_are_a_leaf():
    for width in (None, 2):
        forest = grown(np.full((20, 3), 7.5), width=width)
        assert np.isinf(forest.thresholds[:, 1:]).all()
        assert (forest.counts[:, [1, 2, 4, 32]] == 20).all()


@pytest.mark.parametrize("width", [None, 2])
def test_columns_without_difference_are_not_split(width):
    X = table(100, 6)
    X[:, [0, 3, 5]] = 1.0
    X[:, 4] = np.nan
    forest = grown(X, width=width, n_trees=10)
    used = forest.features[np.isfinite(forest.thresholds)]
    assert set(used.ravel().tolist()) == {1, 2}


def test_only_the_columns_given_are_split():
    forest = grown(table(100, 6), columns=np.array([2, 5], np.int32))
    assert set(forest.features.ravel().tolist()) == {2, 5}


def test_columns_are_chosen_and_split_uniformly():
    X = table(64, 4)
    forest = grown(X, n_trees=4000)
    share = np.bincount(forest.features[:, 1, 0], minlength=4) / 4000
    np.testing.assert_allclose(share, 0.25, atol=0.03)
    for j in range(4):
        of_column = forest.thresholds[forest.features[:, 1, 0] == j, 1]
        part = (of_column - X[:, j].min()) / np.ptp(X[:, j])
        np.testing.assert_allclose(
            np.quantile(part, [0.1, 0.25, 0.5, 0.75, 0.9]), [0.1, 0.25, 0.5, 0.75, 0.9], atol=0.05
        )


def test_missing_values_of_the_sample_go_by_the_shares():
    """Three quarters of the known values are on one side, and so are three quarters of the missing ones on average."""
    X = np.r_[np.zeros(30), np.ones(10), np.full(40, np.nan)][:, None]
    forest = grown(X, n_trees=2000)
    assert (forest.thresholds[:, 1] < 1).all()
    left = forest.counts[:, 2]
    assert left.mean() == pytest.approx(60, abs=0.5)
    assert left.std() == pytest.approx(np.sqrt(40 * 0.75 * 0.25), rel=0.1)


def test_hyperplanes_do_not_depend_on_units():
    """Directions are normal in the units of the spread of each column: of a column a million times as wide too."""
    X = table(256, 2)
    wide = X * [1.0, 2.0**20]
    one, other = grown(X, width=2, n_trees=20), grown(wide, width=2, n_trees=20)
    np.testing.assert_array_equal(other.features, one.features)
    ratio = other.coefficients[:, 1] / one.coefficients[:, 1]
    by_column = np.take_along_axis(ratio, np.argsort(one.features[:, 1], axis=1), axis=1)
    np.testing.assert_allclose(by_column[:, 0] / by_column[:, 1], 2.0**20, rtol=1e-5)
    np.testing.assert_array_equal(one.counts, other.counts)


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1.0, 1e30, 1e300])
@pytest.mark.parametrize("width", [None, 3])
def test_values_of_any_size(scale, width):
    X = table(50, 3)
    X[7] = [1e308, -1e308, 1e308]
    X[8] = -X[7]
    units = kernel.Units(np.zeros(3), np.full(3, scale))
    forest = grown(X, width=width, units=units)
    assert (forest.counts[:, 1] == 50).all()
    assert np.isfinite(kernel.lengths(X, units, forest)).all()
    assert np.isfinite(kernel.column_credits(X, units, forest)).all()


LAYOUTS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "strided": lambda X: np.repeat(np.repeat(X, 2, axis=0), 3, axis=1)[::2, ::3],
    "backwards": lambda X: np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_layouts_and_types(layout, dtype):
    X = table(100, 5, missing=0.05)
    forest = grown(X)
    laid = LAYOUTS[layout](X.astype(dtype))
    found = kernel.lengths(laid, plain_units(5), forest)
    np.testing.assert_allclose(found, plain_lengths(forest, X), rtol=1e-13)
    np.testing.assert_array_equal(found, kernel.lengths(X, plain_units(5), forest))
    np.testing.assert_array_equal(grown(laid).thresholds, forest.thresholds)


@pytest.mark.parametrize("d", N_COLUMNS)
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_path_lengths_of_columns(d, missing):
    forest = grown(table(100, d, missing=missing), size=60)
    X = table(70, d, missing=missing, seed=1)
    expected = plain_lengths(forest, X)
    for level in kernels.available():
        out = np.empty(len(X))
        kernels._module(level).forest_lengths(X, *plain_units(d), *forest, out)
        np.testing.assert_allclose(out, expected, rtol=1e-13 if missing else 0)


@pytest.mark.parametrize("size", [1, 2, 3, 9, 17, 33, 65, 129, 256, 257, 1000])
def test_path_lengths_of_depths(size):
    forest = grown(table(1000, 4), size=size)
    X = table(50, 4, seed=1)
    expected = plain_lengths(forest, X)
    for level in kernels.available():
        out = np.empty(len(X))
        kernels._module(level).forest_lengths(X, *plain_units(4), *forest, out)
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("n_rows", ROW_COUNTS)
def test_path_lengths_of_row_counts(n_rows):
    forest = grown(table(100, 3), size=30, n_trees=2)
    X = table(n_rows, 3, missing=0.01)
    np.testing.assert_allclose(kernel.lengths(X, plain_units(3), forest), plain_lengths(forest, X), rtol=1e-13)


@pytest.mark.parametrize("width", [1, 2, 3, 7])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_path_lengths_of_hyperplanes(width, missing):
    forest = grown(table(100, 7, missing=missing), size=50, width=width)
    X = table(100, 7, missing=missing, seed=1)
    found = kernel.lengths(X, plain_units(7), forest)
    assert np.isclose(found, plain_lengths(forest, X), rtol=1e-13).mean() >= 0.99  # a projection may round otherwise


def plain_leaf_lengths(counts, averages):
    """Down from the root: a node whose rows all go left is a leaf, and so its depth is that of all below it."""
    n_nodes = len(counts) // 2
    lengths = np.empty(n_nodes, np.float32)

    def fill(node, depth):
        if node >= n_nodes:
            lengths[node - n_nodes] = depth + averages[counts[node]]
            return
        splits = counts[2 * node + 1] > 0 and depth == node.bit_length() - 1
        for child in (2 * node, 2 * node + 1):
            fill(child, depth + splits)

    fill(1, 0)
    return lengths


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("n_known", [1, 20, 300])
def test_leaf_lengths(size, n_known):
    """Averages are looked up by their place where all smaller sizes are known too, and else searched for."""
    X = np.round(table(size, 3))
    counts = grown(X, size=size).counts
    sizes = np.unique(np.concatenate([np.arange(n_known), counts[:, counts.shape[1] // 2 :].ravel()]))
    known = np.random.default_rng(0).random(int(sizes.max()) + 1) * 10
    expected = [plain_leaf_lengths(of_tree, known) for of_tree in counts]
    for level in kernels.available():
        out = np.empty((len(counts), counts.shape[1] // 2), np.float32)
        kernels._module(level).forest_leaf_lengths(counts, sizes, known[sizes], out)
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize(
    ("arrays", "match"),
    [
        ({"counts": np.array([[0, 3, 2, 2]], np.int32)}, "a leaf has a size that is not known"),
        ({"counts": np.array([[0, 3, -1, 2]], np.int32)}, "a leaf has a size that is not known"),
        ({"counts": np.array([[0, 3, 1 << 30, 2]], np.int32)}, "a leaf has a size that is not known"),
        ({"sizes": np.array([0, 3, 1])}, "sizes must increase"),
        ({"averages": np.zeros(2)}, "averages must have one value for each size"),
        ({"lengths": np.empty((1, 3), np.float32)}, "power of two"),
        ({"lengths": np.empty((1, 4), np.float32)}, "counts must have"),
        ({"lengths": np.empty((2, 2), np.float32)}, "counts must have"),
    ],
)
def test_leaf_lengths_of_arrays_that_do_not_fit(arrays, match):
    good = {
        "counts": np.array([[0, 3, 1, 3]], np.int32),
        "sizes": np.array([0, 1, 3]),
        "averages": np.zeros(3),
        "lengths": np.empty((1, 2), np.float32),
    }
    with pytest.raises(ValueError, match=match):
        kernels.native.forest_leaf_lengths(**{**good, **arrays})


@pytest.mark.parametrize("n_rows", [1, 129, 40_000])
@pytest.mark.parametrize("d", [2, 20])
def test_many_tiles_go_down_large_trees_together(n_rows, d):
    """More than all tiles at once, of trees that are no longer near the processor: as row by row."""
    forest = grown(table(9000, d), n_trees=4)
    X = table(n_rows, d, missing=0.0001, seed=1)
    some = np.linspace(0, n_rows - 1, min(n_rows, 200)).astype(int)
    for level in kernels.available():
        out = np.empty(n_rows)
        kernels._module(level).forest_lengths(X, *plain_units(d), *forest, out)
        np.testing.assert_allclose(out[some], plain_lengths(forest, X[some]), rtol=1e-13)


@pytest.mark.parametrize("width", [None, 1, 4])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_credits_add_up_to_the_shortening(width, missing):
    forest = grown(table(200, 4, missing=missing), size=64, width=width)
    X = table(101, 4, missing=missing, seed=2)
    credits = kernel.column_credits(X, plain_units(4), forest)
    nodes = forest.thresholds.shape[1]
    ends = forest.counts[:, nodes:] * forest.lengths.astype(np.float64)
    shorter = (ends.sum(axis=1) / forest.counts[:, 1]).mean() - kernel.lengths(X, plain_units(4), forest)
    np.testing.assert_allclose(credits.sum(axis=1), shorter, atol=1e-12)


def test_credits_of_one_split():
    """By hand: two rows on the left, with mean 1, and one on the right, with 4: the mean of all is 2."""
    forest = kernel.Forest(
        np.array([[[0], [1]]], np.int32),
        None,
        np.array([[np.inf, 0.5]], np.float32),
        np.array([[0, 3, 2, 1]], np.int32),
        np.array([[1.0, 4.0]], np.float32),
    )
    X = np.array([[9.0, 0.0], [9.0, 1.0], [9.0, np.nan]])
    assert kernel.lengths(X, plain_units(2), forest).tolist() == [1.0, 4.0, 2.0]
    assert kernel.column_credits(X, plain_units(2), forest).tolist() == [[0.0, 1.0], [0.0, -2.0], [0.0, 0.0]]


def replaced(forest, **arrays):
    return forest._replace(**arrays)


def test_arrays_that_do_not_fit_together():
    X = table(10, 3)
    good = grown(X, size=8, width=2)
    wrong = [
        ({"thresholds": np.zeros((3, 7), np.float32)}, "power of two"),
        ({"features": good.features[:, :4].copy()}, "features"),
        ({"coefficients": None}, "coefficients"),
        ({"coefficients": good.coefficients[:, :, :1].copy()}, "coefficients"),
        ({"counts": good.counts[:, :8].copy()}, "counts"),
        ({"lengths": good.lengths[:, :4].copy()}, "lengths"),
        ({"lengths": good.lengths[:2].copy()}, "lengths"),
    ]
    for arrays, match in wrong:
        for function in (kernel.lengths, kernel.column_credits):
            with pytest.raises(ValueError, match=match):
                function(X, plain_units(3), replaced(good, **arrays))
    with pytest.raises(ValueError, match="center and scale"):
        kernel.lengths(X, plain_units(2), good)
    with pytest.raises(ValueError, match="must have a column"):
        kernel.lengths(X[:, :0], plain_units(0), good)


def test_trees_grown_together_are_those_grown_alone():
    X = table(300, 4, missing=0.1)
    for width in (None, 2):
        together = grown(X, n_trees=5, size=200, width=width)
        for t in range(5):
            alone = grown(X, n_trees=1, size=200, width=width, seed=t)
            np.testing.assert_array_equal(alone.thresholds[0], together.thresholds[t])
            np.testing.assert_array_equal(alone.counts[0], together.counts[t])


def test_growing_into_arrays_that_do_not_fit():
    X = table(4, 2)
    good = {
        "samples": np.arange(4)[None],
        "columns": np.arange(2, dtype=np.int32)[None],
        "seeds": np.zeros(1, np.uint64),
        "features": np.empty((1, 4, 1), np.int32),
        "coefficients": None,
        "thresholds": np.empty((1, 4), np.float32),
        "counts": np.empty((1, 8), np.int32),
    }
    wrong = [
        ({"samples": np.array([[0, 4]])}, "a row that is not there"),
        ({"samples": np.array([[0, -1]])}, "a row that is not there"),
        ({"samples": np.empty((1, 0), np.int64)}, "a tree needs rows"),
        ({"samples": np.zeros((2, 4), np.int64)}, "a row for each seed"),
        ({"columns": np.array([[2]], np.int32)}, "a column that is not there"),
        ({"columns": np.array([[-1]], np.int32)}, "a column that is not there"),
        ({"columns": np.empty((1, 0), np.int32)}, "a tree needs a column"),
        ({"seeds": np.zeros(2, np.uint64)}, "a row for each seed"),
        ({"features": np.empty((1, 3, 1), np.int32)}, "features"),
        ({"features": np.empty((1, 4, 2), np.int32)}, "coefficients"),
        ({"coefficients": np.empty((1, 4, 2), np.float32)}, "coefficients"),
        ({"thresholds": np.empty((1, 3), np.float32)}, "power of two"),
        ({"counts": np.empty((1, 4), np.int32)}, "counts"),
    ]
    for arrays, match in wrong:
        with pytest.raises(ValueError, match=match):
            kernel.grow(X, plain_units(2), **{**good, **arrays})
