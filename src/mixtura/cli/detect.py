"""`mixtura detect`: the rows of a table that do not fit."""

from typing import Annotated

import typer

from ..errors import RequestError
from ..tables.kinds.request import request
from ..tables.rules import rule
from ..tables.rules.asked import on_labels
from . import flag_options, options
from .options import THRESHOLD
from .rule_options import with_rule_options

EXAMPLES = """\
**Examples**

- `mixtura detect sales.csv`
- `mixtura detect sales.csv --rate 4% --report sales.html`
- `mixtura detect 'part-*.parquet' --drop id,year --out flagged.csv`
- `mixtura detect sales.csv --model mixture --components 1-20 --save sales.model`
- `mixtura detect claims.parquet --labels fraud --precision 0.9 --report claims.html`
- `mixtura detect today.csv --reference clean.parquet --fdr 0.05`
- `mixtura detect sales.xlsx --only-flagged --fail-above 1%`
- `mixtura detect "select * from 'x.csv' where year > 2020" --tail 1e-4 --json`
- `zcat sales.csv.gz | mixtura detect - --quiet --out - | head`
"""


@with_rule_options
def detect(
    context: typer.Context,
    source: options.Source,
    *,
    targets: dict[str, float | None],
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="COLUMN|CSV",
            help="Column of labels: 1 or true for anomalies, 0 or false for normal rows, empty where unknown. The "
            f"model does not see the labels; they set the threshold, by {on_labels(options.spell)} (default: --f-beta "
            "1). Or the CSV file of the rows that you marked in a report of this table: rows like those marked fine "
            "are not flagged.",
            rich_help_panel=THRESHOLD,
            show_default=False,
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            "--reference",
            metavar="SOURCE",
            help="A clean table with the same columns, given like SOURCE. One half of its rows trains the model; "
            "scores are compared with those of the other half.",
            rich_help_panel=THRESHOLD,
            show_default=False,
        ),
    ] = None,
    columns: options.Columns = None,
    drop: options.Drop = None,
    kinds: options.As = None,
    missing: options.Missing = None,
    header: options.Header = None,
    ragged: options.Ragged = False,
    file_column: options.FileColumn = None,
    by: options.By = None,
    model: options.ModelKind = None,
    components: options.Components = None,
    shape: options.Shape = None,
    factors: options.Factors = None,
    seed: options.Seed = 0,
    out: options.Out = None,
    save: options.Save = None,
    report: options.Report = None,
    repaired: options.Repaired = None,
    only_flagged: flag_options.OnlyFlagged = False,
    good: flag_options.Good = None,
    bad: flag_options.Bad = None,
    fail_above: flag_options.FailAbove = None,
    form: options.Format = None,
    safe_csv: options.SafeCsv = False,
    force: options.Force = False,
    as_json: options.AsJson = False,
    html: options.Html = None,
    quiet: options.Quiet = False,
) -> None:
    """Find the rows of a table that do not fit, with a reason for each.

    A model scores every row, and flags the rows above a threshold. The default has nothing to set: it flags rows that
    are too rare to be due to chance, and none in a clean table. --model mixture leaves rows far from every group out of
    its fit, unless there is a --reference.

    The result is the table with new columns: anomaly_score (higher is more anomalous), severity (the percentage of rows
    like these that score lower), is_anomaly and, for flagged rows, flagged_columns (the columns with wrong values),
    expected (the values expected there) and reason (a sentence). A --reference adds p_value. A mixture adds component
    (the group, numbered from 0, the largest first).
    """
    form = options.format_from(form, out, safe_csv=safe_csv, as_json=as_json)
    most = flag_options.share_from(fail_above)
    asked = request(
        source,
        columns=options.names_from(columns),
        drop=options.names_from(drop),
        model=model,
        components=components,
        shape=shape,
        factors=factors,
        seed=seed,
        reading=options.reading_from(kinds, missing, header=header, ragged=ragged, file_column=file_column),
        by=options.names_from(by),
        spell=options.spell,
    )
    if source == reference == "-":
        raise RequestError("SOURCE and --reference cannot both be -: standard input is one table")
    threshold = rule(
        labels=labels,
        reference=reference,
        spell=options.spell,
        **targets,
    )
    from ..commands.detect import detect_by  # what is slow to import waits until --help is answered
    from .default_out import table_out
    from .reporting import fail_above_share, page_of, typed
    from .reporting import report as say
    from .running import output, running

    called = "flagged" if only_flagged else "scored"
    files = output(
        table_out(out, source, called, form),
        save,
        report,
        form,
        repaired=repaired,
        good=good,
        bad=bad,
        only_flagged=only_flagged,
        fail_above=most,
        force=force,
    )
    page = page_of(html, context)
    with running(quiet=quiet) as run:
        found = detect_by(asked, threshold, files, run, typed(context.obj, seed))
    say(found.summary, page, as_json_text=as_json, quiet=quiet)
    fail_above_share(found.summary, most)
