"""The public names of a package, from its stub: imported when they are first used, and written once.

The stub ``__init__.pyi`` has one line for a name, ``from .home import name as name``. A type checker takes it for the
package itself; here the same line says where to import the name from.
"""

import ast
import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import Any


def homes(package: str) -> dict[str, str]:
    """Return the module of each name that the stub of a package imports, relative to the package."""
    stub = pkgutil.get_data(package, "__init__.pyi")
    assert stub is not None  # every importer of packages on disk or in archives reads data
    imports = [line for line in ast.parse(stub).body if isinstance(line, ast.ImportFrom)]
    return {name.name: f".{line.module}" for line in imports for name in line.names}


def attach(package: str, namespace: dict[str, Any]) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """Return ``__getattr__``, ``__dir__`` and ``__all__`` of a package, which give the names of its stub."""
    home = homes(package)

    def import_name(name: str) -> Any:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        namespace[name] = getattr(import_module(home[name], package), name)
        return namespace[name]

    return import_name, lambda: sorted({*namespace, *home}), sorted(home)
