import hashlib
import json
import os
import pickle
import struct
import warnings
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save as to_bytes

from mixtura.decisions.reasons import Habits
from mixtura.detectors.density.model import DensityModel
from mixtura.detectors.elliptic.model import Elliptic
from mixtura.distributions.levels import Levels
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SHAPES, Diagonal, Full
from mixtura.errors import ModelFileError, SingularCovarianceError, SourceError
from mixtura.statistics.rarity import Rarity
from mixtura.storage import load, save
from mixtura.storage.contents import contents_of
from mixtura.tables.models.provenance import FitFigures, MergedComponents, Provenance, ThresholdChoice, Versions
from mixtura.tables.models.table_model import TableModel

MODEL = {
    "model.weights": np.array([0.25, 0.75]),
    "model.means": np.array([[0.0, 1.0], [-1.0, 0.5]]),
    "model.covariances": np.array([[1.0, 2.0], [0.5, 0.1]]),
    "model.center": np.zeros(2),
    "model.scale": np.ones(2),
}
TABLE = {"table.center": np.array([10.0, -3.0]), "table.scale": np.array([2.0, 0.1])}
CALIBRATION = {"table.calibration": np.array([2.0, 2.5, 7.0])}
RARITY = {
    "table.rarity_places": np.array([[-1.0, 0.5, 2.0], [0.0, 0.7, 2.1]]),
    "table.rarity_tail": np.array([0.5, 1.5, 0.8, 0.25, 2.1]),
}
HABITS = {
    "table.habits_step": np.array([1.0, 0.0]),
    "table.habits_usual": np.array([7.0, -3.0]),
    "table.habits_share": np.array([0.25, 0.0]),
    "table.habits_quantiles": np.array([np.linspace(0.0, 20.0, 12), np.linspace(-4.0, 1.0, 12)]),
}
ARRAYS = MODEL | TABLE | CALIBRATION
MANIFEST = {
    "format": "mixtura",
    "version": 3,
    "kind": "table",
    "model": "mixture",
    "settings": {"shape": "diag"},
    "columns": ["height", "größe"],
    "threshold": 4.5,
    "kinds": None,
    "known": None,
    "provenance": {
        "kind": "mixture",
        "description": "2 components",
        "fit": {"bic": 120.5, "aic": None, "log_likelihood": -50.25, "lower_bound": None},
        "threshold": {"rule": "rate", "target": 0.04},
        "trained_on": "reference",
        "reference": "clean.csv",
        "merging": {"clusters": [1, 0], "asked": True},
        "seed": 3,
        "versions": {"mixtura": "0.1.0", "numpy": "2.1.0", "kernels": "v3"},
        "notes": {"n_rows": 1000},
    },
}
PROVENANCE = Provenance(
    "mixture",
    "2 components",
    FitFigures(bic=120.5, log_likelihood=-50.25),
    ThresholdChoice("rate", 0.04),
    "reference",
    "clean.csv",
    MergedComponents((1, 0), asked=True),
    3,
    Versions("0.1.0", "2.1.0", "v3"),
    {"n_rows": 1000},
)
PLAIN = {name: MANIFEST[name] for name in ("format", "version", "model", "settings")} | {"kind": "mixture"}


def a_table_model():
    covariance = Diagonal(ARRAYS["model.covariances"], 2, 2)
    return TableModel(
        Mixture(ARRAYS["model.weights"], ARRAYS["model.means"], covariance),
        tuple(MANIFEST["columns"]),
        ARRAYS["table.center"],
        ARRAYS["table.scale"],
        calibration=ARRAYS["table.calibration"],
        threshold=MANIFEST["threshold"],
        provenance=PROVENANCE,
    )


def a_mixture(shape_name):
    random = np.random.default_rng(0)
    factors = random.normal(size=(3, 2, 2))
    matrices = factors @ factors.transpose(0, 2, 1) + np.eye(2)
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    values = {
        "full": matrices,
        "tied": matrices[0],
        "diag": variances,
        "spherical": variances[:, 0],
        "factor": np.concatenate([variances[:, :, None], factors], axis=2),
    }[shape_name]
    return Mixture(random.dirichlet(np.ones(3)), random.normal(size=(3, 2)), SHAPES[shape_name](values, 3, 2))


