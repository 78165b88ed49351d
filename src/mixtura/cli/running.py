"""How the command line runs work: with a bar, with options in its sentences, and with signals heeded."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..commands.places import Output
from ..tables.asking.run import Run
from .options import spell
from .progress import Bar
from .standard_output import StandardOutput
from .stopping import stopping


@contextmanager
def running(*, quiet: bool) -> Iterator[Run]:
    """Give a run that a bar tells of, unless it is to be quiet."""
    with Bar(visible=not quiet) as bar:
        yield Run(bar.on_progress, spell)


def output(
    out: str | None = None,
    save: str | None = None,
    report: str | None = None,
    form: str | None = None,
    *,
    repaired: str | None = None,
    good: str | None = None,
    bad: str | None = None,
    only_flagged: bool = False,
    fail_above: float | None = None,
    force: bool = False,
) -> Output:
    """Return what is to be written, perhaps to standard output, and all of it unless a signal came before."""
    return Output(
        out,
        save,
        report,
        form,
        force,
        spell,
        lambda alone: StandardOutput(alone=alone),
        stopping.last_step,
        repaired,
        good,
        bad,
        only_flagged,
        fail_above,
    )
