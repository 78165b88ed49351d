"""Tables on a hyperplane, exactly or but for rounding: rows on it belong, and rows off it are the anomalies."""

from functools import cache

import numpy as np
import pytest

from mixtura import AnomalyDetector, EllipticEnvelope, GaussianMixture, MinCovDet, MixtureDetector
from mixtura.detectors.ensemble.model import EnsembleModel
from mixtura.errors import SingularCovarianceError
from pairwise import exhaustive

N_ROWS = 120
ON_IT = "ignore:all .* rows lie on a hyperplane:UserWarning"


def tables():
    """Yield names and tables on a plane, the last column of which is determined by others."""
    rng = np.random.default_rng(0)
    line, other = np.linspace(0, 100, N_ROWS), rng.normal(size=N_ROWS)
    yield "copy", np.column_stack([line, line])
    yield "line", np.column_stack([line, 2 * line + 1])
    yield "tenths", np.column_stack([line / 10, 0.3 * line])
    yield "normal", np.column_stack([other, -0.3 * other])
    yield "three", np.column_stack([other, 2 * other, 3 * other])
    yield "sum", np.column_stack([other, line, other + line])
    yield "mean", np.column_stack([rng.exponential(size=(N_ROWS, 4)), np.zeros(N_ROWS)])
    yield "copies", np.column_stack([other, line, other, line])
    yield "constant", np.column_stack([np.full(N_ROWS, 7.0), line, 100 - line])
    yield "years", np.column_stack([2000 + np.floor(line), line, 2000 + np.floor(line) + line])


TABLES = dict(tables())
TABLES["mean"][:, -1] = TABLES["mean"][:, :-1].mean(axis=1)


def off_it(table, by):
    """Return a row in the middle of a table, off its plane by so many spreads of the last column."""
    row = table[len(table) // 3 : len(table) // 3 + 1].copy()
    row[0, -1] += by * table[:, -1].std()
    return row


def few(*names):
    """Mark the tables that are like others."""
    alone = ("line", "sum", "copies", "constant")
    return [pytest.param(name, marks=() if name in alone else pytest.mark.exhaustive) for name in names]


ROUNDED = {
    "exact": lambda table: table,
    "rounded": lambda table: np.array([[float(f"{value:.12g}") for value in row] for row in table]),
    "single": lambda table: table.astype(np.float32),
}


@cache
def fitted(name, rounded):
    table = ROUNDED[rounded](TABLES[name])
    return AnomalyDetector(random_state=0).fit(table), table


@pytest.mark.each_value
@pytest.mark.parametrize("name", few(*TABLES))
@pytest.mark.parametrize("rounded", ROUNDED)
@pytest.mark.parametrize("by", [0.05, 0.5, 3.0])
def test_the_default_flags_rows_off_it_and_none_on_it(name, rounded, by):
    clean, table = fitted(name, rounded)
    assert (clean.predict(table) == 1).all()
    row = off_it(table, by)
    assert clean.predict(row) == [-1]
    assert clean.score_samples(row) < clean.score_samples(table).min()
    assert clean.explain(row).share.max() > 0.2
    among = np.vstack([table, row])
    assert (AnomalyDetector(random_state=0).fit(among).predict(among) == -1).nonzero()[0].tolist() == [N_ROWS]


def test_the_value_that_brings_a_row_back_is_to_blame():
    a, b, c = np.random.default_rng(1).normal(size=(3, 400))
    table = np.column_stack([a, b, c, a + b, b + c])
    row = table[:1].copy()
    row[0, 1] += 0.5  # breaks both sums
    found = AnomalyDetector(random_state=0).fit(table).explain(row)
    assert found.column == [1]
    assert found.expected[0, 1] == pytest.approx(table[0, 1])
    assert found.given_others[0, 1]


@pytest.mark.one_case
@pytest.mark.parametrize("share", [0.03, 0.2])
def test_a_habit_is_no_law(share):
    rng = np.random.default_rng(2)
    listed = rng.gamma(3, 10, size=2000).round(2)
    paid = np.where(rng.random(2000) < share, (listed * rng.uniform(0.5, 0.9, 2000)).round(2), listed)
    assert len(AnomalyDetector(random_state=0).fit(np.column_stack([listed, paid])).model_.planes) == 0


@pytest.mark.parametrize("seed", range(3))
def test_other_tables_lie_on_no_plane(seed):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(600, 1))
    close = np.hstack([common, common + 1e-3 * rng.normal(size=(600, 1))])
    flags = (rng.random((600, 4)) < [0.5, 0.1, 0.06, 0.06]).astype(float)
    flags[:, 3] = flags[:, 2]
    scales = rng.integers(1, 6, (600, 3)).astype(float)
    wide = rng.normal(size=(30, 40))
    for table in (close, flags, np.hstack([close, scales, scales[:, :1]]), wide, rng.normal(size=(600, 8))):
        model = AnomalyDetector(n_estimators=3, random_state=0).fit(table).model_
        assert len(model.planes) == 0
        assert "plane_values" not in model.arrays()


