"""What `ExplanationDisplay` draws, against known answers."""

import numpy as np
import pytest
import sklearn.ensemble
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError

from mixtura import (
    AnomalyDetector,
    EllipticEnvelope,
    ExplanationDisplay,
    Full,
    GaussianMixture,
    IsolationForest,
    LocalOutlierFactor,
    Mixture,
    MixtureDetector,
    OneClassSVM,
    Spherical,
    TableModel,
)
from mixtura.detectors.explanation import Explanation
from mixtura.errors import ColumnError, MissingValuesError

IRIS = load_iris().data


@pytest.fixture(autouse=True)
def figures(picture):
    """Draw without a screen, and close what was drawn."""
    return picture


def explained(expected, deviation, distance, shares, flagged=None):
    """An explanation of one row."""
    expected, deviation, distance, shares = (
        np.array([part], dtype=float) for part in (expected, deviation, distance, shares)
    )
    none = np.zeros(expected.shape, bool)
    return Explanation(
        expected, deviation, distance, shares, none, none if flagged is None else np.array([flagged]), none, expected,
        np.array([-3.0]), np.array([-1.0]), np.full((1, 3), -1),
    )  # fmt: skip


def names_of(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def words_of(display, row=0):
    return [text.get_text() for text in display.texts_[row]]


def widths_of(display, row=0):
    return [bar.get_width() for bar in display.bars_[row]]


def test_bars_are_the_shares_and_words_the_values():
    """Of independent columns the share is half of the squared distance, less the half that is usual."""
    mixture = Mixture([1.0], [[1.0, 5.0, 2.0]], Spherical([1.0], 1, 3))
    model = TableModel(mixture, ["a", "b", "c"], center=[0, 0, 0], scale=[1, 10, 100])
    display = ExplanationDisplay.from_estimator(model, [[-1.0, 90.0, 200.0]])
    np.testing.assert_allclose(widths_of(display), [8 - 0.5, 2 - 0.5, 0 - 0.5], atol=0.15)
    assert names_of(display.ax_) == ["b", "a", "c"]
    assert words_of(display) == [
        "+7.5  90 (4.0 sd above)\nexpected 50 ± 10",
        "+1.6  -1 (2.0 sd below)\nexpected 1 ± 1",
        "-0.5  200 (0.0 sd above)\nexpected 200 ± 100",
    ]
    orange, grey, also_grey = (bar.get_facecolor() for bar in display.bars_[0])
    assert orange != grey == also_grey
    assert display.ax_.get_title(loc="left") == ""


def test_expectations_are_those_given_the_other_columns():
    mixture = Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, 0.8], [0.8, 1.0]]], 1, 2))
    display = ExplanationDisplay.from_estimator(mixture, [[2.0, -1.0]])
    # Half of 4 / 2, half of (22.8 - 1) / 2, less the half that is usual.
    assert words_of(display)[0] == "+6.0  2 (4.7 sd above)\nexpected -0.8 ± 0.6"


