"""The command line: `mixtura detect`, `mixtura score`, `mixtura report`, `mixtura groups`, `mixtura compare`.

Nothing heavy is imported before a command runs, so that ``mixtura --help`` answers at once.
"""

import importlib.util
import sys
from collections.abc import Sequence

from .stopping import Stopped, stopping

_LIBRARIES = ("typer", "rich", "duckdb", "pyarrow")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the program's name. Default: those of this process.

    Returns
    -------
    int
        0 done, 1 a fault of ours, 2 bad usage or bad input, 3 findings of `check --fail`, or more rows flagged
        than `--fail-above` allows, 128 and the number of the signal that stopped the run: 130 for Ctrl-C.
    """
    with stopping.heeded():
        return _main(sys.argv[1:] if arguments is None else list(arguments))


def program() -> None:
    """Be the program `mixtura`: run the command line and end the process with its exit code."""
    with stopping.heeded(for_good=True):
        sys.exit(_main(sys.argv[1:]))


def _main(arguments: Sequence[str]) -> int:
    try:
        missing = [library for library in _LIBRARIES if importlib.util.find_spec(library) is None]
        if missing:
            sys.stderr.write(
                f"mixtura: the command line needs {', '.join(missing)}, not installed here: "
                "pip install 'mixtura[cli]'\n"
            )
            return 2
        from .app import run  # the libraries it needs were missing a moment ago, perhaps

        code = run(arguments)
    except (Stopped, ImportError):
        if stopping.number is None:
            raise
        code = 130
    if stopping.number is None:
        return code
    sys.stderr.write(f"mixtura: {stopping.sentence}\n")
    return 128 + stopping.number
