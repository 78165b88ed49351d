"""Every example in a public docstring runs, against the installed package."""

import doctest
import importlib.util
import pkgutil
from pathlib import Path

import pytest

import mixtura

MODULES = [
    module.name
    for module in pkgutil.walk_packages(mixtura.__path__, "mixtura.")
    if not module.name.rpartition(".")[2].startswith("_")
]


def has_examples(name):
    return ">>> " in Path(importlib.util.find_spec(name).origin).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in ("mixtura", *MODULES) if has_examples(name)])
def test_examples_run(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