def write(file, manifest=MANIFEST, arrays=ARRAYS, **changes):
    """Write a file as another program might, or an earlier version, without a checksum."""
    text = manifest if isinstance(manifest, str) else json.dumps(manifest | changes)
    file.write_bytes(to_bytes(arrays, metadata={"mixtura": text}))


def refusal(file):
    with pytest.raises(ModelFileError) as caught:
        load(file)
    sentence = str(caught.value)
    assert sentence.count(str(file)) == 1
    assert "\n" not in sentence
    return sentence.replace(str(file), "FILE")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("shape_name", SHAPES)
def test_a_mixture_comes_back_bit_for_bit(shape_name, file):
    mixture, X = a_mixture(shape_name), np.random.default_rng(1).normal(size=(500, 2))
    save(mixture, file)
    loaded = load(file)
    assert isinstance(loaded, Mixture)
    assert loaded == mixture
    for dtype in (np.float32, np.float64):
        np.testing.assert_array_equal(loaded.log_density(X.astype(dtype)), mixture.log_density(X.astype(dtype)))


@pytest.mark.parametrize("degrees", [None, [0.5, 3.0, 900.0]])
@pytest.mark.parametrize("weight", [None, 0.0, 0.25])
def test_student_components_and_noise_come_back_bit_for_bit(degrees, weight, file):
    plain = a_mixture("full")
    noise = None if weight is None else Noise(weight, [-3.0, -4.0], [5.0, 6.0])
    mixture = Mixture((1 - (weight or 0)) * plain.weights, plain.means, plain.covariance, degrees, noise)
    save(mixture, file)
    assert load(file) == mixture


BOX = {"model.lower": np.zeros(2), "model.upper": np.ones(2)}


@pytest.mark.parametrize(
    ("settings", "more", "reason"),
    [
        ({"noise": "much"}, BOX, "the weight of the noise is a number, not 'much'"),
        ({"noise": 0.5}, {}, "a mixture of the shape 'diag' with noise has the arrays center, covariances, lower, "),
        ({}, BOX, "a mixture of the shape 'diag' has the arrays center, covariances, "),
        ({"noise": 0.5}, BOX, "their sum is 1.5"),
        ({"noise": 0.0}, BOX | {"model.upper": np.zeros(2)}, "sides are finite and positive"),
        ({"noise": 0.0}, BOX | {"model.upper": np.ones(3)}, "sides are finite and positive"),
        ({"noise": 0.0}, {"model.lower": np.zeros(3), "model.upper": np.ones(3)}, "the noise has 3 columns"),
        ({"noise": -1.0}, BOX, "is a probability"),
        ({}, {"model.degrees_of_freedom": np.zeros(2)}, "degrees of freedom are a positive number for each component"),
        ({}, {"model.degrees_of_freedom": np.ones(3)}, "degrees of freedom are a positive number for each component"),
        ({"depth": 3}, {}, "a mixture says its shape, the weight of its noise and its levels, not depth"),
    ],
)
def test_student_components_and_noise_that_do_not_fit(settings, more, reason, file):
    write(file, PLAIN, MODEL | more, settings={"shape": "diag"} | settings)
    assert reason in refusal(file)


@pytest.mark.parametrize("n_numbers", [0, 2])
def test_categories_come_back_bit_for_bit(n_numbers, file):
    random = np.random.default_rng(0)
    levels = Levels([0, 2] if n_numbers else [0, 1], [random.dirichlet(np.ones(size), 2) for size in (3, 2)])
    means, variances = random.normal(size=(2, n_numbers)), random.uniform(1, 2, (2, n_numbers))
    mixture = Mixture([0.4, 0.6], means, SHAPES["diag"](variances, 2, n_numbers), levels=levels)
    save(mixture, file)
    assert load(file) == mixture


