"""`mixtura detect`: the rows of a table that do not belong."""

from typing import Annotated

import typer

from ..errors import RequestError
from ..tables.request import request
from ..tables.rules import rule
from . import options
from .options import THRESHOLD

EXAMPLES = """\
**Examples**

- `mixtura detect sales.csv --rate 0.04`
- `mixtura detect 'part-*.parquet' --drop id,year --out flagged.csv`
- `mixtura detect sales.csv --model mixture --components 1-20 --save sales.model`
- `mixtura detect claims.parquet --labels fraud --precision 0.9 --report claims.html`
- `mixtura detect today.csv --reference clean.parquet --fdr 0.05`
- `mixtura detect "select * from 'x.csv' where year > 2020" --tail 1e-4 --json`
- `zcat sales.csv.gz | mixtura detect - --quiet --out - | head`
"""


def detect(
    context: typer.Context,
    source: options.Source,
    *,
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            metavar="SHARE",
            help="Flag this share of the rows; with --reference, scores that only this share of clean rows would "
            "reach.",
            rich_help_panel=THRESHOLD,
            show_default=False,
        ),
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="COLUMN",
            help="Column that says which rows are known to be anomalies (1 or true), to belong (0 or false), or "
            "neither (nothing). The model does not see it; it is for choosing the threshold, by --precision, --recall "
            "or --f-beta. Default of these: --f-beta 1.",
            rich_help_panel=THRESHOLD,
            show_default=False,
        ),
    ] = None,
    precision: Annotated[
        float | None,
        typer.Option(
            "--precision",
            metavar="TARGET",
            help="Find as many of the labelled anomalies as a precision of at least this allows.",
            rich_help_panel=THRESHOLD,
            show_default=False,
        ),
    ] = None,
    recall: Annotated[
        float | None,
        typer.Option(
            "--recall",
            metavar="TARGET",
            help="Flag as few rows as a recall of at least this on the labelled rows needs.",
            rich_help_panel=THRESHOLD,
            show_default=False,
        ),
    ] = None,
    f_beta: Annotated[
        float | None,
        typer.Option(
            "--f-beta",
            metavar="BETA",
            help="Make this F-score on the labelled rows as high as can be; recall counts BETA times as much as "
            "precision.",
            rich_help_panel=THRESHOLD,
            show_default=False,
        ),
    ] = None,
    tail: Annotated[
        float | None,
        typer.Option(
            "--tail",
            metavar="SHARE",
            help="Flag scores that only this share of the rows that belong would reach, such as 1e-4: the tail of the "
            "scores is extrapolated beyond the rows there are.",
            rich_help_panel=THRESHOLD,
            show_default=False,
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            "--reference",
            metavar="SOURCE",
            help="A clean table, written as SOURCE is. The model is trained on one half of its rows, and scores are "
            "compared with those of the other half.",
            rich_help_panel=THRESHOLD,
            show_default=False,
        ),
    ] = None,
    fdr: Annotated[
        float | None,
        typer.Option(
            "--fdr",
            metavar="SHARE",
            help="Flag as many rows as can be so that, on average, at most this share of them belongs (a false "
            "discovery rate, by Benjamini and Hochberg). Default: 0.1, unless another option chooses the threshold.",
            rich_help_panel=THRESHOLD,
            show_default=False,
        ),
    ] = None,
    columns: options.Columns = None,
    drop: options.Drop = None,
    model: options.Kind = None,
    components: options.Components = None,
    shape: options.Shape = None,
    seed: options.Seed = 0,
    out: options.Out = None,
    save: options.Save = None,
    report: options.Report = None,
    form: options.Format = None,
    safe_csv: options.SafeCsv = False,
    force: options.Force = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Find the rows of a table that do not belong, and say why.

    Scores every row by a model of the columns of numbers, and flags those above a threshold. Without options the model
    needs no choice, and the table says how many rows are flagged: those that are too rare for chance, none in a clean
    table. Missing values are taken by the models auto, mixture, bayesian and forest. Without a --reference the model
    mixture leaves out of its fit what lies far from every group.

    Writes the table with more columns: anomaly_score (higher is more anomalous), severity (from 0 to 100: the share of
    rows like these, in percent, that the row is rarer than), is_anomaly, and reason (for flagged rows: the column that
    makes it an anomaly, the value seen and the value expected); before the reason also p_value
    where there is a --reference, and component (the group, numbered from 0, the largest first) where the model is a
    mixture.
    """
    form = options.format_from(form, out, safe_csv=safe_csv, as_json=as_json)
    asked = request(
        source,
        columns=options.names_from(columns),
        drop=options.names_from(drop),
        model=model,
        components=components,
        shape=shape,
        seed=seed,
        spell=options.spell,
    )
    if source == reference == "-":
        raise RequestError("SOURCE and --reference cannot both be -: standard input is one table")
    threshold = rule(
        rate=rate,
        labels=labels,
        precision=precision,
        recall=recall,
        f_beta=f_beta,
        tail=tail,
        fdr=fdr,
        reference=reference,
        spell=options.spell,
    )
    from ..commands.detect import detect_by  # noqa: PLC0415  # what is slow to import waits until --help is answered
    from .default_out import table_out  # noqa: PLC0415
    from .reporting import report as say  # noqa: PLC0415
    from .reporting import typed  # noqa: PLC0415
    from .running import output, running  # noqa: PLC0415

    files = output(table_out(out, source, "scored", form), save, report, form, force=force)
    with running(quiet=quiet) as run:
        found = detect_by(asked, threshold, files, run, typed(context.obj, seed))
    say(found.summary, as_json_text=as_json, quiet=quiet)
