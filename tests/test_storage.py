import json
import os
import pickle
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save as to_bytes

from mixtura.decisions.table_model import TableModel
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import SHAPES, Diagonal, Full
from mixtura.errors import ModelFileError, SingularCovarianceError, SourceError
from mixtura.storage import load, save

ARRAYS = {
    "weights": np.array([0.25, 0.75]),
    "means": np.array([[0.0, 1.0], [-1.0, 0.5]]),
    "covariances": np.array([[1.0, 2.0], [0.5, 0.1]]),
    "center": np.array([10.0, -3.0]),
    "scale": np.array([2.0, 0.1]),
}
MANIFEST = {
    "format": "mixtura",
    "version": 1,
    "kind": "table",
    "shape": "diag",
    "columns": ["height", "größe"],
    "threshold": -4.5,
    "rate": 0.04,
    "info": {"criterion": "bic", "n_rows": 1000},
}


def a_table_model():
    mixture = Mixture(ARRAYS["weights"], ARRAYS["means"], Diagonal(ARRAYS["covariances"], 2, 2))
    parts = [MANIFEST[name] for name in ("threshold", "rate", "info")]
    return TableModel(mixture, tuple(MANIFEST["columns"]), ARRAYS["center"], ARRAYS["scale"], *parts)


def a_mixture(shape_name):
    random = np.random.default_rng(0)
    factors = random.normal(size=(3, 2, 2))
    matrices = factors @ factors.transpose(0, 2, 1) + np.eye(2)
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    values = {"full": matrices, "tied": matrices[0], "diag": variances, "spherical": variances[:, 0]}[shape_name]
    return Mixture(random.dirichlet(np.ones(3)), random.normal(size=(3, 2)), SHAPES[shape_name](values, 3, 2))


def write(file, manifest=MANIFEST, arrays=ARRAYS, **changes):
    """Write a file as another program might."""
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
    version = 1 if degrees is None and weight is None else 2
    assert f'\\"version\\": {version}'.encode() in file.read_bytes()


SIMPLE = {name: ARRAYS[name] for name in ("weights", "means", "covariances")}
BOX = {"lower": np.zeros(2), "upper": np.ones(2)}


@pytest.mark.parametrize(
    ("changes", "more", "reason"),
    [
        ({"version": 1, "noise": 0.5}, BOX, "entries of a mixture or of a table model"),
        ({"noise": "much"}, BOX, "entries of a mixture or of a table model"),
        ({"noise": 0.5}, {}, "it should hold the arrays"),
        ({}, BOX, "it should hold the arrays"),
        ({"noise": 0.5}, BOX, "their sum is 1.5"),
        ({"noise": 0.0}, BOX | {"upper": np.zeros(2)}, "sides are finite and positive"),
        ({"noise": 0.0}, BOX | {"upper": np.ones(3)}, "its upper should be doubles of shape (2,)"),
        ({"noise": -1.0}, BOX, "is a probability"),
        ({"version": 1}, {"degrees_of_freedom": np.ones(2)}, "it should hold the arrays"),
        ({}, {"degrees_of_freedom": np.zeros(2)}, "degrees of freedom are a positive number for each component"),
        ({}, {"degrees_of_freedom": np.ones(3)}, "its degrees_of_freedom should be doubles of shape (2,)"),
    ],
)
def test_student_components_and_noise_that_do_not_fit(changes, more, reason, file):
    manifest = {"format": "mixtura", "version": 2, "kind": "mixture", "shape": "diag"}
    write(file, manifest, SIMPLE | more, **changes)
    assert reason in refusal(file)


@pytest.mark.parametrize("threshold", [None, -4.5, -1e300, 0.1 + 0.2])
def test_a_table_model_comes_back_bit_for_bit(threshold, file):
    model = a_table_model()
    object.__setattr__(model, "threshold", threshold)
    save(model, str(file))
    loaded = load(str(file))
    assert isinstance(loaded, TableModel)
    assert loaded == model
    X = np.random.default_rng(1).normal(size=(500, 2))
    np.testing.assert_array_equal(loaded.scores(X), model.scores(X))
    assert loaded.reasons(X) == model.reasons(X)


@given(st.lists(st.text(), min_size=2, max_size=2, unique=True), st.dictionaries(st.text(), st.text() | st.integers()))
def test_any_names_and_facts(tmp_path_factory, columns, info):
    file = tmp_path_factory.getbasetemp() / "names"
    model = TableModel(a_table_model().mixture, tuple(columns), [0, 0], [1, 1], info=info)
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
    assert json.loads(content[8 : 8 + length]) == {
        "__metadata__": {
            "mixtura": r'{"columns": ["height", "gr\u00f6\u00dfe"], "format": "mixtura", '
            '"info": {"criterion": "bic", "n_rows": 1000}, "kind": "table", "rate": 0.04, "shape": "diag", '
            '"threshold": -4.5, "version": 1}'
        },
        "center": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]},
        "covariances": {"dtype": "F64", "shape": [2, 2], "data_offsets": [16, 48]},
        "means": {"dtype": "F64", "shape": [2, 2], "data_offsets": [48, 80]},
        "scale": {"dtype": "F64", "shape": [2], "data_offsets": [80, 96]},
        "weights": {"dtype": "F64", "shape": [2], "data_offsets": [96, 112]},
    }
    names = ("center", "covariances", "means", "scale", "weights")
    assert content[8 + length :] == b"".join(ARRAYS[name].astype("<f8").tobytes() for name in names)