@pytest.mark.parametrize(
    "model",
    [
        AnomalyDetector(n_estimators=10, random_state=0),
        EllipticEnvelope(random_state=0),
        IsolationForest(n_estimators=10, random_state=0),
        LocalOutlierFactor(novelty=True),
        OneClassSVM(),
        MixtureDetector(GaussianMixture(2), random_state=0),
        GaussianMixture(3, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
def test_every_model_is_explained(model, need):
    frame = need("pandas").DataFrame(IRIS, columns=["a", "b", "c", "d"], index=np.arange(1000, 1150))
    model.fit(frame)
    display = ExplanationDisplay.from_estimator(model, frame.iloc[[41]])
    np.testing.assert_allclose(sorted(widths_of(display)), sorted(display.explanation.shares[0]))
    assert sorted(names_of(display.ax_)) == ["a", "b", "c", "d"]
    assert display.ax_.get_title(loc="left").startswith("row 1041")


def test_most_columns_are_summed_up():
    shares = [2.0, 3.0, 30.0, -10.0, 1.0, -0.5]
    flagged = [False, True, False, False, False, False]
    explanation = explained([3.0] * 6, [0.0] * 6, [1.0] * 6, shares, flagged)
    display = ExplanationDisplay.from_predictions(explanation, np.full((1, 6), 3.0), max_columns=3)
    # The flagged cell first, then what adds or takes most.
    assert names_of(display.ax_) == ["x1", "x2", "x3", "3 other columns"]
    np.testing.assert_allclose(widths_of(display), [3, 30, -10, 2.5])
    assert words_of(display)[3] == "+2.5"
    assert display.ax_.get_xlim()[0] < -10
    assert display.ax_.get_xlabel() == "surprise (nats); orange: flagged"
    five = ExplanationDisplay.from_predictions(explanation, np.full((1, 6), 3.0), max_columns=5)
    assert names_of(five.ax_)[5] == "1 other column"


def test_values_that_are_missing_far_or_always_the_same():
    values = np.array([[np.nan, 1e30, 4.0, 7.0]])
    explanation = explained([5, 0, 3, 7], [1, 1, 0, 0], [0, 1e30, np.inf, 0], [0.0, 5e59, 30.0, 0.1])
    display = ExplanationDisplay.from_predictions(explanation, values, columns=["w", "x", "y", "z"])
    assert words_of(display) == [
        "+5e+59  1e+30 (1e+30 sd above)\nexpected 0 ± 1",
        "+30.0  4\nexpected 3, as in all rows fitted",
        "+0.1  7\nexpected 7",
        "+0.0  missing\nexpected 5",
    ]


def test_title_says_when_no_cell_is_flagged():
    explanation = explained([1, 1], [0, 0], [1, 1], [1, 1])
    display = ExplanationDisplay.from_predictions(explanation, np.ones((1, 2)), row_names=["order $7"])
    assert display.ax_.get_title(loc="left") == r"order \$7: no few values stand out"
    assert display.ax_.get_xlabel() == "surprise (nats)"


def test_strange_names_stay_text_within_the_picture():
    names = ["$\\frac{1}{2}$", "a_b^c\nd", "n" * 5_000, "50% of $"]
    detector = MixtureDetector(GaussianMixture(1), random_state=0).fit(IRIS)
    display = ExplanationDisplay.from_estimator(detector, IRIS[:1], columns=names)
    display.figure_.draw_without_rendering()
    labels = {label.get_text(): label for label in display.ax_.get_yticklabels()}
    assert set(labels) == {r"\$\frac{1}{2}\$", "a_b^c d", "n" * 23 + "…", r"50% of \$"}
    assert min(label.get_window_extent().x0 for label in labels.values()) >= 0


def test_several_rows_have_axes_each(need):
    plt = need("matplotlib.pyplot")
    detector = MixtureDetector(GaussianMixture(1), random_state=0).fit(IRIS)
    display = ExplanationDisplay.from_estimator(detector, IRIS[:3], row_names=[7, 8, 9])
    assert [ax.get_title(loc="left").partition(":")[0] for ax in display.ax_] == ["7", "8", "9"]
    figure, axes = plt.subplots(3, 1)
    again = display.plot(axes)
    assert (again, display.figure_, list(display.ax_)) == (display, figure, list(axes))
    with pytest.raises(ValueError, match="there are 3 rows to explain, and 1 axes"):
        display.plot(axes[0])


@pytest.mark.parametrize(
    ("model", "rows", "arguments", "error", "message"),
    [
        (AnomalyDetector(), IRIS[:1], {}, NotFittedError, "not fitted"),
        (sklearn.ensemble.IsolationForest(n_estimators=2).fit(IRIS), IRIS[:1], {}, TypeError, "does not explain rows"),
        (EllipticEnvelope().fit(IRIS), IRIS[:1, :3], {}, ColumnError, "have 3 columns, and EllipticEnvelope 4"),
        (GaussianMixture().fit(IRIS), IRIS[0], {}, ColumnError, "give a table of one row"),
        (GaussianMixture().fit(IRIS), IRIS[:7], {}, ValueError, "one to 6 rows, not 7"),
        (GaussianMixture().fit(IRIS), IRIS[:1], {"columns": ["a"]}, ValueError, "1 names of columns, and 4 columns"),
        (GaussianMixture().fit(IRIS), IRIS[:1], {"row_names": []}, ValueError, "0 names of rows, and 1 rows"),
        (GaussianMixture().fit(IRIS), IRIS[:1], {"max_columns": 0}, ValueError, "max_columns must be at least 1"),
        (
            TableModel(EllipticEnvelope().fit(IRIS).model_, list("abcd"), [0] * 4, [1] * 4),
            [[1, 2, 3, np.nan]],
            {},
            MissingValuesError,
            "d",
        ),
    ],
)
def test_what_cannot_be_explained(model, rows, arguments, error, message):
    with pytest.raises(error, match=message):
        ExplanationDisplay.from_estimator(model, rows, **arguments)


def test_an_explanation_of_other_rows_is_refused():
    explanation = MixtureDetector(GaussianMixture(1), random_state=0).fit(IRIS).explain(IRIS[:2])
    with pytest.raises(ValueError, match=r"the shape \(1, 4\), and the explanation \(2, 4\)"):
        ExplanationDisplay.from_predictions(explanation, IRIS[:1])


def test_one_row(picture, need):
    frame = need("pandas").DataFrame(IRIS, columns=load_iris().feature_names)
    detector = AnomalyDetector(random_state=0).fit(frame)
    assert picture(ExplanationDisplay.from_estimator(detector, frame.iloc[[41]]).figure_, "explanation_row")


def test_two_rows_of_many_columns(picture):
    rng = np.random.default_rng(0)
    X = rng.normal(50, 4, (300, 14))
    X[0, [3, 8]] = 95.5, 20.25
    X[1] += 6
    detector = MixtureDetector(GaussianMixture(1), random_state=0).fit(X)
    names = [f"measurement_{column} [$/kg]" for column in range(14)]
    display = ExplanationDisplay.from_estimator(
        detector, X[:2], columns=names, row_names=["row 0", "row 1"], max_columns=5
    )
    assert picture(display.figure_, "explanation_rows")