@pytest.mark.parametrize(
    ("settings", "array", "reason"),
    [
        ({"columns": [1], "sizes": [2], "counts": []}, [[0.5, 0.4, 0.0]], "sum to one"),
        ({"columns": [1], "sizes": [3], "counts": []}, [[0.5, 0.5, 0.0]], "have no 3 probabilities"),
        ({"columns": [1], "sizes": [2, 2], "counts": []}, [[0.5, 0.5, 0.0]], "in columns of some sizes"),
        ({"columns": [-1], "sizes": [2], "counts": []}, [[0.5, 0.5, 0.0]], "rising order"),
        ({"columns": [9], "sizes": [2], "counts": []}, [[0.5, 0.5, 0.0]], "do not fit"),
        ([1], [[0.5, 0.5, 0.0]], "in columns of some sizes"),
    ],
)
def test_categories_that_do_not_fit(settings, array, reason, file):
    mixture = Mixture([1.0], [[0.0]], SHAPES["diag"]([[1.0]], 1, 1), levels=Levels([1], [[[0.5, 0.5]]]))
    contents = contents_of(mixture)
    manifest = contents.manifest | {"settings": contents.manifest["settings"] | {"levels": settings}}
    write(file, manifest, contents.arrays | {"model.levels": np.array(array)})
    assert reason in refusal(file)


@pytest.mark.parametrize("threshold", [None, 4.5, 1e300, 0.1 + 0.2])
def test_a_table_model_comes_back_bit_for_bit(threshold, file):
    model = replace(a_table_model(), threshold=threshold)
    save(model, str(file))
    loaded = load(str(file))
    assert isinstance(loaded, TableModel)
    assert loaded == model
    X = np.random.default_rng(1).normal(size=(500, 2))
    np.testing.assert_array_equal(loaded.scores(X), model.scores(X))
    assert loaded.reasons(X) == model.reasons(X)


@pytest.mark.parametrize("calibration", [None, ARRAYS["table.calibration"]])
def test_how_rare_scores_are_comes_back_bit_for_bit(calibration, file):
    scores = np.random.default_rng(2).exponential(size=3000) ** 2
    model = replace(a_table_model(), rarity=Rarity.of(scores), calibration=calibration)
    save(model, file)
    loaded = load(file)
    assert loaded == model
    assert loaded != replace(model, rarity=None)
    asked = np.concatenate([scores, [-1.0, 0.0, 1e3, 1e300]])
    np.testing.assert_array_equal(loaded.severities(asked), model.severities(asked))
    np.testing.assert_array_equal(loaded.tail_nats(asked), model.tail_nats(asked))
    save(replace(model, rarity=None), file)
    assert not load(file).has_severities


