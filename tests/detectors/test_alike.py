"""What is usual among rows that are like a row in the other columns: by hand, and in tables of known groups."""

import numpy as np
import pytest
from mixtura.detectors.alike import Background, background_size

from mixtura import AnomalyDetector, IsolationForest, LocalOutlierFactor, OneClassSVM
from mixtura.decisions.reasons import reasons

DETECTORS = {
    "forest": lambda: IsolationForest(random_state=0),
    "hyperplanes": lambda: IsolationForest(hyperplane_features="all", random_state=0),
    "lof": lambda: LocalOutlierFactor(novelty=True),
    "svm": lambda: OneClassSVM(nu=0.05),
    "landmarks": lambda: OneClassSVM(nu=0.05, approximate=True, n_landmarks=100, random_state=0),
    "linear": lambda: OneClassSVM(kernel="linear", nu=0.05),
}
detectors = pytest.mark.parametrize("name", DETECTORS)


def two_groups():
    """Nine rows with 0 and 1, ..., 9, and nine with 10 and 101, ..., 109."""
    numbers = np.arange(1.0, 10)
    return np.vstack([np.column_stack([np.zeros(9), numbers]), np.column_stack([np.full(9, 10.0), 100 + numbers])])


def test_by_hand():
    """The closest 2 √18 are eight rows, which agree in the first column: so do nine."""
    usual = Background(two_groups()).usual(np.array([[0.0, 300.0], [10.0, 300.0], [0.0, 1.0]]))
    numbers = np.arange(1.0, 10)
    # The third row is one of the first nine, and is not compared with itself.
    np.testing.assert_allclose(usual.expected[:, 1], [5, 105, numbers[1:].mean()])
    np.testing.assert_allclose(usual.deviation[:, 1], [numbers.std(), numbers.std(), numbers[1:].std()])
    assert usual.given_others.tolist() == [True, True]


def test_where_like_rows_have_one_value_the_deviation_is_that_of_the_column():
    usual = Background(two_groups()).usual(np.array([[3.0, 4.5]]))
    np.testing.assert_allclose(usual.expected[0, 0], 0, atol=1e-12)
    np.testing.assert_allclose(usual.deviation[0, 0], 5)


@pytest.mark.parametrize("n_columns", [1, 2, 5])
def test_columns_of_which_the_others_say_nothing_stand_alone(n_columns):
    rows = np.random.default_rng(0).normal([5.0] * n_columns, 2, size=(500, n_columns))
    usual = Background(rows).usual(np.full((2, n_columns), 7.5))
    assert not usual.given_others.any()
    np.testing.assert_allclose(usual.expected, np.tile(rows.mean(axis=0), (2, 1)))
    np.testing.assert_allclose(usual.deviation, np.tile(rows.std(axis=0), (2, 1)))


@pytest.mark.parametrize("share", [0.004, 0.03, 0.3])
def test_deviation_of_a_flag_is_that_of_its_share(share):
    """A row that has the rarer value is not compared with itself."""
    n = 1000
    rows = np.column_stack([np.arange(n) < share * n, np.random.default_rng(0).normal(size=n)]).astype(float)
    usual = Background(rows).usual(rows[:1])
    others = (share * n - 1) / (n - 1)
    np.testing.assert_allclose(usual.expected[0, 0], others)
    np.testing.assert_allclose(usual.deviation[0, 0], np.sqrt(others * (1 - others)))


