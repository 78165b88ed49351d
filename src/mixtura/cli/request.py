"""What a command that fits a model was asked for, as values instead of text."""

from collections.abc import Sequence
from dataclasses import dataclass

import typer

from . import options


@dataclass(frozen=True)
class Request:
    """What a command that fits a model was asked for.

    Attributes
    ----------
    source : str
        The table.
    columns, drop : list of str or None
        Columns to use, or not to use.
    kind : str
        Kind of model.
    counts : list of int or None
        Numbers of components to try, in increasing order.
    shapes : list of str
        Covariance shapes to try.
    seed : int
        Seed of the random starts.
    out, save, report : str or None
        Where the result, the model and the report go.
    form : str or None
        Format of the result.
    force : bool
        Whether any file may be replaced.
    typed : sequence of str
        What was typed after the program's name.
    merge : bool
        Whether components are merged into clusters.
    n_clusters : int or None
        Into how many; None for as many as the rows tell apart.
    """

    source: str
    columns: list[str] | None
    drop: list[str] | None
    kind: str
    counts: list[int] | None
    shapes: list[str]
    seed: int
    out: str | None
    save: str | None
    report: str | None
    form: str | None
    force: bool
    typed: Sequence[str]
    merge: bool = False
    n_clusters: int | None = None


def request(
    source: str,
    *,
    columns: list[str] | None,
    drop: list[str] | None,
    model: str | None,
    components: str | None,
    shape: str | None,
    seed: int,
    out: str | None,
    save: str | None,
    form: str | None,
    safe_csv: bool,
    force: bool,
    as_json: bool,
    report: str | None = None,
    typed: Sequence[str] = (),
    kinds: tuple[str, ...] = options.KINDS,
    merge: bool = False,
    clusters: int | None = None,
) -> Request:
    """Return the request that options mean.

    Raises
    ------
    typer.BadParameter
        An option does not mean anything.
    """
    options.check_seed(seed)
    form = options.format_from(form, out, safe_csv=safe_csv, as_json=as_json)
    if columns and drop:
        raise typer.BadParameter("--columns and --drop exclude each other: name the columns to use, or those not to")
    kind = options.kind_from(model, components=components, shape=shape, kinds=kinds)
    counts = options.counts_from(components)
    if kind == "bayesian":
        options.check_bayesian(counts, shape)
    if clusters is not None and clusters < 1:
        raise typer.BadParameter(f"--clusters is {clusters}: write a number from 1 to that of the components")
    return Request(
        source=source,
        columns=options.names_from(columns),
        drop=options.names_from(drop),
        kind=kind,
        counts=counts,
        shapes=options.shapes_from(shape),
        seed=seed,
        out=out,
        save=save,
        report=report,
        form=form,
        force=force,
        typed=typed,
        merge=merge or clusters is not None,
        n_clusters=clusters,
    )
