import pickle
import re
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from mixtura import AnomalyDetector, EllipticEnvelope, IsolationForest, LocalOutlierFactor, OneClassSVM
from mixtura.decisions.conformal import conformal_p_values
from mixtura.decisions.reasons import Habits, Peers, expected_values, written
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SHAPES, Full
from mixtura.errors import ColumnError, InfiniteValuesError
from mixtura.rows import ArrayRows, ScaledRows
from mixtura.statistics.rarity import Rarity
from mixtura.tables.models.provenance import MergedComponents, Provenance
from mixtura.tables.models.table_model import TableModel

CENTER, SCALE = np.array([170.0, 0.1]), np.array([10.0, 0.003])


def a_model(**changes):
    covariance = Full([[[1.0, 0.8], [0.8, 1.0]], [[0.5, 0.0], [0.0, 2.0]]], 2, 2)
    mixture = Mixture([0.7, 0.3], [[0.0, 0.0], [2.0, -1.0]], covariance)
    parts = {"threshold": 5.0, "provenance": Provenance(notes={"n_rows": 10})} | changes
    return TableModel(mixture, ("height", "mass"), CENTER, SCALE, **parts)


def some_rows(dtype=np.float64, n_rows=70_000):
    return (CENTER + 2 * SCALE * np.random.default_rng(0).normal(size=(n_rows, 2))).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_have_the_bits_of_scaled_rows(dtype):
    model, X = a_model(), some_rows(dtype)
    blocks = ScaledRows(ArrayRows(X), CENTER, SCALE).blocks()
    log_density = np.concatenate([model.mixture.log_density(block.values) for block in blocks])
    scores = model.scores(X)
    assert scores.dtype == np.float64
    np.testing.assert_array_equal(scores, -log_density)
    np.testing.assert_array_equal(np.concatenate([model.scores(part) for part in np.array_split(X, 9)]), scores)
    np.testing.assert_array_equal(model.is_anomaly(X), -log_density.astype(float) > model.threshold)
    scaled = (X - CENTER.astype(dtype)) / SCALE.astype(dtype)
    np.testing.assert_array_equal(model.labels(X), model.mixture.labels(scaled))


def test_a_row_at_the_threshold_is_normal():
    scores = a_model().scores(some_rows(n_rows=5))
    model = a_model(threshold=scores[2])
    np.testing.assert_array_equal(model.above_threshold(scores), scores > scores[2])