def test_what_values_are_like_comes_back_bit_for_bit(file):
    rows = np.column_stack([np.arange(99.0) // 2, np.random.default_rng(4).normal(size=99)])
    model = replace(a_table_model(), habits=Habits.of(rows), threshold=4.5)
    save(model, file)
    loaded = load(file)
    assert loaded == model
    assert loaded != replace(model, habits=None)
    assert loaded.reasons([[99.0, -3.0], [10.0, 9.0]]) == model.reasons([[99.0, -3.0], [10.0, 9.0]])
    save(replace(model, habits=None), file)
    assert load(file).habits is None


@pytest.mark.filterwarnings("ignore:.* has no checksum")
def test_what_values_are_like_as_another_program_might_write_it(file):
    write(file, arrays=ARRAYS | HABITS)
    habits = load(file).habits
    assert {f"table.habits_{name}" for name in habits.arrays()} == set(HABITS)
    for name, array in habits.arrays().items():
        np.testing.assert_array_equal(array, HABITS[f"table.habits_{name}"])


@pytest.mark.filterwarnings("ignore:.* has no checksum")
def test_how_rare_scores_are_as_another_program_might_write_it(file):
    write(file, arrays=ARRAYS | RARITY)
    tail = 2.1 + np.log1p(0.25 * np.array([1.0, 8.0]) / 0.8) / 0.25
    expected = [0.0, 0.0, 0.7, 1.4, 2.1, *tail]
    np.testing.assert_allclose(load(file).tail_nats(np.array([-9, -1, 0.5, 1.25, 2.0, 3.0, 10.0])), expected)


@settings(deadline=None)  # files are as fast as the disk
@given(st.lists(st.text(), min_size=2, max_size=2, unique=True), st.dictionaries(st.text(), st.text() | st.integers()))
def test_any_names_and_notes(tmp_path_factory, columns, notes):
    file = tmp_path_factory.getbasetemp() / "names"
    model = replace(a_table_model(), columns=tuple(columns), provenance=Provenance(notes=notes))
    save(model, file)
    assert load(file) == model


def test_the_same_model_makes_the_same_bytes(file, tmp_path):
    save(a_table_model(), file)
    again = tmp_path / "again"
    save(load(file), again)
    assert again.read_bytes() == file.read_bytes()


def test_the_format_as_it_is_written(file):
    """What stands here is in people's files: when it changes, VERSION goes up and old files are still read."""
    save(a_table_model(), file)
    content = file.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    digits = header["__metadata__"].pop("sha256")
    assert digits == hashlib.sha256(content.replace(digits.encode(), b"")).hexdigest()
    assert length % 8 == 0
    assert header == {
        "__metadata__": {
            "mixtura": r'{"columns": ["height", "gr\u00f6\u00dfe"], "format": "mixtura", '
            '"kind": "table", "kinds": null, "known": null, "model": "mixture", '
            '"provenance": {"description": "2 components", '
            '"fit": {"aic": null, "bic": 120.5, "log_likelihood": -50.25, "lower_bound": null}, "kind": "mixture", '
            '"merging": {"asked": true, "clusters": [1, 0]}, "notes": {"n_rows": 1000}, "reference": "clean.csv", '
            '"seed": 3, "threshold": {"rule": "rate", "target": 0.04}, "trained_on": "reference", '
            '"versions": {"kernels": "v3", "mixtura": "0.1.0", "numpy": "2.1.0"}}, '
            '"settings": {"shape": "diag"}, "threshold": 4.5, "version": 3}'
        },
        "model.center": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]},
        "model.covariances": {"dtype": "F64", "shape": [2, 2], "data_offsets": [16, 48]},
        "model.means": {"dtype": "F64", "shape": [2, 2], "data_offsets": [48, 80]},
        "model.scale": {"dtype": "F64", "shape": [2], "data_offsets": [80, 96]},
        "model.weights": {"dtype": "F64", "shape": [2], "data_offsets": [96, 112]},
        "table.calibration": {"dtype": "F64", "shape": [3], "data_offsets": [112, 136]},
        "table.center": {"dtype": "F64", "shape": [2], "data_offsets": [136, 152]},
        "table.scale": {"dtype": "F64", "shape": [2], "data_offsets": [152, 168]},
    }
    assert content[8 + length :] == b"".join(ARRAYS[name].astype("<f8").tobytes() for name in sorted(ARRAYS))


@pytest.mark.parametrize(
    ("model", "kind", "name", "settings"),
    [
        (a_mixture("tied"), "mixture", "mixture", r"{\"shape\": \"tied\"}"),
        (DensityModel(a_mixture("full"), np.ones(2), np.ones(2)), "detector", "mixture", r"{\"shape\": \"full\"}"),
        (Elliptic(np.zeros(2), np.eye(2)), "detector", "elliptic", "{}"),
    ],
)
def test_the_manifest_of_what_is_no_table(model, kind, name, settings, file):
    save(model, file)
    assert (
        rf"{{\"format\": \"mixtura\", \"kind\": \"{kind}\", \"model\": \"{name}\", \"settings\": {settings}, "
        r"\"version\": 3}"
    ).encode() in file.read_bytes()
    assert type(load(file)) is type(model)


