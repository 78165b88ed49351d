"""Files of every kind of model: read back bit for bit, or refused in one sentence, whatever became of them."""

import json
from functools import cache

import numpy as np
import pytest
from safetensors.numpy import save as to_bytes

from mixtura import (
    AnomalyDetector,
    EllipticEnvelope,
    GaussianMixture,
    IsolationForest,
    LocalOutlierFactor,
    MixtureDetector,
    OneClassSVM,
)
from mixtura.detectors.density.default_mixture import fit_groups
from mixtura.detectors.forest.tree import leaf_lengths
from mixtura.errors import MixturaError, ModelFileError
from mixtura.storage import load, save

# What another program writes has none.
pytestmark = pytest.mark.filterwarnings("ignore:.* has no checksum")

FITTED = {
    "mixture": lambda: MixtureDetector(random_state=0),
    "t and noise": lambda: MixtureDetector(GaussianMixture(2, family="t", noise=True, random_state=0)),
    "elliptic": lambda: EllipticEnvelope(random_state=0),
    "ensemble": lambda: AnomalyDetector(n_estimators=6, random_state=0),
    "ensemble with flags": lambda: AnomalyDetector(n_estimators=6, random_state=0),
    "forest": lambda: IsolationForest(n_estimators=3, max_samples=32, random_state=0),
    "hyperplanes": lambda: IsolationForest(n_estimators=3, max_samples=32, hyperplane_features=2, random_state=0),
    "lof": lambda: LocalOutlierFactor(n_neighbors=5, novelty=True),
    "lof of many columns": lambda: LocalOutlierFactor(n_neighbors=5, novelty=True),
    "lof of order 3": lambda: LocalOutlierFactor(n_neighbors=5, p=3, novelty=True),
    "lof of directions": lambda: LocalOutlierFactor(n_neighbors=5, metric="cosine", novelty=True),
    "svm": lambda: OneClassSVM(nu=0.2),
    "polynomial svm": lambda: OneClassSVM(nu=0.2, kernel="poly"),
    "sigmoid svm": lambda: OneClassSVM(nu=0.2, kernel="sigmoid"),
}

kinds = pytest.mark.parametrize("kind", FITTED)


def table(kind, n_rows=60):
    random = np.random.default_rng(0)
    n_columns = 17 if kind == "lof of many columns" else 3
    X = random.normal(size=(n_rows, n_columns)) * [3.0, 1.0, 0.5, *[1.0] * (n_columns - 3)] + 2
    if kind == "ensemble with flags":
        X = np.concatenate([X, random.random((n_rows, 2)) < [0.1, 0.5]], axis=1)
    return X


@cache
def fitted_model(kind):
    return FITTED[kind]().fit(table(kind)).model_


def held_arrays(kind):
    """Names and arrays of a model that hold any number; those of flags are empty where a table has none."""
    return [(name, array) for name, array in fitted_model(kind).arrays().items() if array.size]


def some_rows(kind, dtype=np.float64):
    """Rows that belong, rows off to a side, and rows far away."""
    X = table(kind, 40)
    X[10:20, 0] += 20
    X[20:30] *= 1e6
    return X.astype(dtype)


def write(file, kind, arrays=None, **settings):
    """Write a file as another program might, some arrays and settings other than those of the model."""
    model = fitted_model(kind)
    text = {"format": "mixtura", "version": 1, "kind": "detector", "model": model.kind}
    held = {f"model.{name}": array for name, array in (model.arrays() | (arrays or {})).items() if array is not None}
    metadata = {"mixtura": json.dumps(text | {"settings": model.settings() | settings})}
    file.write_bytes(to_bytes({name: np.array(array, order="C") for name, array in held.items()}, metadata=metadata))


def is_one_sentence(error):
    sentence = str(error)
    return 20 < len(sentence) < 1000 and "\n" not in sentence


def is_refused(file):
    with pytest.raises(ModelFileError) as caught:
        load(file)
    return is_one_sentence(caught.value) and str(caught.value).count(str(file)) == 1


def is_refused_or_sound(file, kind):
    """Whether a file is refused, or else scores rows with finite numbers or refuses those."""
    try:
        model = load(file)
        if model.n_features != fitted_model(kind).n_features:
            return False
        with np.errstate(all="ignore"):
            scores = [model.score_samples(some_rows(kind, dtype)) for dtype in (np.float32, np.float64)]
            model.explain(some_rows(kind)[::5])
        return bool(np.isfinite(scores).all())
    except MixturaError as error:
        return is_one_sentence(error)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "model.safetensors"


GROUPS = {}


@pytest.fixture(autouse=True)
def groups_are_fitted_once(monkeypatch):
    """Fit the groups of a background, by which rows are explained, once for all files with these rows."""

    def remembered(rows, seed, *, counts, shapes):
        key = (*(block.values.tobytes() for block in rows.rows.blocks()), rows.n_columns, seed, *counts, *shapes)
        if key not in GROUPS:
            GROUPS[key] = fit_groups(rows, seed, counts=counts, shapes=shapes)
        return GROUPS[key]

    monkeypatch.setattr("mixtura.detectors.explaining.belonging.fit_groups", remembered)


