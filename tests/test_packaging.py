"""The wheel made from the source distribution installs into a clean environment and works there."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PROGRAM = """
import numpy as np, mixtura
from mixtura import kernels
X = np.concatenate([np.zeros((50, 2)), np.ones((50, 2)) * 9]) + np.random.default_rng(0).normal(size=(100, 2))
print(kernels.level, sorted(np.bincount(mixtura.GaussianMixture(2, random_state=0).fit_predict(X))))
"""


def build(folder, *options):
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder), *options, str(ROOT)], check=True, capture_output=True
    )


@pytest.mark.exhaustive
def test_the_wheel_made_from_the_sdist_works_in_a_clean_environment(tmp_path):
    """It takes minutes: every kernel is compiled."""
    build(tmp_path)  # the source distribution, and the wheel from it, not from this folder
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert all(name.startswith(("mixtura/", "mixtura-")) for name in names)
    assert any(name.startswith("mixtura/kernels/_") and name.endswith(".so") for name in names)
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", str(wheel)], check=True, capture_output=True)
    result = subprocess.run([python, "-c", PROGRAM], check=True, capture_output=True, text=True, cwd=tmp_path)
    level, _, sizes = result.stdout.strip().partition(" ")
    assert level in {"v2", "v3", "v4", "plain"}
    assert "50" in sizes


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
