"""Inference runs as the estimator runs it: in double precision, its small matrices on one thread."""

import jax
import pytest

from mixtura.engines.single import single_thread


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True), single_thread():
        yield
