"""Engines by name: each says what it owns and opens it, and nothing else knows its library."""

import ast
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import mixtura
from mixtura import GaussianMixture, IsolationForest, OneClassSVM, merge_components
from mixtura.engines import ThreadEngine, engine_for, known, owner_of
from mixtura.rows import ArrayRows

SOURCE = Path(mixtura.__file__).parent


class Pages:
    """A table of another library."""

    def __init__(self, values):
        self.values = values


class PagesEngine(ThreadEngine):
    """The engine of that library."""

    @staticmethod
    def owns(source):
        return isinstance(source, Pages)

    @staticmethod
    def open(source, sample_weight, *, columns, drop, non_numeric, missing, kinds, missing_marks, takes):
        assert (non_numeric, kinds, missing_marks, takes) in (
            ("drop", None, (), "numbers"),
            ("error", None, (), "numbers"),
        )
        return ArrayRows(source.values, columns=columns, drop=drop, sample_weight=sample_weight, missing=missing)


@pytest.fixture(name="pages")
def another_engine(monkeypatch):
    module = ModuleType("mixtura.engines.pages")
    module.PagesEngine = PagesEngine
    monkeypatch.setitem(sys.modules, "mixtura.engines.pages", module)
    monkeypatch.setattr(Pages, "__module__", "pages.core")
    line = known.KnownEngine("pages", "PagesEngine", package="pages")
    monkeypatch.setattr(known, "ENGINES", (*known.ENGINES, line))


@pytest.mark.usefixtures("pages")
def test_a_new_engine_is_a_file_and_a_line():
    X = np.random.default_rng(0).normal(size=(300, 2))
    owner = owner_of(Pages(X))
    assert owner is not None
    assert owner.name == "pages"
    assert isinstance(engine_for("pages"), PagesEngine)
    assert isinstance(engine_for(None, Pages(X)), PagesEngine)
    assert owner_of(X) is None
    expected = GaussianMixture(2, random_state=0).fit(X)
    found = GaussianMixture(2, random_state=0).fit(Pages(X))
    assert found.mixture_ == expected.mixture_
    np.testing.assert_array_equal(found.score_samples(Pages(X)), expected.score_samples(X))
    for detector in (IsolationForest(random_state=0), OneClassSVM(nu=0.1)):
        np.testing.assert_array_equal(detector.fit(Pages(X)).predict(Pages(X)), detector.fit(X).predict(X))
    np.testing.assert_array_equal(merge_components(found, Pages(X)).merges, merge_components(expected, X).merges)
    with pytest.raises(ValueError, match="engine must be 'threads', 'dask', 'pages' or an engine with fold and map"):
        engine_for("page")


def code_of(file):
    """What a file does: its text without comments and docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [
                one for one in node.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
            ]
    return ast.unparse(tree).lower()


def test_only_the_folder_of_the_engines_knows_dask():
    files = [file for file in SOURCE.rglob("*.py") if file.parent != SOURCE / "engines"]
    assert len(files) > 100
    naming = [file for file in files if "dask" in file.read_text(encoding="utf-8").lower()]
    assert [str(file) for file in naming if "dask" in code_of(file)] == []