def loaded_without_checksum(file):
    with pytest.warns(
        UserWarning,
        match=r"model\.safetensors is from an earlier version and has no checksum, .*: save the model again$",
    ):
        return load(file)


def test_a_file_without_checksum_is_read_and_told(file):
    write(file)
    assert loaded_without_checksum(file) == a_table_model()
    write(file, PLAIN, MODEL)
    assert loaded_without_checksum(file) == a_table_model().mixture
    write(file, PLAIN, MODEL | {"model.scale": np.array([2.0, 1.0])}, kind="detector")
    model = loaded_without_checksum(file)
    assert model == DensityModel(a_table_model().mixture, [0.0, 0.0], [2.0, 1.0])
    save(model, file)
    assert load(file) == model


def test_every_flipped_bit_is_found(file):
    model = a_table_model()
    save(model, file)
    content = file.read_bytes()
    n_told = 0
    for position in range(len(content)):
        torn = bytearray(content)
        torn[position] ^= 1 << (position % 7)
        file.write_bytes(torn)
        with warnings.catch_warnings(record=True) as said, suppress(ModelFileError):
            warnings.simplefilter("always")
            assert load(file) == model
            assert "has no checksum" in str(said[0].message)
            n_told += 1
    # Only in the name of the checksum itself, which leaves a file as of an earlier version, of the same model.
    assert 0 < n_told <= len("sha256")


@pytest.mark.parametrize("array", ["model.means", "table.center"])
def test_another_value_is_found(file, array):
    save(a_table_model(), file)
    content = bytearray(file.read_bytes())
    (length,) = struct.unpack("<Q", content[:8])
    start = 8 + length + json.loads(content[8 : 8 + length])[array]["data_offsets"][0]
    content[start : start + 8] = struct.pack("<d", 3.25)
    file.write_bytes(content)
    assert refusal(file) == (
        "FILE is not a model that mixtura can read: its checksum does not match its content, so it is damaged; "
        "copy it or save it again"
    )


@pytest.mark.filterwarnings("ignore:.* has no checksum")
def test_a_table_trained_on_itself_has_no_calibration(file):
    model = replace(a_table_model(), calibration=None, provenance=Provenance())
    save(model, file)
    assert load(file) == model
    write(file, arrays=MODEL | TABLE, provenance=Provenance().entries())
    assert load(file) == model


def test_what_is_no_model(file, tmp_path):
    assert refusal(file) == "there is no model file FILE"
    assert refusal(tmp_path) == "FILE is not a file: name the file of a model"
    random = np.random.default_rng(0)
    others = [b"", b"short", random.bytes(5000), pickle.dumps(a_mixture("full")), b"a,b\n1,2\n" * 50]
    others += [struct.pack("<Q", 2**62) + b"{}", struct.pack("<Q", 90_000_000) + b"{}"]
    for content in others:
        file.write_bytes(content)
        assert refusal(file).startswith("FILE is not a model that mixtura can read: ")
    file.write_bytes(to_bytes(ARRAYS))
    assert refusal(file).endswith("it has no manifest, so another program wrote it")


def test_an_array_larger_than_the_file(file):
    header = {"means": {"dtype": "F64", "shape": [2**40, 2**10], "data_offsets": [0, 2**53]}}
    text = json.dumps(header | {"__metadata__": {"mixtura": json.dumps(MANIFEST)}}).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text)
    assert refusal(file).startswith("FILE is not a model")


def test_a_newer_version(file):
    write(file, version=4, future=True)
    assert refusal(file) == (
        "FILE has version 4 of the model format, and this mixtura reads up to version 3: install a newer mixtura"
    )


