import importlib
import logging
import os

import hypothesis
import pytest

from pairwise import draw_few, left_out, left_out_of_all
from processors import few_are_asked_for
from requirements import demand_shared, go_without

# Densities are compiled for a few evaluations: to optimise the code takes longer than to run it as it is.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")

# How long a case takes depends on what else the machine does.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


def pytest_addoption(parser):
    parser.addoption(
        "--exhaustive", action="store_true", help="run whole products of parameters, and what takes minutes"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """Start no workers for a few tests; None is one for each processor."""
    return 0 if few_are_asked_for(config) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Leave out cases of products; without `--exhaustive` tests that take minutes as well, and draw few examples."""
    if config.option.exhaustive:
        without = left_out_of_all(items)
    else:
        draw_few(items)
        without = left_out(items)
    items[:] = [item for item in items if item not in without]
    config.hook.pytest_deselected(items=[*without])


def pytest_runtest_setup(item):
    for mark in item.iter_markers("needs_shared"):
        demand_shared(*mark.args)


@pytest.fixture(scope="session")
def need():
    """Import an optional library; without it skip the test, or fail it where all of them are required."""

    def need(module):
        try:
            return importlib.import_module(module)
        except ImportError as error:
            go_without(f"needs {module}, which cannot be imported ({error})")

    return need


@pytest.fixture(scope="session")
def dask_client(need, tmp_path_factory):
    """Two Dask workers, each a process of its own; `with dask_client.as_current():` computes there."""
    distributed = need("distributed")
    # A worker killed twice within this time would be given up, and not started again.
    patience = {"distributed.deploy.lost-worker-timeout": "1 hour"}
    with (
        need("dask").config.set(patience),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",  # None takes the usual port, which another cluster may have
            local_directory=str(tmp_path_factory.mktemp("dask")),
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client
