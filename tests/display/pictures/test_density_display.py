"""What `DensityDisplay` draws, against known answers."""

import numpy as np
import pytest
import sklearn.base
import sklearn.ensemble
import sklearn.mixture
import sklearn.neighbors
import sklearn.svm
from sklearn.covariance import EllipticEnvelope as SklearnEnvelope
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mixtura import (
    AnomalyDetector,
    BayesianGaussianMixture,
    DensityDisplay,
    EllipticEnvelope,
    Full,
    GaussianMixture,
    IsolationForest,
    LocalOutlierFactor,
    Mixture,
    MixtureDetector,
    MixtureSearch,
    Noise,
    OneClassSVM,
    Spherical,
    TableModel,
)


@pytest.fixture(autouse=True)
def figures(picture):
    """Draw without a screen, and close what was drawn."""
    return picture


def rows_of_three_groups():
    rng = np.random.default_rng(0)
    tilted = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 300)
    upright = rng.multivariate_normal([5, 1], [[0.4, -0.2], [-0.2, 1.4]], 200)
    flat = rng.multivariate_normal([1, 6], [[1.5, 0], [0, 0.3]], 100)
    return np.concatenate([tilted, upright, flat])


X = rows_of_three_groups()


def vertices(contours):
    return np.concatenate([path.vertices for path in contours.get_paths()])


def test_ellipses_have_the_axes_of_the_covariances():
    turned = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    covariances = [np.diag([9.0, 4.0]), turned @ np.diag([4.0, 1.0]) @ turned.T]
    mixture = Mixture([0.5, 0.5], [[0, 0], [20, 3]], Full(covariances, 2, 2))
    drawn = DensityDisplay.from_estimator(mixture).ellipses_
    assert [(round(e.width, 9), round(e.height, 9)) for e in drawn] == [(12, 8), (8, 4)]  # two deviations to each side
    np.testing.assert_allclose([e.center for e in drawn], [[0, 0], [20, 3]])
    np.testing.assert_allclose([e.angle % 180 for e in drawn], [0, np.degrees(0.5)], atol=1e-9)


def test_contours_enclose_their_shares_of_a_normal_distribution():
    """The density of a standard normal in the plane is 1/2π of the probability outside its contour."""
    display = DensityDisplay.from_estimator(Mixture([1.0], [[0, 0]], Spherical([1.0], 1, 2)))
    shares = np.array(display.surface.shares)
    np.testing.assert_array_equal(shares, [0.99, 0.95, 0.75, 0.5, 0.25])
    np.testing.assert_array_equal(display.contours_.levels, display.surface.levels)
    found = 1 - 2 * np.pi * np.exp(display.surface.levels)
    assert (np.abs(found - shares) < 4 * np.sqrt(shares * (1 - shares) / 10_000)).all()


def test_boundary_of_two_equal_components_is_halfway():
    mixture = Mixture([0.5, 0.5], [[0, 0], [4, 0]], Spherical([1.0, 1.0], 2, 2))
    (boundary,) = DensityDisplay.from_estimator(mixture).boundaries_
    np.testing.assert_allclose(vertices(boundary)[:, 0], 2.0, atol=1e-6)
    assert np.ptp(vertices(boundary)[:, 1]) > 4


def test_boundaries_are_where_the_two_likeliest_components_tie():
    gm = GaussianMixture(3, random_state=0).fit(X)
    display = DensityDisplay.from_estimator(gm, X)
    found = np.sort(gm.predict_proba(np.concatenate([vertices(one) for one in display.boundaries_])), axis=1)
    np.testing.assert_allclose(found[:, 2], found[:, 1], atol=0.05)
    assert len(found) > 100


def test_the_centre_of_a_component_that_is_next_to_nothing_is_seen():
    mixture = Mixture([0.9999, 1e-4], [[0.0, 0.0], [3.0, 0.0]], Spherical([1.0, 1.0], 2, 2))
    sizes = DensityDisplay.from_estimator(mixture).centers_.get_sizes()
    assert sizes[0] / 10 < sizes[1] < sizes[0] / 5


def test_centres_have_areas_in_proportion_to_weights():
    mixture = Mixture([0.6, 0.3, 0.1, 0.0], np.zeros((4, 2)), Spherical([1.0, 2.0, 3.0, 4.0], 4, 2))
    display = DensityDisplay.from_estimator(mixture)
    sizes = display.centers_.get_sizes()
    np.testing.assert_allclose(sizes / sizes[0], [1, 0.5, 1 / 6])
    assert len(display.ellipses_) == 3  # a component of weight zero is not there


def test_points_have_the_colours_of_their_components():
    gm = GaussianMixture(3, random_state=0).fit(X)
    display = DensityDisplay.from_estimator(gm, X)
    colors = display.points_.get_facecolors()[:, :3]
    centers = display.centers_.get_facecolors()[:, :3]
    np.testing.assert_array_equal(colors, centers[gm.predict(X)])
    np.testing.assert_array_equal(display.points_.get_offsets(), X)
    assert display.anomalies_ is None