def test_explanations_and_groups_are_in_the_units_of_the_table():
    model, X = a_model(), some_rows(n_rows=50)
    scaled, explanation = model.model.explain((X - CENTER) / SCALE, -model.threshold), model.explain(X)
    np.testing.assert_allclose((explanation.expected - CENTER) / SCALE, scaled.expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose((X - explanation.expected) / explanation.deviation, scaled.distance, atol=1e-9)
    np.testing.assert_array_equal(explanation.distance, scaled.distance)
    repaired = (explanation.repaired - CENTER) / SCALE  # to the leading digit of the deviation
    apart = np.where(scaled.flagged_cells, scaled.deviation / 2, 0.0)
    assert (np.abs(repaired - scaled.repaired) <= apart + 1e-9).all()
    np.testing.assert_array_equal(explanation.score_before, model.scores(X))
    np.testing.assert_allclose(explanation.score_after, model.scores(explanation.repaired), rtol=1e-9)
    np.testing.assert_allclose(model.means, [[170.0, 0.1], [190.0, 0.097]])
    np.testing.assert_allclose(model.standard_deviations, [[10, 0.003], [10 * 0.5**0.5, 0.003 * 2**0.5]])
    assert "height = 300; " in model.reasons([[300.0, 0.1]])[0]
    assert len(model.reasons(X)) == len(X)


def test_reasons_know_the_threshold_the_columns_and_the_rows():
    rng = np.random.default_rng(1)
    height = rng.normal(size=3000)
    mass = 0.8 * height + 0.6 * rng.normal(size=3000)
    X = np.column_stack([(170 + 10 * height).round(), (65 + 12 * mass).round(1)])
    mixture = Mixture([1.0], [[0.0, 0.0]], Full([[[1.0, 0.8], [0.8, 1.0]]], 1, 2))
    parts = {"center": [170.0, 65.0], "scale": [10.0, 12.0], "threshold": 6.0}
    known = TableModel(mixture, ("height", "mass"), **parts, habits=Habits.of(X))
    rows = [[185.0, 50.0], [170.0, 65.0]]
    found = known.in_words(rows, known.explain(rows), known.columns, Peers(X))
    assert re.fullmatch(
        r"height or mass: either explains the row\. height = 185; a row with mass 50 has about 160, "
        r"and all of [\d,]+ rows like it have less \(95% limits: [\d.]+% to 100%\)\. "
        r"With this value, the score falls from 10\.8 to 2\.11 \(threshold 6\)\.",
        found[0],
    ), found[0]
    assert found[1] == "Ordinary; no value stands out."
    other = known.in_words([[185.0, 50.0]], known.explain([[185.0, 50.0]]), ["größe", "masse"])
    assert other[0].startswith("größe or masse: either explains the row.")


def test_a_repair_that_leaves_a_row_as_unusual_is_no_reason():
    mixture = Mixture([1.0], np.zeros((1, 12)), Full(np.eye(12)[None], 1, 12))
    rarity = Rarity.of(-mixture.log_density(mixture.sample(4000, random_state=0)[0]))

    def explained(row, threshold):
        parts = {"center": np.zeros(12), "scale": np.ones(12), "threshold": threshold, "rarity": rarity}
        known = TableModel(mixture, [*"abcdefghijkl"], **parts)
        found = known.explain([row])
        return np.flatnonzero(found.flagged_cells[0]).tolist(), found, known.reasons([row])[0]

    # The first value has 8.4 nats, each of the others 1.1 to 7.6.
    for others, threshold, cells in ((3.5, 20.0, [0]), (3.9, 20.0, []), (3.5, 200.0, []), (1.5, 200.0, [0])):
        row = [4.1, *[others] * 11]
        flagged, found, reason = explained(row, threshold)
        assert flagged == cells
        if not cells:
            assert found.score_after == found.score_before
            assert (found.repaired == row).all()
            assert (found.given == -1).all()
            assert reason.startswith(
                "Unusual as a whole" if threshold == 20 else "Ordinary; the most unusual value is a"
            )


def test_repaired_cells_could_stand_in_the_table_and_score_what_is_said():
    rng = np.random.default_rng(2)
    days = rng.poisson(4, size=2000)
    X = np.column_stack([days, (12.5 * days + rng.normal(size=2000)).round(2)])
    habits = Habits.of(X)
    assert habits.step[0] == 1
    covariance = Full([np.cov(X, rowvar=False)], 1, 2)
    model = TableModel(Mixture([1.0], [X.mean(axis=0)], covariance), ("days", "cost"), [0, 0], [1, 1], habits=habits)
    model = replace(model, threshold=float(np.quantile(model.scores(X), 0.99)))
    rows = np.array([[40.0, 33.17], [3.0, 900.0], [4.0, 50.0], [0.0, -900.0]])
    found = model.explain(rows)
    assert found.flagged_cells.any(axis=1).tolist() == [True, True, False, True]
    changed = found.repaired[found.flagged_cells]
    np.testing.assert_array_equal(
        changed,
        [
            habits.possible(column, value)
            for column, value in zip(np.nonzero(found.flagged_cells)[1].tolist(), changed.tolist(), strict=True)
        ],
    )
    assert ((found.repaired >= X.min(axis=0)) & (found.repaired <= X.max(axis=0)))[found.flagged_cells].all()
    assert found.repaired[0, 0] == round(found.repaired[0, 0]) != rows[0, 0]
    np.testing.assert_array_equal(found.score_after, model.scores(found.repaired))


def test_a_reason_the_column_of_expected_values_and_the_repaired_row_have_one_number():
    rng = np.random.default_rng(5)
    size = rng.lognormal(3, 0.5, size=1000)
    X = np.column_stack([size, 1.463 * size + rng.normal(size=1000)])
    model = TableModel(
        Mixture([1.0], [X.mean(axis=0)], Full([np.cov(X, rowvar=False)], 1, 2)), ("size", "cost"), [0, 0], [1, 1]
    )
    rows = np.array([[30.0, 900.0], [200.0, 41.5], [17.0, -90.0]])
    for known in (model, replace(model, habits=Habits.of(X)), replace(model, threshold=12.0, habits=Habits.of(X))):
        found = known.explain(rows)
        assert found.flagged_cells.any(axis=1).all()
        np.testing.assert_array_equal(found.score_after, known.scores(found.repaired))
        sentences = known.in_words(rows, found, model.columns)
        for sentence, flagged, repaired, told in zip(
            sentences, found.flagged_cells, found.repaired, expected_values(found), strict=True
        ):
            assert [float(text) for text in told] == repaired[flagged].tolist()
            assert all(written(value) in sentence for value in repaired[flagged].tolist())


def test_a_row_between_the_groups_is_told_the_nearest():
    covariance = Full([0.01 * np.eye(2)] * 2, 2, 2)
    mixture = Mixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], covariance)
    model = TableModel(mixture, ("a", "b"), [0, 0], [1, 1], threshold=5.0)
    explanation = model.explain([[0.45, 0.45]])
    whole = replace(explanation, flagged_cells=np.zeros((1, 2), bool), other_cells=np.zeros((1, 2), bool))
    assert "The nearest group, component 0, is 6.364 sd away." in model.in_words([[0.45, 0.45]], whole, ["a", "b"])[0]


