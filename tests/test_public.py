"""What `import mixtura` offers, and what it costs."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import mixtura

NAMES = mixtura.__all__

# Libraries that are imported when they are needed, and not before.
LATE = ["pandas", "polars", "pyarrow", "duckdb", "dask", "distributed", "matplotlib", "altair", "rich", "typer"]


def stub():
    """Return the statements of the file that type checkers read instead of the package's own."""
    return ast.parse(Path(mixtura.__file__).with_suffix(".pyi").read_text()).body


def test_the_stub_imports_each_public_name_once_and_exports_it():
    """A type checker takes `import name as name` in a stub for a public name, and `import name` for a private one."""
    imports = [line for line in stub() if isinstance(line, ast.ImportFrom)]
    names = [name for line in imports for name in line.names]
    assert all(line.level == 1 and line.module for line in imports)
    assert all(name.asname == name.name for name in names)
    assert sorted(name.name for name in names) == NAMES
    assert len(set(NAMES)) == len(NAMES) > 40


def test_public_names_are_seen():
    assert set(NAMES) <= set(dir(mixtura))
    namespace = {}
    exec("from mixtura import *", namespace)
    assert set(NAMES) <= set(namespace)


def test_a_name_is_imported_when_it_is_first_used(tmp_path, monkeypatch):
    package = tmp_path / "a_package"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from mixtura.public import attach\n__getattr__, __dir__, __all__ = attach(__name__, globals())\n"
    )
    (package / "__init__.pyi").write_text("from .inner import b as b\nfrom .inner import a as a\nversion: str\n")
    (package / "inner.py").write_text("a, b, c = 1, 2, 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        import a_package  # noqa: PLC0415  # the test has just made it

        assert a_package.__all__ == ["a", "b"]
        assert {"a", "b"} <= set(dir(a_package))
        assert "a_package.inner" not in sys.modules
        assert (a_package.a, a_package.b) == (1, 2)
        assert vars(a_package)["a"] == 1
        with pytest.raises(AttributeError, match="module 'a_package' has no attribute 'c'"):
            a_package.c  # noqa: B018  # asking for it raises
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "a_package"]:
            del sys.modules[name]


def test_unknown_name():
    with pytest.raises(AttributeError, match="module 'mixtura' has no attribute 'GausianMixture'"):
        mixtura.GausianMixture  # noqa: B018  # asking for it raises


def members(thing):
    """Return what a user can call or read on a public name, its own module's only."""
    if not inspect.isclass(thing):
        return {}
    return {
        name: member
        for name, member in vars(thing).items()
        if not name.startswith("_") and (callable(member) or isinstance(member, (property, classmethod, staticmethod)))
    }


def documented(thing, member):
    """Whether a member says what it does, where it is or where it is declared."""
    return any(member in vars(base) and inspect.getdoc(vars(base)[member]) for base in thing.__mro__)


@pytest.mark.parametrize("name", NAMES)
def test_everything_public_has_a_docstring(name):
    thing = getattr(mixtura, name)
    assert thing.__module__.startswith("mixtura.")
    assert inspect.getdoc(thing)
    bare = [member for member in members(thing) if not documented(thing, member)]
    assert not bare


def imported_by(statement):
    probe = f"{statement}\nimport sys\nprint(*(name for name in {LATE!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_import_leaves_optional_libraries_alone():
    assert imported_by("import mixtura") == set()


@pytest.mark.exhaustive
def test_every_name_leaves_optional_libraries_alone():
    """scikit-learn imports some of them, where they are installed; we add none."""
    assert imported_by("from mixtura import *") <= imported_by("import sklearn.mixture")


def test_import_is_lazy():
    """The command line answers `--help` before the numerical libraries are read."""
    probe = "import mixtura, sys; print('numpy' in sys.modules, 'sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "False"]