@pytest.mark.parametrize(
    "detector",
    [
        AnomalyDetector(0.05, random_state=0),
        EllipticEnvelope(random_state=0),
        IsolationForest(random_state=0),
        LocalOutlierFactor(novelty=True),
        OneClassSVM(nu=0.1),
        MixtureDetector(random_state=0),
        SklearnEnvelope(random_state=0),
        sklearn.ensemble.IsolationForest(n_estimators=10, random_state=0),
        sklearn.neighbors.LocalOutlierFactor(novelty=True),
        sklearn.svm.OneClassSVM(nu=0.1),
        make_pipeline(StandardScaler(), sklearn.svm.OneClassSVM(nu=0.1)),
    ],
    ids=lambda detector: f"{type(detector).__module__.partition('.')[0]}-{type(detector).__name__}",
)
def test_stars_are_the_rows_that_a_detector_predicts(detector):
    detector.fit(X)
    display = DensityDisplay.from_estimator(detector, X, grid_resolution=30)
    outliers = X[detector.predict(X) == -1]
    assert 0 < len(outliers) < len(X)
    np.testing.assert_array_equal(display.anomalies_.get_offsets(), outliers)
    assert len(display.points_.get_offsets()) == len(X) - len(outliers)
    assert display.threshold_ is not None
    assert len(display.contours_.levels) == 5


def test_line_of_the_threshold_is_where_the_decision_is_zero():
    detector = EllipticEnvelope(random_state=0).fit(X)
    display = DensityDisplay.from_estimator(detector, X)
    size = np.abs(detector.decision_function(X)).max()
    np.testing.assert_allclose(detector.decision_function(vertices(display.threshold_)) / size, 0, atol=2e-3)


def test_rate_flags_so_many_rows():
    gm = GaussianMixture(3, random_state=0).fit(X)
    lowest = np.sort(gm.score_samples(X).argsort()[:24])
    stars = DensityDisplay.from_estimator(gm, X, rate=0.04).anomalies_.get_offsets()
    np.testing.assert_array_equal(stars, X[lowest])


def test_threshold_is_one_of_the_scores():
    bayesian = BayesianGaussianMixture(n_components=4, random_state=0).fit(X)
    stars = DensityDisplay.from_estimator(bayesian, X, threshold=-6.0).anomalies_.get_offsets()
    np.testing.assert_array_equal(stars, X[bayesian.score_samples(X) < -6.0])


def test_mixtures_of_a_search_and_of_scikit_learn_are_drawn():
    search = MixtureSearch([3], covariance_types=["full"], random_state=0).fit(X)
    np.testing.assert_array_equal(DensityDisplay.from_estimator(search, X).mixture.means, search.best_estimator_.means_)
    theirs = sklearn.mixture.GaussianMixture(3, covariance_type="tied", random_state=0).fit(X)
    np.testing.assert_array_equal(DensityDisplay.from_estimator(theirs, X).mixture.means, theirs.means_)


def test_models_of_scaled_columns_are_drawn_in_the_units_of_the_table():
    scaled = Mixture([0.5, 0.5], [[-1.0, 0.0], [1.0, 0.0]], Spherical([1.0, 1.0], 2, 2))
    model = TableModel(scaled, ["a", "b"], center=[10, 20], scale=[2, 3], threshold=6.0)
    table = np.array([[8.0, 20.0], [12.0, 20.0], [30.0, 20.0]])
    display = DensityDisplay.from_estimator(model, table)
    np.testing.assert_allclose(display.centers_.get_offsets(), [[8, 20], [12, 20]])
    assert [(e.width, e.height) for e in display.ellipses_] == [(12, 8), (12, 8)]
    np.testing.assert_array_equal(display.anomalies_.get_offsets(), table[model.is_anomaly(table)])
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("a", "b")


def test_model_without_rows_is_drawn_with_its_threshold():
    model = TableModel(Mixture([1.0], [[0, 0]], Spherical([1.0], 1, 2)), ["a", "b"], [0, 0], [1, 1], threshold=4.0)
    display = DensityDisplay.from_estimator(model)
    radii = np.hypot(*vertices(display.threshold_).T)
    np.testing.assert_allclose(radii, np.sqrt(2 * (4 - np.log(2 * np.pi))), rtol=1e-2)
    assert (display.anomalies_, len(display.points)) == (None, 0)


def test_of_many_rows_a_sample_is_shown_and_every_anomaly():
    many = np.random.default_rng(0).normal(size=(3_000, 2))
    mixture = Mixture([1.0], [[0, 0]], Spherical([1.0], 1, 2))
    display = DensityDisplay.from_estimator(mixture, many, rate=0.01, max_points=500)
    assert (len(display.points_.get_offsets()), len(display.anomalies_.get_offsets())) == (500, 30)
    assert display.note_.get_text() == "a sample of 500 of the 2,970 rows that belong"
    again = DensityDisplay.from_estimator(mixture, many, rate=0.01, max_points=500)
    np.testing.assert_array_equal(display.points, again.points)


