import pickle

import numpy as np
import pytest

from mixtura.detectors.density.model import DensityModel
from mixtura.distributions.mixture import Mixture
from mixtura.distributions.noise import Noise
from mixtura.distributions.shapes import Full, Spherical

PLAIN = Mixture([0.4, 0.6], [[0.0, 0.0], [2.0, 1.0]], Full([[[1.0, 0.5], [0.5, 1.0]], np.eye(2)], 2, 2))
MODELS = [
    DensityModel(PLAIN, [1.0, 2.0], [3.0, 0.5]),
    DensityModel(Mixture([1.0], [[0.0, 0.0]], Spherical([2.0], 1, 2), [4.0]), [0.0, 0.0], [1.0, 1.0]),
    DensityModel(
        Mixture([0.3, 0.6], PLAIN.means, PLAIN.covariance, None, Noise(0.1, [-9, -9], [9, 9])), [0, 0], [1.0, 2.0]
    ),
]


@pytest.mark.parametrize("model", MODELS, ids=["normal", "t", "noise"])
def test_arrays_and_settings_hold_the_whole_model(model):
    again = DensityModel.from_arrays(model.arrays(), model.settings())
    assert again == model
    assert pickle.loads(pickle.dumps(model)) == model
    X = np.random.default_rng(0).normal(size=(20, 2))
    np.testing.assert_array_equal(again.score_samples(X), model.score_samples(X))
    assert all(array.dtype == np.float64 for array in model.arrays().values())


def test_models_differ():
    assert MODELS[0] != MODELS[1]
    assert MODELS[0] != DensityModel(PLAIN, [1.0, 2.0], [3.0, 0.6])
    assert MODELS[0] != DensityModel(PLAIN, [1.0, 2.5], [3.0, 0.5])
    assert MODELS[0] != "model"
    with pytest.raises(TypeError, match="unhashable"):
        hash(MODELS[0])
    with pytest.raises(ValueError, match="read-only"):
        MODELS[0].center[0] = 0


def test_the_density_of_scaled_values_integrates_to_one():
    model = MODELS[0]
    x, y = np.linspace(-30, 40, 701), np.linspace(-4, 8, 601)
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    mass = np.exp(model.score_samples(grid)).sum() * (x[1] - x[0]) * (y[1] - y[0]) / model.scale.prod()
    np.testing.assert_allclose(mass, 1, rtol=1e-4)


@pytest.mark.parametrize(
    ("arrays", "settings", "sentence"),
    [
        ({}, {"shape": "round"}, "the shape of the covariances is 'round'"),
        ({}, {"shape": None}, "the shape of the covariances is None"),
        ({}, {"noise": "much"}, "weight of the noise is a number"),
        ({}, {"noise": 0.1}, "has the arrays center, covariances, lower"),
        ({}, {"more": 1}, "the weight of its noise and its levels, not more"),
        ({"extra": np.zeros(2)}, {}, "has the arrays"),
        ({"means": np.zeros(2)}, {}, "not \\(components, columns\\)"),
        ({"means": np.zeros((2, 3))}, {}, "its covariances have the shape"),
        ({"center": np.array([0.0, np.nan])}, {}, "center must be finite"),
        ({"center": np.zeros(2, np.float32)}, {}, "center must be finite doubles"),
        ({"center": np.zeros(3)}, {}, "center must be 2 finite numbers"),
        ({"scale": np.array([1.0, 0.0])}, {}, "every scale must be positive"),
        ({"weights": np.array([0.4, 0.4])}, {}, "sum to one"),
        ({"covariances": np.array([[[1.0, 0.5], [0.1, 1.0]]] * 2)}, {}, "not symmetric"),
        ({"covariances": np.array([[[1.0, 2.0], [2.0, 1.0]]] * 2)}, {}, "covariance"),
    ],
)
def test_parts_that_do_not_fit(arrays, settings, sentence):
    model = MODELS[0]
    with pytest.raises(ValueError, match=sentence):
        DensityModel.from_arrays(model.arrays() | arrays, model.settings() | settings)
