"""The wheel made from the source distribution installs into a clean environment and works there."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import mixtura

ROOT = Path(__file__).parents[1]

PROGRAM = """
import numpy as np, mixtura
from mixtura import kernels
X = np.concatenate([np.zeros((50, 2)), np.ones((50, 2)) * 9]) + np.random.default_rng(0).normal(size=(100, 2))
print(kernels.level, sorted(np.bincount(mixtura.GaussianMixture(2, random_state=0).fit_predict(X))))
"""


TYPED_PROGRAM = """
import mixtura
model = mixtura.GaussianMixture(2)
reveal_type(model.fit([[0.0], [1.0], [2.0]]))
reveal_type(mixtura.__version__)
"""


def build(folder, *options):
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder), *options, str(ROOT)], check=True, capture_output=True
    )


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The source distribution, and the wheel that `python -m build` makes from it, not from this folder.

    Of the levels of kernels only the first is compiled, which takes minutes less.
    """
    folder = tmp_path_factory.mktemp("dist")
    build(folder, "-C", "cmake.define.MIXTURA_LEVELS=v2")
    return folder


@pytest.fixture(scope="module")
def python(distributions, tmp_path_factory):
    """The Python of an environment that holds the wheel, and what it needs, alone."""
    (wheel,) = distributions.glob("*.whl")
    folder = tmp_path_factory.mktemp("env")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", str(wheel)], check=True, capture_output=True)
    return python


@pytest.mark.exhaustive
def test_the_wheel_made_from_the_sdist_works_in_a_clean_environment(python, tmp_path):
    result = subprocess.run([python, "-c", PROGRAM], check=True, capture_output=True, text=True, cwd=tmp_path)
    level, _, sizes = result.stdout.strip().partition(" ")
    assert level in {"v2", "v3", "v4", "plain"}
    assert "50" in sizes


@pytest.mark.exhaustive
def test_a_type_checker_reads_the_types_of_the_wheel(python, tmp_path):
    (tmp_path / "program.py").write_text(TYPED_PROGRAM)
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", python, "program.py"]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert ended.stdout.splitlines() == [
        'program.py:4: note: Revealed type is "mixtura.mixtures.em.gaussian.GaussianMixture"',
        'program.py:5: note: Revealed type is "str"',
        "Success: no issues found in 1 source file",
    ]


@pytest.mark.exhaustive
def test_wheel_holds_the_package_and_kernels_alone(distributions):
    (wheel,) = distributions.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert all(name.startswith(("mixtura/", "mixtura-")) for name in names)
    kernels = [name for name in names if name.startswith("mixtura/kernels/_") and name.endswith(".so")]
    assert len({name.partition(".")[2] for name in kernels}) == 1  # none left over from a build for another Python
    assert "mixtura/py.typed" in names
    assert wheel.name.startswith(f"mixtura-{mixtura.__version__}-")


@pytest.mark.exhaustive
def test_sdist_holds_the_package_and_leaves_out_what_a_build_does_not_need(tmp_path):
    build(tmp_path, "--sdist")
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames() if "/" in name}
    tops = {name.partition("/")[0] for name in names}
    assert {"native", "src", "CMakeLists.txt", "pyproject.toml", "README.md", "LICENSE"} <= tops
    assert not tops & {"benchmarks", ".ci", "build", "dist"}
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "src").rglob("*.py*") if path.suffix != ".pyc"}
    assert package <= names
