"""The fixtures that scikit-learn's tests take from its own conftest."""

import numpy as np
import pytest


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def global_dtype(request):
    return request.param


@pytest.fixture(params=[42, 7])
def global_random_seed(request):
    return request.param