def test_missing_values_say_nothing_of_a_plane():
    table = TABLES["sum"].copy()
    table[::7, 0] = np.nan
    detector = AnomalyDetector(random_state=0).fit(table)
    assert len(detector.model_.planes) == 1
    assert (detector.predict(table) == 1).all()
    row = off_it(TABLES["sum"], 0.3)
    assert detector.predict(row) == [-1]
    row[0, 1] = np.nan
    assert detector.predict(row) == [1]


def test_what_holds_in_complete_rows_alone_is_no_law():
    rng = np.random.default_rng(5)
    lower, upper = np.zeros(400), rng.normal(500, 40, 400)
    lower[::2], upper[::2] = rng.normal(300, 40, 200), np.nan
    table = np.column_stack([lower, upper])
    detector = AnomalyDetector(random_state=0).fit(table)
    assert not len(detector.model_.planes)
    assert (detector.predict(table) == 1).all()


def test_files_hold_planes():
    model = AnomalyDetector(random_state=0).fit(TABLES["sum"]).model_
    again = EnsembleModel.from_arrays(model.arrays(), model.settings())
    row = off_it(TABLES["sum"], 0.3)
    assert again.score_samples(row) == model.score_samples(row)
    for name, change in (
        ("plane_normals", lambda a: a[:, 1:].copy()),
        ("plane_normals", lambda a: 2 * a),
        ("plane_values", lambda a: np.append(a, 0.0)),
        ("plane_nats", lambda a: -a),
    ):
        arrays = model.arrays()
        with pytest.raises(ValueError, match="plane"):
            EnsembleModel.from_arrays(arrays | {name: change(arrays[name])}, model.settings())
        with pytest.raises(ValueError, match="an ensemble has the arrays"):
            EnsembleModel.from_arrays({key: a for key, a in arrays.items() if key != name}, model.settings())


@pytest.mark.filterwarnings(ON_IT)
@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("start", ["random", "deterministic"])
def test_rows_off_it_are_farthest_to_the_envelope(name, start):
    table = TABLES[name]
    envelope = EllipticEnvelope(contamination=0.05, random_state=0, start=start).fit(table)
    row = off_it(table, 0.05)
    assert envelope.predict(row) == [-1]
    assert envelope.score_samples(row) < 100 * envelope.score_samples(table).min()
    assert (envelope.predict(table) == -1).sum() <= 0.05 * N_ROWS + 1
    np.testing.assert_allclose(envelope.score_samples(table), -envelope.dist_)
    # Copies of the rows in single precision are still on it.
    single = envelope.score_samples(table.astype(np.float32))
    np.testing.assert_allclose(single, -envelope.dist_, atol=1)
    assert envelope.explain(row).given_others.any()


@pytest.mark.filterwarnings(ON_IT)
def test_the_middle_of_a_line_is_no_excuse():
    line = np.linspace(0, 100, 100)
    envelope = EllipticEnvelope(random_state=0).fit(np.column_stack([line, line]))
    assert envelope.score_samples([[50.0, 50.0]]) == pytest.approx(0, abs=1e-6)
    assert envelope.score_samples([[20.0, 80.0]]) < -1e9
    assert MinCovDet(random_state=0).fit(np.column_stack([line, line])).mahalanobis([[20.0, 80.0]]) > 1e9


@pytest.mark.filterwarnings(ON_IT)
def test_few_rows_always_lie_on_a_plane():
    table = np.random.default_rng(0).normal(size=(10, 15))
    envelope = EllipticEnvelope(random_state=0).fit(table)
    assert envelope.score_samples(np.random.default_rng(1).normal(size=(5, 15))).min() > -1e6


def test_the_message_tells_of_rows_off_it():
    table = np.vstack([TABLES["line"], off_it(TABLES["line"], 1.0)])
    with pytest.raises(
        SingularCovarianceError, match=r"120 of 121 rows lie on .*, and the rows off it \(1\) are what is"
    ):
        EllipticEnvelope(random_state=0).fit(table)


@pytest.mark.parametrize(
    ("name", "mixture"),
    # A mixture that is given says itself what it makes of a constant column.
    [
        *((name, GaussianMixture(1, random_state=0)) for name in TABLES if name != "constant"),
        *exhaustive(("sum", None)),
        ("constant", None),
    ],
)
def test_rows_off_it_have_the_least_density(name, mixture):
    table = TABLES[name]
    detector = MixtureDetector(mixture, contamination=0.02, random_state=0).fit(table)
    row = off_it(table, 1.0)
    assert detector.predict(row) == [-1]
    assert detector.score_samples(row) < detector.score_samples(table).min()
