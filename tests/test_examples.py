"""The gallery: every script is short and uses what is public; the docs build runs them all, and two run here."""

import ast
import runpy
from pathlib import Path

import pytest

import mixtura
import mixtura.inference

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("plot_*.py"))


def tree_of(script):
    return ast.parse(script.read_text(), script.name)


def imported_from_mixtura(tree):
    """Return the modules of this library that are imported from, and the names that are used of it."""
    modules, names = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names if alias.name.split(".")[0] == "mixtura"}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mixtura":
            modules.add(node.module)
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "mixtura":
            names.add(node.attr)
    return modules, names


def test_there_is_a_script_for_every_number():
    assert [script.name.split("_")[1] for script in SCRIPTS] == [f"{i:02}" for i in range(1, len(SCRIPTS) + 1)]
    assert len(SCRIPTS) >= 16


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_is_short_and_has_a_title(script):
    assert len(script.read_text().splitlines()) < 65
    title, underline, blank, first, *_ = ast.get_docstring(tree_of(script)).splitlines()
    assert title
    assert underline == "=" * len(title)
    assert (blank, bool(first)) == ("", True)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_uses_public_names_only(script):
    modules, names = imported_from_mixtura(tree_of(script))
    assert modules <= {"mixtura", "mixtura.inference"}
    assert names <= {*mixtura.__all__, *mixtura.inference.__all__}


def test_private_names_would_be_seen():
    tree = ast.parse("import mixtura\nfrom mixtura.mixtures.em.loop import Progress\nprint(mixtura.Secret)")
    assert imported_from_mixtura(tree) == ({"mixtura", "mixtura.mixtures.em.loop"}, {"Progress", "Secret"})


@pytest.mark.parametrize(("name", "n_axes"), [("plot_03_anomalies", 1), ("plot_06_graphical_model", 2)])
def test_a_script_draws_a_picture(name, n_axes, need, monkeypatch):
    plt = need("matplotlib.pyplot")
    plt.switch_backend("agg")
    plt.close("all")
    monkeypatch.chdir(EXAMPLES)
    try:
        runpy.run_path(f"{name}.py")
        assert [len(plt.figure(number).axes) for number in plt.get_fignums()] == [n_axes]
    finally:
        plt.close("all")
