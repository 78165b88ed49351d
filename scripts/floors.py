"""Print the oldest version of each library that pyproject.toml allows, as pip reads it."""

import re
import tomllib
from pathlib import Path


def floors(project):
    """Yield ``name==version`` for each library that the package needs or can use, once."""
    optional = project["optional-dependencies"]
    extras = [requirement for extra in ("cli", "dask", "jax", "all") for requirement in optional[extra]]
    for requirement in dict.fromkeys([*project["dependencies"], *extras]):
        if requirement.startswith(f"{project['name']}["):
            continue  # one of the lists before
        name, floor = re.fullmatch(r"([\w.\[\],-]+)>=([\w.]+)", requirement).groups()
        yield f"{name}=={floor}"


if __name__ == "__main__":
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    print(*floors(tomllib.loads(text)["project"]), sep="\n")
