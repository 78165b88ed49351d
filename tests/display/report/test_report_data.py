"""What a report shows, against NumPy, SciPy and scikit-learn on the whole table."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.metrics import precision_score, recall_score

from mixtura import Diagonal, Full, Mixture, TableModel
from mixtura.columns.looked.known import News
from mixtura.display.as_json import as_json
from mixtura.display.report.facts.building import build_report
from mixtura.display.report.facts.data import Reproduction
from mixtura.display.report.facts.names import size_in_page
from mixtura.rows import Block
from mixtura.statistics.rarity import Rarity
from mixtura.tables.moved.drift import ColumnDrift, Drift
from mixtura.tables.scored.gathering import MOST_LISTED, MOST_SAMPLED, Gathered, Plan
from mixtura.tables.told.decision import Decision
from mixtura.tables.told.groups import Group
from mixtura.tables.told.model import CandidateFacts, ModelFacts
from mixtura.tables.told.summary import Summary
from mixtura.tables.told.table import LeftOutColumn, TableFacts

NAMES = ("a", "b", "c")
CENTER, SCALE = np.array([10.0, -3.0, 1e6]), np.array([2.0, 0.5, 1e3])


def two_groups(n_rows, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_rows, 3))
    values[: n_rows // 3] = values[: n_rows // 3] @ [[1, 0.5, 0], [0, 0.4, 0], [0, 0, 1]] + [4, 4, 0]
    values[::50] *= 3
    # Some rows tie.
    values[n_rows // 2 :: 40] = values[n_rows // 2]
    return values * SCALE + CENTER


@pytest.fixture(scope="module")
def model():
    factor = np.array([[1, 0.5, 0], [0, 0.4, 0], [0, 0, 1]])
    mixture = Mixture([2 / 3, 1 / 3], [[0, 0, 0], [4, 4, 0]], Full([np.eye(3), factor.T @ factor], 2, 3))
    model = TableModel(mixture, NAMES, CENTER, SCALE, threshold=8.0)
    return replace(model, rarity=Rarity.of(model.scores(two_groups(2000))))


@pytest.fixture
def make(need):
    """Report on values by a model, the table cut into blocks at given places."""
    pa = need("pyarrow")

    def make(model, values, *, cuts=(), others=None, labels=None):
        table = pa.table({name: values[:, k] for k, name in enumerate(model.columns)} | (others or {}))
        gathered = Gathered.zero(Plan.of(model, labels))
        edges = [0, *cuts, len(values)]
        for first, stop in pairwise(edges):
            part = values[first:stop]
            components = model.labels(part) if model.has_components else None
            gathered = gathered.including(
                table.slice(first, stop - first), Block(part, None, first), model.scores(part), components
            )
        return build_report(gathered, summary_of(model, gathered), Reproduction("mixtura detect t.csv", 0, {}))

    return make


def summary_of(model, gathered):
    threshold = None if model.threshold is None else model.threshold
    n_flagged = gathered.flagged.n_rows
    groups = ()
    if model.has_components:
        pairs = enumerate(zip(model.means.tolist(), model.mixture.means.tolist(), strict=True))
        groups = tuple(
            Group(k, 1, 0.5, dict(zip(model.columns, m, strict=True)), dict(zip(model.columns, c, strict=True)))
            for k, (m, c) in pairs
        )
    return Summary(
        "detect",
        TableFacts("t.csv", gathered.n_rows, model.columns, ()),
        ModelFacts("mixture", "components"),
        groups,
        None if threshold is None else Decision("rate", 0.04, "table", threshold, n_flagged, n_flagged / 10),
        (),
        (),
        "t.scored.parquet",
        (),
        None,
        0.1,
    )


def test_counts_above_thresholds_are_those_of_the_whole_table(make, model):
    values = two_groups(20_000)
    curve = make(model, values, cuts=(7000,)).scores
    scores = model.scores(values)
    assert list(curve.thresholds) == sorted(set(curve.thresholds), reverse=True)
    np.testing.assert_array_equal(curve.n_above, [(scores > t).sum() for t in curve.thresholds])
    assert curve.n_exact == len(curve.thresholds)
    assert (curve.thresholds[0], curve.n_above[0]) == (scores.max(), 0)
    assert curve.n_above[curve.thresholds.index(8.0)] == (scores > 8).sum() > 100
    # A step for each of the first rows, few per cent between the later ones.
    assert np.diff(curve.n_above[:150]).max() <= 1 + 20_000 // 40
    assert 300 < len(curve.thresholds) <= 601
    np.testing.assert_array_equal(curve.counts, np.histogram(scores, curve.edges)[0])
    assert curve.n_labelled is None


def test_counts_past_the_exact_ones_are_as_good_as_a_sketch(make, model):
    values = two_groups(150_000)
    curve = make(model, values, cuts=range(10_000, 150_000, 10_000)).scores
    scores = np.sort(model.scores(values))
    true = len(scores) - np.searchsorted(scores, curve.thresholds, side="right")
    assert curve.n_exact < len(curve.thresholds)
    np.testing.assert_array_equal(curve.n_above[: curve.n_exact], true[: curve.n_exact])
    assert true[curve.n_exact - 1] > 60_000
    assert np.abs(curve.n_above - true).max() <= 0.002 * len(scores)
    assert (np.diff(curve.n_above) >= 0).all()
    assert sum(curve.counts) == len(scores)


def test_labels_give_the_counts_of_precision_and_recall(make, model, need):
    values = two_groups(3000)
    scores = model.scores(values)
    rng = np.random.default_rng(1)
    known = rng.random(3000) < 0.4
    anomalous = scores + rng.normal(size=3000) * 2 > 9
    words = np.where(known, np.where(anomalous, "yes", "no"), "")
    report = make(model, values, cuts=(1000, 1001), others={"fraud": need("pyarrow").array(words)}, labels="fraud")
    curve = report.scores
    assert (curve.n_labelled, curve.n_anomalies) == (known.sum(), (known & anomalous).sum())
    for place in range(1, len(curve.thresholds), 29):
        flags = scores > curve.thresholds[place]
        found, flagged = curve.n_anomalies_above[place], curve.n_labelled_above[place]
        truth, guess = anomalous[known], flags[known]
        assert flagged == guess.sum()
        assert found / max(1, flagged) == pytest.approx(precision_score(truth, guess, zero_division=0.0))
        assert found / curve.n_anomalies == pytest.approx(recall_score(truth, guess))
    assert "fraud" not in report.cell_columns
    for row in report.rows:
        assert row.label == (bool(anomalous[row.row - 1]) if known[row.row - 1] else None)


def test_columns_are_those_of_the_whole_table(make, model):
    values = two_groups(6000)
    values[::7, 1] = np.nan
    facts = make(model, values, cuts=(300, 4000)).columns
    assert [column.name for column in facts] == list(NAMES)
    for column, numbers in zip(facts, values.T, strict=True):
        there = numbers[~np.isnan(numbers)]
        assert column.n_missing == len(numbers) - len(there)
        np.testing.assert_allclose([column.minimum, column.maximum], [there.min(), there.max()], rtol=1e-8)
        # Of the ranks, a sketch moves few.
        assert abs((there < column.median).mean() - 0.5) < 0.003
        assert np.abs(np.histogram(there, column.edges)[0] - column.counts).max() <= 0.003 * len(there)
        assert sum(column.counts) == len(there)
        assert len(column.edges) == len(column.counts) + 1 <= 41
    small = make(model, values[:3000]).columns[0]
    assert small.median == pytest.approx(np.median(values[:3000, 0]), rel=1e-8)
    np.testing.assert_array_equal(small.counts, np.histogram(values[:3000, 0], small.edges)[0])


def test_the_same_report_comes_of_any_blocks(make, model):
    values = two_groups(9000)
    one = make(model, values, cuts=(4000,))
    for cuts in ((1, 2, 5000), tuple(range(500, 9000, 500))):
        other = make(model, values, cuts=cuts)
        for part in ("points", "rows", "scores", "view_columns", "contours", "profiles"):
            assert getattr(one, part) == getattr(other, part), part


def test_points_are_a_sample_with_all_flagged_rows(make, model):
    values = two_groups(30_000)
    report = make(model, values, cuts=(9000, 20_000))
    scores = model.scores(values)
    flagged = set(np.flatnonzero(scores > 8) + 1)
    shown = [point.row for point in report.points]
    assert flagged <= set(shown)
    assert report.omitted.flagged_points == 0
    assert not report.points_are_all
    assert shown == sorted(set(shown))
    assert 0.9 * MOST_SAMPLED < len(set(shown) - flagged) <= MOST_SAMPLED
    # The rows of the sample lie all over the table.
    rest = np.array(sorted(set(shown) - flagged))
    assert np.abs(np.searchsorted(rest, [7500, 15_000, 22_500]) / len(rest) - [0.25, 0.5, 0.75]).max() < 0.03
    place = [NAMES.index(name) for name in report.view_columns]
    assert sorted(place) == [0, 1, 2]
    for point in report.points[::97]:
        assert point.anomaly_score == scores[point.row - 1]
        assert point.component == model.labels(values[point.row - 1 : point.row])[0]
        np.testing.assert_allclose(point.values, values[point.row - 1, place], rtol=1e-4)
        # What tells rows apart is left even where numbers are large beside their differences.
        assert abs(point.values[place.index(2)] - values[point.row - 1, 2]) < 1
    severities = model.severities(scores)
    assert max(abs(point.severity - severities[point.row - 1]) for point in report.points) <= 5e-7
    small = make(model, values[:4000])
    assert small.points_are_all
    assert [point.row for point in small.points] == list(range(1, 4001))


def test_rows_are_listed_by_their_scores(make, model, need):
    values = two_groups(5000)
    pa = need("pyarrow")
    others = {"id": pa.array(range(5000)), "name": pa.array([f"row {k} " + "x" * (k % 100) for k in range(5000)])}
    report = make(model, values, cuts=(1500,), others=others)
    scores = model.scores(values)
    order = np.argsort(-scores, kind="stable")[: len(report.rows)]
    assert [row.row for row in report.rows] == (order + 1).tolist()
    assert (scores > 8).sum() < len(report.rows) <= MOST_LISTED
    # Those with most flagged cells come first, of equally many those of the largest shares.
    first = model.explain(values[np.argsort(-scores, kind="stable")[:MOST_LISTED]])
    used = np.lexsort((-first.share.sum(axis=0), -first.flagged_cells.sum(axis=0)))
    assert report.cell_columns == (*np.take(NAMES, used), "id", "name")
    explanation, reasons = model.explain(values[order]), model.reasons(values[order])
    for k, row in enumerate(report.rows):
        assert row.anomaly_score == scores[order[k]]
        assert row.severity == model.severities(scores[order[k : k + 1]])[0] > 50
        assert [float(cell) for cell in row.cells[:3]] == values[order[k], used].tolist()
        assert row.cells[3] == str(order[k])
        assert row.cells[4].startswith(f"row {order[k]} ")
        assert len(row.cells[4]) <= 60
        assert row.reason == reasons[k]
        said = {deviation.column: deviation for deviation in row.deviations}
        for column, name in enumerate(NAMES):
            assert said[name].value == pytest.approx(values[order[k], column], rel=1e-8)
            assert said[name].expected == pytest.approx(explanation.expected[k, column], rel=1e-5)
            assert said[name].share == pytest.approx(explanation.shares[k, column], rel=1e-5)
            assert said[name].flagged == explanation.flagged_cells[k, column]
            if said[name].flagged:
                assert said[name].repaired == pytest.approx(explanation.repaired[k, column], rel=1e-5)
            assert said[name].other == (explanation.other_cells[k, column] and not said[name].flagged)
        # Flagged cells come first, then those that explain the row as well, then those that tell most.
        flags = [deviation.flagged for deviation in row.deviations]
        assert flags == sorted(flags, reverse=True)
        others = [deviation.other for deviation in row.deviations if not deviation.flagged]
        assert others == sorted(others, reverse=True)
        rest = [abs(deviation.share) for deviation in row.deviations if not deviation.flagged and not deviation.other]
        assert rest == sorted(rest, reverse=True)
        assert row.surprise == pytest.approx(sum(deviation.share for deviation in row.deviations), rel=1e-4, abs=1e-4)
        if any(flags):
            assert row.score_after == pytest.approx(explanation.score_after[k], rel=1e-5)
        else:
            assert row.score_after is None
    assert sum(row.score_after is not None for row in report.rows) > 10
    assert any(deviation.other for row in report.rows for deviation in row.deviations)


def test_a_model_that_does_not_say_how_rare_a_score_is(make, model):
    report = make(replace(model, rarity=None), two_groups(300))
    assert np.isnan([row.severity for row in (*report.rows, *report.points)]).all()
    data = json.loads(as_json(report, indent=None), parse_constant=pytest.fail)
    assert {row["severity"] for row in (*data["rows"], *data["points"])} == {None}


def test_contours_are_the_marginal_density_in_the_units_of_the_table(make, model):
    report = make(model, two_groups(2000))
    assert [(c.x, c.y) for c in report.contours] == [
        tuple(np.take(report.view_columns, pair)) for pair in ((0, 1), (0, 2), (1, 2))
    ]
    weights = model.mixture.weights
    for contours in report.contours:
        pair = [NAMES.index(contours.x), NAMES.index(contours.y)]
        places = np.stack(np.meshgrid(contours.x_grid, contours.y_grid), axis=-1)
        assert places.shape == (48, 48, 2)
        assert (np.diff(contours.x_grid) > 0).all()
        parts = [
            multivariate_normal(
                (mean * SCALE + CENTER)[pair], (matrix * np.outer(SCALE, SCALE))[np.ix_(pair, pair)]
            ).logpdf(places)
            for mean, matrix in zip(model.mixture.means, model.mixture.covariances, strict=True)
        ]
        expected = logsumexp(np.array(parts) + np.log(weights)[:, None, None], axis=0)
        np.testing.assert_allclose(contours.log_density, expected, rtol=1e-4, atol=1e-4)


def test_profiles_are_in_the_units_of_the_table(make, model):
    for component, profile in enumerate(make(model, two_groups(500)).profiles):
        covariance = model.mixture.covariances[component] * np.outer(SCALE, SCALE)
        assert profile.component == component
        assert profile.weight == pytest.approx(model.mixture.weights[component], rel=1e-5)
        np.testing.assert_allclose(profile.mean, model.means[component], rtol=1e-5)
        np.testing.assert_allclose(profile.covariance, covariance, rtol=1e-5)
        np.testing.assert_allclose(profile.standard_deviation, np.sqrt(np.diag(covariance)), rtol=1e-5)


def test_the_columns_to_look_at_first_tell_groups_apart_or_are_to_blame(make, model):
    assert set(make(replace(model, threshold=None), two_groups(2000)).view_columns[:2]) == {"a", "b"}
    one = TableModel(Mixture([1.0], [[0.0] * 3], Full([np.eye(3)], 1, 3)), NAMES, [0.0] * 3, [1.0] * 3, threshold=20)
    values = np.random.default_rng(0).normal(size=(3000, 3))
    values[:900, 2] *= 10
    assert make(one, values).view_columns[0] == "c"


def test_json_has_everything_and_no_number_that_is_not_one(make, model):
    values = two_groups(300)
    values[:, 1] = np.nan
    report = make(model, values)
    data = json.loads(as_json(report, indent=None), parse_constant=pytest.fail)
    assert data["columns"][1] == {
        "name": "b",
        "n_missing": 300,
        "minimum": None,
        "maximum": None,
        "median": None,
        "edges": [0.0, 1.0],
        "counts": [0],
        "told": [],
        "n_flagged": 0,
    }
    assert [point["values"][report.view_columns.index("b")] for point in data["points"]] == [None] * 300
    assert [{c["x"], c["y"]} for c in data["contours"]] == [{"a", "c"}]
    assert data["scores"]["thresholds"][0] == data["rows"][0]["anomaly_score"]


@pytest.mark.parametrize(
    "values", [[[1.0, 2.0, 3.0]], [[1.0, 2.0, 3.0]] * 7, [[1e300, -1e300, 0.0], [-1e300, 1e300, 0]]]
)
def test_few_and_equal_and_extreme_rows(make, model, values):
    report = make(model, np.array(values))
    assert report.points_are_all
    assert len(report.rows) == len(values)
    assert [sum(column.counts) for column in report.columns] == [len(values)] * 3
    assert all((np.diff(column.edges) > 0).all() for column in report.columns)
    assert report.scores.n_above[0] == 0


def test_one_column_has_no_pairs_to_draw(make):
    mixture = Mixture([1.0], [[0.0]], Full([[[1.0]]], 1, 1))
    report = make(TableModel(mixture, ["a"], [0.0], [1.0]), np.random.default_rng(0).normal(size=(50, 1)))
    assert report.contours == ()
    assert report.view_columns == ("a",)
    assert report.summary.decision is None
    assert len(report.scores.thresholds) == 50


@pytest.mark.parametrize(
    ("n_columns", "n_components"),
    [(2000, 1), *(pytest.param(20, count, marks=pytest.mark.exhaustive) for count in (80, 200))],
)
def test_any_table_leaves_room_for_a_page(need, n_columns, n_components):
    """Thousands of columns of endless names, hundreds of components, cells and sentences full of what is escaped."""
    pa = need("pyarrow")
    rng = np.random.default_rng(0)
    n_rows = 1050
    names = [f"{'<&🦋'[k % 3] * 9990}{k}" for k in range(n_columns)]
    mixture = Mixture(
        rng.dirichlet(np.full(n_components, 9.0)),
        rng.normal(size=(n_components, n_columns)),
        Diagonal(rng.uniform(0.5, 2, size=(n_components, n_columns)), n_components, n_columns),
    )
    model = TableModel(mixture, names, rng.normal(size=n_columns), np.full(n_columns, 3.0), threshold=0.0)
    values = rng.normal(size=(n_rows, n_columns)) * 12345.678901
    table = pa.table(dict(zip(names, values.T, strict=True)) | {"🦋": pa.array(["<🦋>" * 500] * n_rows)})
    gathered = Gathered.zero(Plan.of(model, None))
    gathered = gathered.including(table, Block(values, None, 0), model.scores(values), model.labels(values))
    summary = summary_of(model, gathered)
    candidates = tuple(CandidateFacts(k, "diag", 1e5 - k / 7, 1e5, 1 / 7, k, True) for k in range(4000))
    summary = replace(
        summary,
        table=replace(summary.table, left_out=(LeftOutColumn(names[0], "text"),) * 3000),
        model=replace(summary.model, candidates=candidates),
        notices=tuple(names),
        news=tuple(News(name, name) for name in names),
        drift=Drift(tuple(ColumnDrift(name, "levels", 1.0, 0.0, 0.0, 0.0, True, False, name) for name in names)),
    )
    report = build_report(gathered, summary, Reproduction("x" * 10**6, 0, {}))
    assert size_in_page(as_json(report, indent=None)) < 1_800_000
    # It is still a report.
    described = min(n_columns, 100)
    assert len(report.rows) >= 40
    assert len(report.points) >= 1000
    assert len(report.columns) == described == len(set(report.summary.table.columns))
    assert report.omitted.columns == n_columns - described
    assert report.omitted.left_out == 2950
    assert report.omitted.news == report.omitted.moved == max(0, n_columns - 50)
    assert report.omitted.candidates == 3800
    assert report.omitted.groups == n_components - len(report.profiles)
    assert len(report.profiles) >= min(n_components, 15)
    assert report.omitted.flagged_rows == n_rows - len(report.rows)
    assert report.omitted.flagged_points == n_rows - len(report.points)
    assert [group.component for group in report.summary.groups] == [profile.component for profile in report.profiles]
    assert all(len(group.center) == described for group in report.summary.groups)
    assert min(candidate.bic for candidate in report.summary.model.candidates) == candidates[-1].bic
    assert all(len(profile.standard_deviation) == described for profile in report.profiles)
    assert {len(profile.covariance) for profile in report.profiles} == {described}


@pytest.mark.exhaustive
@pytest.mark.parametrize("n_columns", [1, 7, 40])
def test_a_full_report_of_plain_names_is_no_larger(make, n_columns):
    rng = np.random.default_rng(0)
    k = 30
    mixture = Mixture(
        np.full(k, 1 / k), rng.normal(size=(k, n_columns)) * 3, Full(np.stack([np.eye(n_columns)] * k), k, n_columns)
    )
    model = TableModel(mixture, [f"column {j}" for j in range(n_columns)], [0.0] * n_columns, [1.0] * n_columns)
    report = make(replace(model, threshold=0.0), rng.normal(size=(12_000, n_columns)) * 5)
    assert size_in_page(as_json(report, indent=None)) < 1_800_000
    assert len(report.rows) >= 300
    assert {len(profile.covariance) for profile in report.profiles} == {0 if n_columns == 40 else n_columns}
    # Of 40 columns with flagged cells, each can be seen.
    assert len(report.view_columns) == n_columns
    assert len(report.points) > (1500 if n_columns == 40 else 4000)