@pytest.mark.parametrize("shape_name", SHAPES)
def test_standard_deviations_of_every_shape(shape_name):
    values = {"full": [np.diag([4.0, 9.0])], "tied": np.diag([4.0, 9.0]), "diag": [[4.0, 9.0]], "spherical": [4.0]}
    values["factor"] = [[[3.0, 1.0], [5.0, 2.0]]]
    mixture = Mixture([1.0], [[0.0, 0.0]], SHAPES[shape_name](values[shape_name], 1, 2))
    model = TableModel(mixture, ("a", "b"), [0, 0], [1, 10])
    np.testing.assert_allclose(model.standard_deviations, [[2, 20 if shape_name == "spherical" else 30]])


def replace_mean(mixture):
    return Mixture(mixture.weights, mixture.means + 1, mixture.covariance)


def test_a_value():
    model = a_model()
    assert model == a_model()
    assert pickle.loads(pickle.dumps(model)) == model
    assert model != "model"
    calibrated = a_model(calibration=[-3.0, -9.0])
    assert pickle.loads(pickle.dumps(calibrated)) == calibrated
    assert calibrated == a_model(calibration=[-9.0, -3.0])
    for changes in ({"threshold": None}, {"provenance": Provenance()}):
        assert model != a_model(**changes)
    assert model != calibrated != a_model(calibration=[-9.0, -4.0])
    assert model != replace(model, model=replace_mean(model.mixture))
    assert model != replace(model, scale=SCALE * 2)
    assert model != replace(model, center=CENTER + 1)
    assert model != replace(model, columns=("height", "weight"))
    with pytest.raises(FrozenInstanceError):
        model.threshold = 0.0
    for array in (model.center, model.scale, calibrated.calibration):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(TypeError, match="unhashable"):
        hash(model)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"columns": "ab"}, "strings, all different"),
        ({"columns": ("a", "a")}, "strings, all different"),
        ({"columns": ("a", 1)}, "strings, all different"),
        ({"columns": ("a",)}, "1 names of columns, and 2 in the model"),
        ({"center": [0.0]}, "center must be 2 finite numbers"),
        ({"scale": [1.0, np.nan]}, "scale must be 2 finite numbers"),
        ({"scale": [1.0, 0.0]}, "every scale must be positive"),
        ({"threshold": np.nan}, "the threshold must be a finite score, not nan"),
        ({"calibration": []}, "calibration scores must be numbers, at least one"),
        ({"calibration": [[1.0]]}, "at least one, in an array of one dimension: they must be one for each row"),
        (
            {"calibration": [1.0, np.nan]},
            "at least one, in an array of one dimension: they must be numbers, and that of row 1",
        ),
        *(
            ({"provenance": Provenance(merging=MergedComponents(clusters))}, "one number for each of 2 components")
            for clusters in ((0,), (0, -1), (0, 1, 2))
        ),
    ],
)
def test_parts_that_do_not_fit(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(a_model(), **changes)


@pytest.mark.parametrize("kind", ["student", "noise"])
def test_robust_mixtures_are_scored_and_explained(kind):
    plain = a_model().mixture
    student = Mixture(plain.weights, plain.means, plain.covariance, [4.0, 4.0])
    noisy = Mixture(0.9 * plain.weights, plain.means, plain.covariance, None, Noise(0.1, [-1, -1], [1, 1]))
    mixture = student if kind == "student" else noisy
    model, X = replace(a_model(), model=mixture), some_rows(n_rows=200)
    np.testing.assert_allclose(model.scores(X), -mixture.log_density((X - CENTER) / SCALE), rtol=1e-12)
    explanation = model.explain(X)
    np.testing.assert_allclose(explanation.share.sum(axis=1), 1)
    assert np.isfinite(explanation.expected).all()
    assert "height = 300; " in model.reasons([[300.0, 0.1]])[0]


DETECTORS = {
    "elliptic": EllipticEnvelope(random_state=0),
    "forest": IsolationForest(n_estimators=20, random_state=0),
    "lof": LocalOutlierFactor(novelty=True),
    "svm": OneClassSVM(nu=0.1),
}


@pytest.mark.parametrize("kind", DETECTORS)
def test_models_of_other_kinds(kind):
    scaled = np.random.default_rng(0).normal(size=(300, 2))
    held = DETECTORS[kind].fit(scaled).model_
    model = TableModel(held, ("height", "mass"), CENTER, SCALE, threshold=float(np.median(-held.score_samples(scaled))))
    X = CENTER + SCALE * scaled
    np.testing.assert_array_equal(model.scores(X), -held.score_samples((X - CENTER) / SCALE))
    assert 100 <= model.is_anomaly(X).sum() <= 200
    assert model == replace(model)
    assert model != a_model()
    assert "height = 300; " in model.reasons([[300.0, 0.1]])[0]
    expected = held.explain((X - CENTER) / SCALE, -model.threshold).expected
    np.testing.assert_allclose(model.explain(X).expected, expected * SCALE + CENTER, rtol=1e-12)


def test_only_mixtures_have_components():
    assert a_model().has_components
    model = replace(a_model(), model=DETECTORS["elliptic"].fit(np.random.default_rng(0).normal(size=(50, 2))).model_)
    assert not model.has_components
    for ask in (lambda: model.mixture, lambda: model.means, lambda: model.standard_deviations):
        with pytest.raises(ValueError, match="a model of kind 'elliptic' has no components: only mixtures do"):
            ask()
    for ask in (model.labels, model.responsibilities):
        with pytest.raises(ValueError, match="has no components"):
            ask([[170.0, 0.1]])


def test_clusters_are_sums_of_components():
    model, X = a_model(provenance=Provenance(merging=MergedComponents((1, 0)))), some_rows(n_rows=500)
    np.testing.assert_array_equal(model.clusters, [1, 0])
    np.testing.assert_array_equal(model.cluster_probabilities(X), model.responsibilities(X)[:, ::-1])
    np.testing.assert_array_equal(model.cluster_labels(X), 1 - model.labels(X))
    one = a_model(provenance=Provenance(merging=MergedComponents((0, 0))))
    np.testing.assert_allclose(one.cluster_probabilities(X), 1)
    empty = Mixture([0.4, 0.0, 0.6], [[0.0, 0.0], [9.0, 9.0], [1.0, 1.0]], Full([np.eye(2)] * 3, 3, 2))
    some = replace(model, model=empty, provenance=Provenance(merging=MergedComponents((0, -1, 1))))
    assert set(some.cluster_labels(np.vstack([X, [[1e200, 1e200], CENTER + 9 * SCALE]]))) == {0, 1}
    with pytest.raises(ValueError, match="no clusters: its components were not merged"):
        a_model().cluster_labels(X)
    with pytest.raises(ValueError, match="one number for each of 3 components"):
        replace(model, model=empty, provenance=Provenance(merging=MergedComponents((0, 1, 2))))


def test_p_values_compare_with_the_calibration():
    X, clean = some_rows(n_rows=100), some_rows(n_rows=400)[100:]
    model = a_model(calibration=a_model().scores(clean))
    scores = model.scores(X)
    p_values = model.p_values(scores)
    np.testing.assert_array_equal(p_values, conformal_p_values(-scores, -model.scores(clean)))
    np.testing.assert_array_equal(p_values, [(1 + (model.scores(clean) >= score).sum()) / 301 for score in scores])
    np.testing.assert_array_equal(model.p_values([np.inf, -np.inf]), [1 / 301, 1])
    with pytest.raises(ValueError, match="no p-values: it was not trained on a reference table"):
        a_model().p_values(scores)


def test_severities_say_how_many_rows_are_less_rare():
    plain, X = a_model(), some_rows(n_rows=4000)
    assert not plain.has_severities
    with pytest.raises(ValueError, match="this model has no severities"):
        plain.severities(plain.scores(X))
    scores = plain.scores(X)
    model = a_model(rarity=Rarity.of(scores))
    assert model.has_severities
    severities = model.severities(scores)
    assert (np.diff(severities[np.argsort(scores)]) >= 0).all()
    below = np.array([(scores < score).sum() for score in scores])
    # Up to the tail, which is a hundredth of all rows, they are the share itself.
    inside = below < 0.98 * len(X)
    np.testing.assert_allclose(severities[inside], 100 * below[inside] / len(X), atol=0.3)
    assert (severities[~inside] > 97).all()
    np.testing.assert_array_equal(model.severities(np.array([-np.inf, np.inf, scores.min()])), [0, 100, 0])
    far = model.severities(scores.max() + np.array([0.0, 1.0, 3.0, 1e3]))
    assert (np.diff(far) > 0).all()
    assert 99.9 < far[0] < far[-1] < 100
    np.testing.assert_allclose(model.tail_nats(scores), -np.log1p(-severities / 100), rtol=1e-9)
    assert model == a_model(rarity=Rarity.of(scores)) == pickle.loads(pickle.dumps(model))
    assert plain != model != a_model(rarity=Rarity.of(2 * scores))


def test_the_default_detector_knows_how_rare_its_scores_are():
    X = some_rows(n_rows=3000)
    X[0] = CENTER
    X[0, 1] += 30 * SCALE[1]
    held = AnomalyDetector(random_state=0).fit(X).model_
    model = TableModel(held, ("height", "mass"), [0, 0], [1, 1])
    assert model.has_severities
    assert model.rarity is None
    scores = model.scores(X)
    severities = model.severities(scores)
    np.testing.assert_array_equal(model.tail_nats(scores), held.rarity.nats(-held.score_samples(X)))
    assert (np.diff(severities[np.argsort(scores)]) >= 0).all()
    assert severities.argmax() == 0
    assert severities[0] > 99.99
    below = np.searchsorted(np.sort(scores), scores)
    np.testing.assert_allclose(severities, 100 * below / len(X), atol=3)


@pytest.mark.parametrize("kind", DETECTORS)
def test_severities_of_other_kinds(kind):
    scaled = np.random.default_rng(0).normal(size=(300, 2))
    model = TableModel(DETECTORS[kind].fit(scaled).model_, ("height", "mass"), CENTER, SCALE)
    assert not model.has_severities
    scores = model.scores(CENTER + SCALE * scaled)
    rated = replace(model, rarity=Rarity.of(scores))
    severities = rated.severities(scores)
    assert rated.has_severities
    assert rated != model
    below = np.searchsorted(np.sort(scores), scores)
    inside = below < 0.97 * len(scores)
    np.testing.assert_allclose(severities[inside], 100 * below[inside] / len(scores), atol=0.3)


def test_rows_that_do_not_fit():
    with pytest.raises(ColumnError, match="the rows have 1 columns, and the model 2"):
        a_model().scores([[1.0]])
    with pytest.raises(InfiniteValuesError):
        a_model().labels([[1.0, np.inf]])
    with pytest.raises(ValueError, match="no threshold"):
        a_model(threshold=None).is_anomaly([[1.0, 2.0]])