@pytest.mark.each_value
@kinds
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_model_read_back_answers_bit_for_bit(kind, dtype, file):
    model = FITTED[kind]().fit(table(kind).astype(dtype)).model_
    save(model, file)
    again = load(file)
    assert type(again) is type(model)
    for rows in (some_rows(kind, np.float32), some_rows(kind, np.float64)):
        np.testing.assert_array_equal(again.score_samples(rows), model.score_samples(rows))
        found, expected = again.explain(rows), model.explain(rows)
        for name in ("expected", "deviation", "distance", "share"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    before = file.read_bytes()
    save(again, file)
    assert file.read_bytes() == before


def other_types(name, array):
    """Types that an array may not be of; rows that others are compared with may be single or double."""
    floats = {np.dtype(np.float32), np.dtype(np.float64)} - {array.dtype}
    return [np.int16, np.uint64, *(() if name == "reference" else floats)]


@kinds
def test_arrays_that_do_not_fit_are_refused(kind, file):
    for name, array in held_arrays(kind):
        wrong = [array[:0], array[None], array.ravel()[0]]
        # Of the rows that others are explained by there may be any number.
        wrong += [] if name in ("typical", "background") else [array[:-1], np.concatenate([array, array])]
        with np.errstate(invalid="ignore", over="ignore"):
            wrong += [array.astype(dtype) for dtype in other_types(name, array)]
        for changed in wrong:
            write(file, kind, {name: changed})
            assert is_refused(file), (name, changed.shape, changed.dtype)
        if name not in ("degrees_of_freedom", "coefficients", "background"):
            write(file, kind, {name: None})
            assert is_refused(file), name
    write(file, kind, {"extra": np.zeros(3)})
    assert is_refused(file)
    write(file, kind, extra=1)
    assert is_refused(file)


@kinds
def test_values_that_are_no_numbers_are_refused(kind, file):
    for name, array in held_arrays(kind):
        if array.dtype.kind == "f":
            # Rows that others are explained by may lack values.
            for value in (-np.inf,) if name == "background" else (np.nan, -np.inf):
                changed = array.copy()
                changed.flat[-1] = value
                write(file, kind, {name: changed})
                assert is_refused(file), (name, value)


NUMBERS = {
    "largest": lambda known: known.max,
    "least": lambda known: known.min,
    "zero": lambda _: 0,
    "one": lambda _: 1,
    "minus one": lambda _: -1,
    "half the largest": lambda known: known.max // 2,
    "smallest normal": lambda known: known.tiny,
    "smallest": lambda known: known.smallest_subnormal,
    "negative and small": lambda known: -known.tiny,
    "root of the largest": lambda known: known.max**0.5,
}
OF_FLOATS_ALONE = ("smallest normal", "smallest", "negative and small", "root of the largest")


@pytest.mark.one_case
@kinds
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("place", ["all", "first", "last", "random"])
def test_the_largest_and_smallest_numbers_are_refused_or_harmless(kind, number, place, file):
    random = np.random.default_rng(0)
    for name, array in held_arrays(kind):
        if array.dtype.kind == "i" and number in OF_FLOATS_ALONE:
            continue
        value = NUMBERS[number](np.iinfo(array.dtype) if array.dtype.kind == "i" else np.finfo(array.dtype))
        changed = array.copy()
        changed.reshape(-1)[{"all": ..., "first": 0, "last": -1, "random": random.integers(array.size)}[place]] = value
        write(file, kind, {name: changed})
        assert is_refused_or_sound(file, kind), (name, value)


@kinds
def test_settings_that_do_not_fit_are_refused_or_harmless(kind, file):
    huge = [2**31, 2**63, 10**400, -1, 0, 1e308, 5e-324, -1.0, float("nan"), float("inf"), True, None, "x", [], {}]
    for name in fitted_model(kind).settings():
        for value in huge:
            write(file, kind, **{name: value})
            assert is_refused_or_sound(file, kind), (name, value)


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("forest", "features", 3),
        ("forest", "features", -1),
        ("forest", "counts", -1),
        ("hyperplanes", "features", 3),
        ("ensemble", "columns", 3),
        ("ensemble", "columns", -1),
        ("ensemble", "shapes", -1),
        ("ensemble", "shapes", 2**31 - 1),
        ("ensemble", "spreads", 0),
        ("ensemble", "scale", -1),
        ("ensemble", "remaining", -1),
        ("ensemble", "tail_scales", -1),
        ("ensemble with flags", "flag_columns", 5),
        ("ensemble with flags", "flag_columns", -1),
        ("lof", "reachabilities", 0),
        ("lof", "k_distances", -1),
        ("elliptic", "covariance", -1),
        ("svm", "scale", -1),
    ],
)
def test_numbers_out_of_range_are_refused(kind, name, value, file):
    changed = fitted_model(kind).arrays()[name].copy()
    changed.flat[-1] = value
    write(file, kind, {name: changed})
    assert is_refused(file)


@kinds
def test_flipped_bits_are_refused_or_harmless(kind, file):
    save(fitted_model(kind), file)
    content = file.read_bytes()
    random = np.random.default_rng(0)
    header = 8 + int.from_bytes(content[:8], "little")
    positions = [*random.integers(header, size=100), *random.integers(header, len(content), size=300)]
    for position in positions:
        torn = bytearray(content)
        torn[position] ^= 1 << int(random.integers(8))
        file.write_bytes(torn)
        assert is_refused_or_sound(file, kind), position


def test_samples_of_any_size_take_no_more_memory_than_their_counts():
    lengths = leaf_lengths(np.array([[0, 2**31 - 1]], np.int32))
    np.testing.assert_allclose(lengths[0, 0], 2 * (np.log(2**31 - 2) + np.euler_gamma) - 2, rtol=1e-6)


def test_models_that_no_file_can_hold(file):
    X = table("lof")
    with pytest.raises(ValueError, match="in a metric that scikit-learn computes cannot be saved: use metric= one of"):
        save(LocalOutlierFactor(metric="canberra").fit(X).model_, file)
    with pytest.raises(ModelFileError, match="fitted to kernel values cannot be saved"):
        save(OneClassSVM(kernel="precomputed").fit(X @ X.T).model_, file)
    assert not file.exists()
