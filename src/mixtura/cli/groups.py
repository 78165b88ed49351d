"""`mixtura groups`: the groups of a table."""

import typer

from ..tables.kinds import MIXTURES
from ..tables.kinds.request import request
from . import options

EXAMPLES = """\
**Examples**

- `mixtura groups customers.parquet`
- `mixtura groups customers.parquet --merge`
- `mixtura groups customers.parquet --report groups.html`
- `mixtura groups customers.parquet --components 4 --columns age,income --out grouped.csv`
"""


def groups(
    context: typer.Context,
    source: options.Source,
    *,
    columns: options.Columns = None,
    drop: options.Drop = None,
    kinds: options.As = None,
    missing: options.Missing = None,
    header: options.Header = None,
    ragged: options.Ragged = False,
    file_column: options.FileColumn = None,
    model: options.MixtureKind = "mixture",
    components: options.Components = None,
    shape: options.Shape = None,
    factors: options.Factors = None,
    merge: options.Merge = False,
    clusters: options.Clusters = None,
    seed: options.Seed = 0,
    out: options.GroupsOut = None,
    save: options.Save = None,
    report: options.GroupsReport = None,
    form: options.Format = None,
    safe_csv: options.SafeCsv = False,
    force: options.Force = False,
    as_json: options.AsJson = False,
    html: options.Html = None,
    quiet: options.Quiet = False,
) -> None:
    """Find the groups of a table, by its numbers, flags and categories.

    Each group is told by the means of numbers and the shares of levels that differ most from those of all rows. A
    category of more than 30 levels is left out, unless --columns names it. Numbers that are codes of groups become
    levels by --as, as in --as region=category.

    The model is that of `mixtura detect --model mixture`, without a threshold: every row gets a group. The fit leaves
    out rows that lie far from every group, and a note counts them.

    The result is the table with two new columns: component (the group, numbered from 0, the largest first) and
    probability (that the row belongs to this component, from 0 to 1). --merge adds cluster (numbered from 0, the
    largest first); the probability is then that of the cluster.
    """
    form = options.format_from(form, out, safe_csv=safe_csv, as_json=as_json)
    asked = request(
        source,
        columns=options.names_from(columns),
        drop=options.names_from(drop),
        model=model,
        components=components,
        shape=shape,
        factors=factors,
        seed=seed,
        kinds=MIXTURES,
        merge=merge,
        clusters=clusters,
        reading=options.reading_from(kinds, missing, header=header, ragged=ragged, file_column=file_column),
        spell=options.spell,
    )
    from ..commands.groups import groups_by  # what is slow to import waits until --help is answered
    from .default_out import table_out
    from .reporting import page_of, typed
    from .reporting import report as say
    from .running import output, running

    files = output(table_out(out, source, "grouped", form), save, report, form, force=force)
    page = page_of(html, context)
    with running(quiet=quiet) as run:
        found = groups_by(asked, files, run, typed(context.obj, seed))
    say(found.summary, page, as_json_text=as_json, quiet=quiet)