def test_the_manifest_of_a_mixture(file):
    save(a_mixture("tied"), file)
    assert (
        rb"{\"format\": \"mixtura\", \"kind\": \"mixture\", \"shape\": \"tied\", \"version\": 1}" in file.read_bytes()
    )


def test_a_file_written_by_hand_is_read(file):
    write(file)
    assert load(file) == a_table_model()


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
    write(file, version=3, future=True)
    assert refusal(file) == (
        "FILE has version 3 of the model format, and this mixtura reads up to version 2: install a newer mixtura"
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": "other"}, "does not say that it is one"),
        ({"version": "1"}, "has no version"),
        ({"version": True}, "has no version"),
        ({"version": 0}, "has no version"),
        ({"kind": "forest"}, "entries of a mixture or of a table model"),
        ({"kind": ["table"]}, "entries of a mixture or of a table model"),
        ({"kind": "mixture"}, "entries of a mixture or of a table model"),
        ({"extra": 1}, "entries of a mixture or of a table model"),
        ({"columns": "ab"}, "entries of a mixture or of a table model"),
        ({"threshold": "low"}, "entries of a mixture or of a table model"),
        ({"info": None}, "entries of a mixture or of a table model"),
        ({"shape": "round"}, "said to be 'round', which is none of full, tied, diag, spherical"),
        ({"shape": "full"}, r"its covariances should be doubles of shape (2, 2, 2)"),
        ({"columns": ["a"]}, "there are 1 names of columns, and 2 in the mixture"),
        ({"columns": ["a", "a"]}, "strings, all different"),
        ({"columns": [1, 2]}, "strings, all different"),
        ({"threshold": float("nan")}, "finite log density"),
        ({"rate": 2.0}, "above 0 and below 1"),
        ({"info": {"a": float("nan")}}, "types that JSON has"),
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
        ({"extra": np.zeros(2)}, "should hold the arrays center, covariances, means, scale, weights, and not others"),
        ({"means": np.zeros(4)}, "its means have the shape (4,), not (components, columns)"),
        ({"means": np.zeros((2, 0))}, "its means have the shape (2, 0)"),
        ({"means": np.zeros((3, 2))}, "should be doubles of shape (3, 2)"),
        ({"weights": np.array([0.25, 0.75], np.float32)}, "its weights should be doubles of shape (2,)"),
        ({"scale": np.ones(3)}, "its scale should be doubles of shape (2,)"),
        ({"weights": np.array([0.5, 0.6])}, "their sum is 1.1"),
        ({"weights": np.array([-0.5, 1.5])}, "weights must be non-negative"),
        ({"means": np.full((2, 2), np.nan)}, "its means are not all finite"),
        ({"center": np.array([0, np.inf])}, "its center are not all finite"),
        ({"covariances": np.array([[1.0, 0.0], [1.0, 1.0]])}, "not positive definite"),
        ({"scale": np.array([1.0, -1.0])}, "every scale must be positive"),
    ],
)
def test_arrays_that_do_not_fit(changes, reason, file):
    write(file, arrays=ARRAYS | changes)
    assert reason in refusal(file)


def test_a_missing_array(file):
    write(file, arrays={name: array for name, array in ARRAYS.items() if name != "scale"})
    assert "should hold the arrays" in refusal(file)


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
    write(file, arrays=ARRAYS | {"covariances": covariances}, shape=shape)
    assert reason in refusal(file)


def test_a_torn_file(file):
    write(file)
    content = file.read_bytes()
    for length in [*range(24), *range(24, len(content), 29), len(content) - 1]:
        file.write_bytes(content[:length])
        assert refusal(file).startswith("FILE is not a model that mixtura can read: ")
    file.write_bytes(content + b"\0")
    refusal(file)


def test_flipped_bits_are_refused_or_harmless(file):
    write(file)
    content = file.read_bytes()
    random = np.random.default_rng(0)
    for position in [*range(16), *random.integers(len(content), size=400)]:
        torn = bytearray(content)
        torn[position] ^= 1 << int(random.integers(8))
        file.write_bytes(torn)
        with suppress(ModelFileError):
            assert np.isfinite(load(file).scores([[1.0, 2.0]])).all()


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