@pytest.mark.parametrize("gross", ["scattered", "one value"])
def test_gross_values_do_not_count(gross):
    """An error of measurement, and a number that stands for none."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(1000, 3))
    clean = Background(rows[20:]).usual(np.zeros((1, 3)))
    rows[:20, 1] = -999.0 if gross == "one value" else random.normal(scale=1e6, size=20)
    usual = Background(rows).usual(np.array([[0.0, 0.0, 0.0], [0.0, -999.0, 5.0]]))
    np.testing.assert_allclose(usual.expected[:, 1], clean.expected[0, 1], atol=0.01)
    np.testing.assert_allclose(usual.deviation[:, 1], clean.deviation[0, 1], rtol=0.02)
    np.testing.assert_allclose(usual.deviation[:, 2], rows[:, 2].std())


@pytest.mark.parametrize("correlation", [0.6, 0.9])
def test_expected_given_a_correlated_column(correlation):
    random = np.random.default_rng(0)
    left = np.sqrt(1 - correlation**2)
    first = random.normal(size=1024)
    rows = np.column_stack([first, correlation * first + left * random.normal(size=1024)])
    given = np.linspace(-1.5, 1.5, 7)
    usual = Background(rows).usual(np.column_stack([given, np.full(7, 30.0)]))
    # Some ninety rows are heard: four standard errors, and what the slope adds within reach.
    np.testing.assert_allclose(usual.expected[:, 1], correlation * given, atol=4 * left / np.sqrt(90) + 0.05)
    np.testing.assert_allclose(usual.deviation[:, 1], left, rtol=4 / np.sqrt(180))
    assert usual.given_others.all()


def test_one_gross_value_does_not_choose_the_rows():
    random = np.random.default_rng(0)
    label = random.integers(2, size=1000)
    rows = 10.0 * label[:, None] + random.normal(size=(1000, 4))
    usual = Background(rows).usual(np.array([[0.0, 0.0, 0.0, 1e9], [10.0, 10.0, -1e9, 10.0]]))
    np.testing.assert_allclose(usual.expected, [[0] * 4, [10] * 4], atol=0.4)
    np.testing.assert_allclose(usual.deviation, 1, rtol=0.3)


def test_missing_values_say_nothing():
    random = np.random.default_rng(0)
    label = random.integers(2, size=1000)
    rows = 10.0 * label[:, None] + random.normal(size=(1000, 4))
    rows[random.random(rows.shape) < 0.1] = np.nan
    usual = Background(rows).usual(np.array([[0.0, np.nan, 0.0, np.nan], [np.nan, np.nan, 10.0, np.nan]]))
    np.testing.assert_allclose(usual.expected, [[0] * 4, [10, 10, usual.expected[1, 2], 10]], atol=0.5)
    empty = Background(np.column_stack([rows[:, 0], np.full(1000, np.nan)])).usual(np.array([[0.0, np.nan], [1, 5]]))
    assert np.isfinite(empty.expected).all()
    assert (empty.deviation[:, 1] == 0).all()


@pytest.mark.parametrize("scale", [1e-300, 1e-20, 1.0, 1e300])
def test_units_do_not_matter(scale):
    random = np.random.default_rng(0)
    unit = 2.0 ** np.round(np.log2(scale))
    rows, asked = random.normal(size=(2, 200, 3))
    rows[:, 1] += rows[:, 0]
    one, other = Background(rows).usual(asked), Background(unit * rows).usual(unit * asked)
    np.testing.assert_array_equal(other.expected, unit * one.expected)
    np.testing.assert_array_equal(other.deviation, unit * one.deviation)


@pytest.mark.parametrize("rows", [np.ones((1, 2)), np.ones((30, 1)), np.array([[1e308, 0.0], [-1e308, 0.0]])])
def test_tables_with_nothing_to_compare(rows):
    usual = Background(rows).usual(np.array([[1e308] * rows.shape[1], [-1e308] * rows.shape[1]]))
    assert np.isfinite(usual.expected).all()
    assert np.isfinite(usual.deviation).all()


def test_rows_are_answered_alone_as_together():
    random = np.random.default_rng(0)
    background, asked = Background(random.normal(size=(1024, 30)).cumsum(axis=1)), random.normal(size=(150, 30))
    together = background.usual(asked)
    for row in (0, 77, 149):
        alone = background.usual(asked[row : row + 1])
        np.testing.assert_allclose(alone.expected[0], together.expected[row], rtol=1e-12)


def test_size_of_a_background():
    assert background_size(50, 3) == 50
    assert background_size(10**6, 10) == 1024
    assert background_size(10**6, 2**12) == 256
    assert background_size(10**6, 10**5) == 64
    assert len(Background.of(np.zeros((5000, 3), np.float32)).rows) == 1024


@detectors
def test_a_normal_column_deviates_by_its_standard_deviation(name):
    X = 1000 + 5 * np.random.default_rng(1).normal(size=(4000, 2))
    X[0] = [1040, 1000]
    explanation = DETECTORS[name]().fit(X).explain(X[:1])
    tolerance = 0.2 if name in ("svm", "landmarks", "linear") else 0.1  # rows that do not belong are left out
    assert explanation.deviation[0, 0] == pytest.approx(5, rel=tolerance)
    assert explanation.distance[0, 0] == pytest.approx(8, rel=tolerance)


@pytest.mark.parametrize("name", [name for name in DETECTORS if name != "linear"])
def test_expectation_is_that_of_the_group(name):
    """Rows of one group with one value of another: the median of the table is right for neither."""
    random = np.random.default_rng(0)
    label = np.arange(2000) % 2
    X = np.array([0.0, 100.0])[label][:, None] + random.normal(size=(2000, 3)) * [1, 2, 3]
    X[0, 0], X[1, 1], X[2, 2] = 100, 0, 40
    explanation = DETECTORS[name]().fit(X).explain(X[:3])
    at = np.arange(3), np.arange(3)
    np.testing.assert_allclose(explanation.expected[at], [0, 100, 0], atol=1.5)
    np.testing.assert_allclose(explanation.deviation[at], [1, 2, 3], rtol=0.3)
    assert explanation.given_others[at].all()
    assert reasons(["a", "b", "c"], X[:3], explanation)[0].startswith("a = 100, expected ")


@pytest.mark.parametrize("name", ["forest", "hyperplanes", "lof"])
def test_a_rare_value_is_as_many_deviations_off_as_its_share_says(name):
    """Of a flag that one row in thirty-three has: 5.7, where the mean distance in place of the deviation gave 26."""
    X = np.column_stack([np.arange(1000) < 30, np.random.default_rng(0).normal(size=(1000, 2))]).astype(float)
    explanation = DETECTORS[name]().fit(X).explain(X[:1])
    others = 29 / 999
    np.testing.assert_allclose(explanation.distance[0, 0], np.sqrt((1 - others) / others))
    assert not explanation.given_others.any()


def test_the_default_detector_says_by_how_many_deviations_a_rare_value_is_off():
    random = np.random.default_rng(0)
    X = np.column_stack([np.arange(2000) < 60, random.normal(size=(2000, 2))]).astype(float)
    explanation = AnomalyDetector(random_state=0).fit(X).explain(X[:1])
    assert explanation.distance[0, 0] == pytest.approx(1 / np.sqrt(0.03 * 0.97))