def test_rows_with_missing_values_are_counted():
    table = X.copy()
    table[[0, 5], 1] = np.nan
    table[0, 0] = 100.0
    display = DensityDisplay.from_estimator(GaussianMixture(3, random_state=0).fit(X), table, threshold=-20.0)
    assert display.note_.get_text() == "2 rows with missing values, 1 of them an anomaly, not shown"
    fitted = EllipticEnvelope(random_state=0).fit(X)
    assert DensityDisplay.from_estimator(fitted, table).notes == ("2 rows with missing values not shown",)


def test_names_of_a_frame_are_on_the_axes_and_choose_its_columns(need):
    frame = need("pandas").DataFrame(X, columns=["price in $", "b\n$x_1$"])
    gm = GaussianMixture(3, random_state=0).fit(frame)
    display = DensityDisplay.from_estimator(gm, frame.assign(city="Bern")[["city", *frame.columns[::-1]]])
    display.figure_.draw_without_rendering()
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == (r"price in \$", r"b \$x_1\$")
    np.testing.assert_array_equal(display.points_.get_offsets(), X)


def test_files_are_read_by_the_names_that_were_fitted(need, tmp_path):
    frame = need("pandas").DataFrame(X, columns=["a", "b"])
    gm = GaussianMixture(3, random_state=0).fit(frame)
    frame.assign(c="text")[["c", "b", "a"]].to_csv(tmp_path / "table.csv", index=False)
    display = DensityDisplay.from_estimator(gm, tmp_path / "table.csv")
    np.testing.assert_allclose(display.points_.get_offsets(), X)


def test_noise_is_drawn_as_rows_of_no_component():
    mixture = Mixture([0.8], [[0, 0]], Spherical([0.1], 1, 2), noise=Noise(0.2, [-5, -5], [5, 5]))
    display = DensityDisplay.from_estimator(mixture, [[0.0, 0.0], [4.0, 4.0]])
    assert display.labels.tolist() == [0, -1]
    assert [text.get_text() for text in display.legend_.get_texts()][:2] == ["component 0, 80%", "noise"]


def test_scores_of_minus_infinity_leave_the_contours_that_can_be_drawn():
    class Halves(sklearn.base.BaseEstimator):
        n_features_in_ = 2

        def fit(self, X, y=None):
            return self

        def score_samples(self, X):
            return np.where(X[:, 0] < 0, -np.inf, X[:, 0])

        def __sklearn_is_fitted__(self):
            return True

    display = DensityDisplay.from_estimator(Halves(), X)
    right = (X[:, 0] >= 0).mean()
    assert display.surface.shares == tuple(share for share in (0.99, 0.95, 0.75, 0.5, 0.25) if share < right)
    assert np.isfinite(display.surface.response).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_row_and_constant_columns(dtype):
    mixture = Mixture([1.0], [[1.0, 5.0]], Spherical([1e-6], 1, 2))
    display = DensityDisplay.from_estimator(mixture, np.array([[1.0, 5.0]], dtype))
    assert display.points_.get_offsets().tolist() == [[1.0, 5.0]]
    assert np.isfinite(display.surface.response).all()
    flat = np.column_stack([np.linspace(0, 1, 50), np.full(50, 7.0)]).astype(dtype)
    detector = IsolationForest(n_estimators=10, random_state=0).fit(flat)
    assert DensityDisplay.from_estimator(detector, flat).ax_.get_ylim() == (6.5, 7.5)


def test_axes_given_are_drawn_into(need):
    plt = need("matplotlib.pyplot")
    figure, (left, right) = plt.subplots(1, 2)
    gm = GaussianMixture(3, random_state=0).fit(X)
    display = DensityDisplay.from_estimator(
        gm, X, ax=right, contours=False, boundaries=False, ellipses=False, centers=False, legend=False
    )
    assert (display.ax_, display.figure_) == (right, figure)
    assert not left.has_data()
    assert (display.contours_, display.boundaries_, display.ellipses_, display.centers_) == (None, [], [], None)
    assert (display.legend_, len(plt.get_fignums())) == (None, 1)


def test_predictions_are_points_and_stars():
    labels = np.repeat([0, 1, -1], [300, 200, 100])
    display = DensityDisplay.from_predictions(X, -X[:, 0], labels, rate=0.1)
    highest = np.sort(X[:, 0].argsort()[-60:])
    np.testing.assert_array_equal(display.anomalies_.get_offsets(), X[highest])
    assert (display.contours_, display.centers_) == (None, None)
    assert [text.get_text() for text in display.legend_.get_texts()] == [
        "component 0",
        "component 1",
        "noise",
        "60 anomalies",
    ]
