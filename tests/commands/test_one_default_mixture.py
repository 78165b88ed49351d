"""The default mixture is one: by the command line, by `mixtura.detect` and by `MixtureDetector`, bit for bit."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import mixtura
from mixtura import MixtureDetector, conformal_p_values, discoveries
from mixtura.rows import ArrayRows
from mixtura.rows.blocks.split import SplitRows
from mixtura.tables.rules.rule import TRAINING_SHARE
from requirements import SHARED, needs_shared


def columns_of(path, n_rows, *names):
    table = pyarrow.csv.read_csv(path).slice(0, n_rows)
    return np.column_stack([table[name].to_numpy() for name in names]).astype(float)


def iris():
    names = ("sepal_length", "sepal_width", "petal_length", "petal_width")
    return columns_of(SHARED / "mixture" / "iris.csv", 150, *names)


def air():
    """Readings of sensors, of which many lack one."""
    names = ("CO_GT", "C6H6_GT", "NOx_GT", "T")
    X = columns_of(SHARED / "real" / "AirQualityUCI.csv", 180, *names)
    return np.where(X == -200, np.nan, X)


def glass():
    """Numbers in single precision."""
    with np.load(SHARED / "adbench" / "glass.npz") as arrays:
        return arrays["X"]


def connections():
    """More rows than a sample has, in blocks of which each is added up by itself."""
    with np.load(SHARED / "adbench" / "http.npz") as arrays:
        return arrays["X"][:45_000].astype(float)


def case(table, folder, seed, *more):
    return pytest.param(table, seed, marks=(needs_shared(folder), *more))


# Each fit is the whole search: by default the table is fitted that takes least.
others = pytest.mark.exhaustive
BY_RATE = [
    case(glass, "adbench", 5),
    case(iris, "mixture", 0, others),
    case(air, "real", 5, others),
    case(connections, "adbench", 3, others),
]
BY_REFERENCE = [case(glass, "adbench", 0), case(iris, "mixture", 1, others), case(air, "real", 0, others)]


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a table to a file."""

    def written(X, name):
        path = tmp_path / name
        table = pa.table([pa.array(column, from_pandas=True) for column in X.T], [f"x{j}" for j in range(X.shape[1])])
        pq.write_table(table, path)
        return path

    return written


@pytest.fixture
def by_command(run, tmp_path):
    """Return a function that runs `mixtura detect`, and gives the model and the columns that it writes."""

    def by_command(path, *options):
        model, out = tmp_path / "m.model", tmp_path / "out.parquet"
        run("detect", path, "--model", "mixture", *options, "--save", model, "--out", out, "--quiet")
        return mixtura.load(model), pq.read_table(out).to_pydict()

    return by_command


def check_models(detector, *models):
    for model in models:
        assert model.model.mixture == detector.model_.mixture
        np.testing.assert_array_equal(model.center, detector.model_.center)
        np.testing.assert_array_equal(model.scale, detector.model_.scale)


@pytest.mark.parametrize(("table", "seed"), BY_RATE)
def test_a_table_by_a_rate(written, by_command, table, seed):
    X = table()
    model, columns = by_command(written(X, "t.parquet"), "--seed", seed, "--rate", "0.04")
    found = mixtura.detect(X, model="mixture", seed=seed, rate=0.04)
    detector = MixtureDetector(contamination=0.04, random_state=seed).fit(X)
    check_models(detector, model, found.model)
    assert found.model == model
    scores = detector.score_samples(X)
    np.testing.assert_array_equal(columns["anomaly_score"], -scores)
    np.testing.assert_array_equal(found.model.scores(X), -scores)
    np.testing.assert_array_equal(columns["is_anomaly"], detector.predict(X) == -1)
    np.testing.assert_array_equal(columns["component"], detector.model_.mixture.labels(detector.model_._scaled(X)))
    assert (model.threshold, found.model.threshold) == (-detector.offset_, -detector.offset_)


@pytest.mark.parametrize(("table", "seed"), BY_REFERENCE)
def test_a_reference_and_the_false_discoveries_among_other_rows(written, by_command, table, seed):
    X = table()
    random = np.random.default_rng(seed)
    clean, new = np.split(X[random.permutation(len(X))], [2 * len(X) // 3])
    new[:8] += 100 * np.nanstd(X, axis=0)
    options = ("--seed", seed, "--fdr", "0.3", "--reference", written(clean, "clean.parquet"))
    model, columns = by_command(written(new, "new.parquet"), *options)
    found = mixtura.detect(new, model="mixture", seed=seed, reference=clean, fdr=0.3)
    rows = ArrayRows(clean, missing="allow")
    half, rest = (SplitRows(rows, TRAINING_SHARE, seed, rest=rest) for rest in (False, True))
    detector = MixtureDetector(novelty=True, random_state=seed).fit(half)
    check_models(detector, model, found.model)
    scores, calibration = detector.score_samples(new), detector.score_samples(rest)
    np.testing.assert_array_equal(columns["anomaly_score"], -scores)
    for one in (model, found.model):
        np.testing.assert_array_equal(one.calibration, np.sort(-calibration))
        assert one.threshold == model.threshold
    p_values = conformal_p_values(scores, calibration)
    np.testing.assert_array_equal(columns["p_value"], p_values)
    flagged = discoveries(p_values, 0.3)
    assert flagged[:8].all()
    np.testing.assert_array_equal(columns["is_anomaly"], flagged)