ENTRIES = "its manifest does not have the entries of a mixture, a detector, a posterior or a table model"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": "other"}, "does not say that it is one"),
        ({"version": "1"}, "has no version"),
        ({"version": True}, "has no version"),
        ({"version": 0}, "has no version"),
        ({"kind": "forest"}, ENTRIES),
        ({"kind": ["table"]}, ENTRIES),
        ({"kind": "mixture"}, ENTRIES),
        ({"kind": "detector"}, ENTRIES),
        ({"extra": 1}, ENTRIES),
        ({"columns": "ab"}, ENTRIES),
        ({"threshold": "low"}, ENTRIES),
        ({"threshold": True}, ENTRIES),
        ({"provenance": None}, ENTRIES),
        ({"settings": []}, ENTRIES),
        ({"model": "oracle"}, "its model is of the kind 'oracle', which is none of ensemble, mixture, elliptic, "),
        ({"model": "elliptic"}, "an elliptic model has the arrays 'location' and 'covariance', and no settings"),
        ({"settings": {}}, "the shape of the covariances is None, which is none of full, tied, diag, spherical"),
        (
            {"settings": {"shape": "round"}},
            "the shape of the covariances is 'round', which is none of full, tied, diag, spherical",
        ),
        ({"settings": {"shape": ["diag"]}}, "the shape of the covariances is ['diag'], which is none of"),
        ({"settings": {"shape": "full"}}, "its covariances have the shape (2, 2), not (2, 2, 2)"),
        ({"columns": ["a"]}, "there are 1 names of columns, and 2 in the model"),
        ({"columns": ["a", "a"]}, "strings, all different"),
        ({"columns": [1, 2]}, "strings, all different"),
        ({"columns": [["a"], ["b"]]}, "strings, all different"),
        ({"threshold": float("nan")}, "the threshold must be a finite score, not nan"),
        ({"provenance": {}}, "its provenance must have the entries kind, description, fit, "),
        *(
            ({"provenance": MANIFEST["provenance"] | changes}, reason)
            for changes, reason in (
                ({"extra": 1}, "its provenance must have the entries "),
                ({"trained_on": "hearsay"}, "trained_on must be 'table' or 'reference', not 'hearsay'"),
                ({"trained_on": ["table"]}, "trained_on must be 'table' or 'reference', not ['table']"),
                ({"notes": {"a": float("nan")}}, "types that JSON has"),
                ({"notes": 3}, "types that JSON has"),
                ({"fit": None}, "its fit must have the entries bic, aic, log_likelihood, lower_bound"),
                ({"fit": {"secret": 1.0}}, "its fit must have the entries bic, aic, log_likelihood, lower_bound"),
                ({"threshold": {"rule": "rate"}}, "its threshold must have the entries rule, target"),
                ({"threshold": {"rule": "rate", "target": -1.0}}, "target of a rule must be a float above 0, not -1.0"),
                ({"merging": {"clusters": [0], "asked": True}}, "one number for each of 2 components"),
                ({"merging": {"clusters": 3, "asked": True}}, "from 0 on without gaps"),
                ({"seed": "3"}, "the seed of a model must be an integer, not '3'"),
                ({"versions": {}}, "its versions must have the entries mixtura, numpy, kernels"),
                ({"description": 3}, "the description of a model must be text, not 3"),
            )
        ),
    ],
)
def test_a_manifest_that_does_not_fit(changes, reason, file):
    write(file, **changes)
    assert reason in refusal(file)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "1" * 5000, "[" * 100_000])
