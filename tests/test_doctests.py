"""Every example in a public docstring runs, against the installed package."""

import doctest
import importlib
import pkgutil

import pytest

import mixtura

MODULES = [
    module.name
    for module in pkgutil.walk_packages(mixtura.__path__, "mixtura.")
    if not module.name.rpartition(".")[2].startswith("_")
]


@pytest.mark.parametrize("name", ["mixtura", *MODULES])
def test_examples_run(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