def test_a_manifest_that_is_none(text, file):
    write(file, text)
    assert "its manifest" in refusal(file)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"extra": np.zeros(2)}, "its arrays are extra, model.center, "),
        ({"table.extra": np.zeros(2)}, "which are not those of one model"),
        ({"model.extra": np.zeros(2)}, "has the arrays center, covariances, means, scale, weights, and perhaps "),
        ({"model.means": np.zeros(4)}, "its means have the shape (4,), not (components, columns)"),
        ({"model.means": np.zeros((2, 0))}, "its means have the shape (2, 0)"),
        ({"model.means": np.zeros((3, 2))}, "its covariances have the shape (2, 2), not (3, 2)"),
        ({"model.weights": np.array([0.25, 0.75], np.float32)}, "its weights must be finite doubles"),
        ({"model.weights": np.array([True, False])}, "its model.weights holds no numbers of a known type"),
        ({"model.weights": np.ones(1)}, "weights of shape (1,) and means of shape (2, 2) do not fit"),
        ({"model.scale": np.ones(3)}, "scale must be 2 finite numbers"),
        ({"model.scale": np.array([1.0, -1.0])}, "every scale must be positive"),
        ({"model.weights": np.array([0.5, 0.6])}, "their sum is 1.1"),
        ({"model.weights": np.array([-0.5, 1.5])}, "weights must be non-negative"),
        ({"model.means": np.full((2, 2), np.nan)}, "its means must be finite doubles"),
        ({"model.center": np.array([0, np.inf])}, "its center must be finite doubles"),
        ({"model.covariances": np.array([[1.0, 0.0], [1.0, 1.0]])}, "not positive definite"),
        ({"table.center": np.array([0, np.inf])}, "center must be 2 finite numbers"),
        ({"table.center": np.zeros(2, np.float32)}, "its table.center must be doubles"),
        ({"table.scale": np.ones(3)}, "scale must be 2 finite numbers"),
        ({"table.scale": np.array([1.0, -1.0])}, "every scale must be positive"),
        ({"table.calibration": np.zeros((2, 2))}, "the calibration scores must be numbers, at least one, "),
        ({"table.calibration": np.zeros(0)}, "the calibration scores must be numbers, at least one, "),
        ({"table.calibration": np.array([np.nan])}, "the calibration scores must be numbers, at least one, "),
        ({"table.calibration": np.zeros(2, np.int64)}, "its table.calibration must be doubles"),
        ({"table.habits_step": HABITS["table.habits_step"]}, "which are not those of one model"),
        (HABITS | {"table.habits_step": np.ones(3)}, "must be finite numbers, as many as each column has"),
        (HABITS | {"table.habits_usual": np.array([0.0, np.inf])}, "must be finite numbers"),
        (HABITS | {"table.habits_share": np.array([0.0, 1.5])}, "steps and shares of at least 0"),
        (HABITS | {"table.habits_quantiles": np.zeros((2, 11))}, "must be finite numbers, as many as each column has"),
        (HABITS | {"table.habits_quantiles": -HABITS["table.habits_quantiles"]}, "quantiles that ascend"),
        (HABITS | {"table.habits_usual": np.zeros(2, np.float32)}, "its table.habits_usual must be doubles"),
        (
            {name: np.concatenate([array, array]) for name, array in HABITS.items()},
            "there are habits of 4 columns, and 2 in the model",
        ),
        ({"table.rarity_tail": RARITY["table.rarity_tail"]}, "which are not those of one model"),
        ({"table.rarity_places": RARITY["table.rarity_places"]}, "which are not those of one model"),
        (RARITY | {"table.rarity_tail": np.zeros(5, np.float32)}, "its table.rarity_tail must be doubles"),
        (RARITY | {"table.rarity_tail": np.ones(4)}, "rarity has the wrong shape"),
        (RARITY | {"table.rarity_places": np.ones(3)}, "rarity has the wrong shape"),
        (RARITY | {"table.rarity_places": np.ones((3, 2))}, "rarity has the wrong shape"),
        (RARITY | {"table.rarity_places": np.ones((2, 0))}, "rarity has the wrong shape"),
        (RARITY | {"table.rarity_places": np.array([[1.0, 0.0], [0.0, 1.0]])}, "must be finite and ascend"),
        (RARITY | {"table.rarity_places": np.array([[0.0, 1.0], [1.0, 0.0]])}, "must be finite and ascend"),
        (RARITY | {"table.rarity_places": np.array([[0.0, 1.0], [-1.0, 0.0]])}, "must be finite and ascend"),
        (RARITY | {"table.rarity_places": np.array([[0.0, np.nan], [0.0, 1.0]])}, "must be finite and ascend"),
        *(
            (RARITY | {"table.rarity_tail": np.where(np.arange(5) == k, value, 1.0)}, "has no such tail")
            for k, value in (
                (0, np.nan),
                (0, np.inf),
                (1, 0.0),
                (1, np.inf),
                (2, -1.0),
                (3, 0.0),
                (4, -0.1),
                (4, np.nan),
            )
        ),
    ],
)
def test_arrays_that_do_not_fit(changes, reason, file):
    write(file, arrays=ARRAYS | changes)
    assert reason in refusal(file)


@pytest.mark.parametrize("missing", sorted(MODEL | TABLE))
def test_a_missing_array(missing, file):
    write(file, arrays={name: array for name, array in ARRAYS.items() if name != missing})
    assert ("which are not those of one model" if missing in TABLE else "a mixture of the shape") in refusal(file)


def test_a_mixture_over_scaled_columns_is_a_detector(file):
    write(file, PLAIN, MODEL | {"model.center": np.ones(2)})
    assert refusal(file).endswith("its manifest says mixture, but its columns are scaled like those of a detector")
    write(file, PLAIN, {"model.location": np.zeros(2), "model.covariance": np.eye(2)}, model="elliptic", settings={})
    assert refusal(file).endswith("its manifest says mixture, but it holds a model of kind 'elliptic'")
    write(file, PLAIN, ARRAYS)
    assert "which are not those of one model" in refusal(file)


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [
        ([[1.0, 2.0], [2.0, 1.0]], "not positive definite"),
        ([[1.0, 0.5], [0.1, 1.0]], "not symmetric"),
        ([[1e308, 1e308], [1e308, 1e308]], "not positive definite"),
    ],
)
@pytest.mark.parametrize("shape", ["full", "tied"])
def test_matrices_that_are_no_covariances(shape, matrix, reason, file):
    covariances = np.array([np.eye(2), matrix] if shape == "full" else matrix)
    write(file, arrays=ARRAYS | {"model.covariances": covariances}, settings={"shape": shape})
    assert reason in refusal(file)


def test_a_torn_file(file):
    write(file)
    content = file.read_bytes()
    for length in [*range(24), *range(24, len(content), 29), len(content) - 1]:
        file.write_bytes(content[:length])
        assert refusal(file).startswith("FILE is not a model that mixtura can read: ")
    file.write_bytes(content + b"\0")
    refusal(file)


@pytest.mark.filterwarnings("ignore:.* has no checksum")
@pytest.mark.parametrize("more", [{}, RARITY])
def test_flipped_bits_are_refused_or_harmless(more, file):
    write(file, arrays=ARRAYS | more)
    content = file.read_bytes()
    random = np.random.default_rng(0)
    for position in [*range(16), *random.integers(len(content), size=400)]:
        torn = bytearray(content)
        torn[position] ^= 1 << int(random.integers(8))
        file.write_bytes(torn)
        with suppress(ModelFileError):
            model = load(file)
            scores = model.scores([[1.0, 2.0]])
            assert np.isfinite(scores).all()
            if model.has_severities:
                assert (np.abs(model.severities(scores) - 50) <= 50).all()


def test_saving_that_fails_leaves_what_was_there(file, monkeypatch):
    save(a_mixture("diag"), file)
    before = file.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match="No space left on device"):
        save(a_table_model(), file)
    assert file.read_bytes() == before
    assert os.listdir(file.parent) == [file.name]


def test_what_cannot_be_saved(file, tmp_path):
    with pytest.raises(SourceError, match="No such file or directory"):
        save(a_mixture("full"), tmp_path / "nowhere" / "model")
    with pytest.raises(SourceError, match="cannot write"):
        save(a_mixture("full"), tmp_path)
    with pytest.raises(TypeError, match="not a dict"):
        save({}, file)
    with pytest.raises(SingularCovarianceError):
        save(Mixture([1.0], [[0.0, 0.0]], Full(np.ones((1, 2, 2)), 1, 2)), file)
    assert os.listdir(tmp_path) == []
