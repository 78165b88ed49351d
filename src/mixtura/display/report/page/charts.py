"""The charts of a page as Vega-Lite specifications; the page fills in their data, titles and colours.

Fields have short names of their own, never those of the table: a dot, a bracket or a quote in a name would be taken as
a path to a value. Colours are values of the data, for they follow the colour scheme of the reader. A title that reads
"@x" or "@y" stands for the name of the column shown there.
"""

from typing import Any

import altair as alt

# Rows with a higher anomaly score are flagged; the slider moves it. A row knows from which stop of the slider on it is.
_CUT = "cut"
_STOP = "stop"

# Rows above the cut in the bar that it falls into.
_SPLIT = "split"

# Where scores are written along an axis, and what they are: places may be those of a bent axis.
_AXIS = ("ticks", "labels")

# What the page sets besides, before a chart is drawn.
_START: dict[str, Any] = {
    "x_range": [0, 1],
    "y_range": [0, 1],
    "page": "white",
    "dot": 16,
    "stop": -1,
    "ticks": [],
    "labels": [],
}

# Height of a chart in pixels; its width is that of the page.
_HEIGHT = 380
_LOW = 150


def scatter() -> dict[str, Any]:
    """Return the rows over two columns: lines of equal density, unflagged rows as dots, flagged ones as stars."""
    x = alt.X("x:Q", title="@x", scale=_between("x_range"), axis=_sparse())
    y = alt.Y("y:Q", title="@y", scale=_between("y_range"), axis=alt.Axis(tickCount=7))
    color = alt.Color("color:N", scale=None)
    lines = (
        alt.Chart(alt.NamedData("lines"))
        .mark_line(strokeJoin="round", clip=True)
        .encode(x, y, color, alt.Detail("path:N"), alt.Order("step:Q"), alt.StrokeWidth("width:Q", scale=None))
    )
    points = alt.Chart(alt.NamedData("points"))
    dots = (
        points.transform_filter(f"datum.flagging > {_STOP}")
        .mark_point(filled=True, size=alt.ExprRef("dot"), opacity=0.7, clip=True, tooltip=_ROW)
        .encode(x, y, color, alt.Shape("mark:N", scale=None))
    )
    stars = (
        points.transform_filter(f"datum.flagging <= {_STOP}")
        .mark_point(filled=True, shape=_STAR, size=160, strokeWidth=0.8, opacity=1, clip=True, tooltip=_ROW)
        .encode(x, y, alt.Color("star:N", scale=None), alt.Stroke("rim:N", scale=None))
    )
    return _finished([lines, dots, stars], _HEIGHT, _STOP, "x_range", "y_range", "dot")


# The page makes its own text of the row of a mark.
_ROW = alt.TooltipContent("data")

# A star of five points in a square of side two.
_STAR = (
    "M0,-1L0.2245,-0.309L0.9511,-0.309L0.3633,0.118L0.5878,0.809L0,0.382L-0.5878,0.809L-0.3633,0.118"
    "L-0.9511,-0.309L-0.2245,-0.309Z"
)


def histogram() -> dict[str, Any]:
    """Return how many rows have which score: those above the cut in the colour of flagged rows, the cut a line.

    The cut splits the bar that it falls into: so many of its rows are flagged.
    """
    # Few rows are flagged among very many: on a scale of counts nobody would see them.
    scale = alt.Scale(type="symlog", constant=1, nice=False, domain=alt.ExprRef("y_range"))
    rows = alt.Y("rows:Q", title="rows (log scale)", scale=scale, axis=_counts())
    bars = alt.Chart(alt.NamedData("bars"))
    ground = alt.Y2Datum(0)
    below = bars.transform_filter(f"datum.from < {_CUT}").transform_calculate(
        start="datum.from", end=f"min(datum.to, {_CUT})", rows=f"datum.to > {_CUT} ? datum.n - {_SPLIT} : datum.n"
    )
    beyond = bars.transform_filter(f"datum.to > {_CUT}").transform_calculate(
        start=f"max(datum.from, {_CUT})", end="datum.to", rows=f"datum.from < {_CUT} ? {_SPLIT} : datum.n"
    )
    score = alt.X("start:Q", title="anomaly score", scale=_between("x_range"), axis=_scores())
    parts = [
        _areas(part).encode(score, rows, alt.X2("end"), ground, alt.Color(f"{color}:N", scale=None))
        for part, color in ((below, "quiet"), (beyond, "flagged"))
    ]
    return _finished([*parts, _cut()], _HEIGHT - 140, _CUT, _SPLIT, "x_range", "y_range", "page", *_AXIS)


def quality() -> dict[str, Any]:
    """Return precision and recall of the labelled rows over the threshold."""
    lines = (
        alt.Chart(alt.NamedData("curve"))
        .mark_line(interpolate="step-before", strokeWidth=2, clip=True)
        .encode(
            alt.X("score:Q", title="threshold (anomaly score)", scale=_between("x_range"), axis=_scores()),
            alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5)),
            alt.Color("color:N", scale=None),
            alt.StrokeDash("dash:N", scale=None),
            alt.Detail("name:N"),
        )
    )
    return _finished([lines, _cut()], _LOW, _CUT, "x_range", *_AXIS)


def search() -> dict[str, Any]:
    """Return a criterion over the number of components, one line for each covariance shape, the lowest marked."""
    components = alt.X(
        "k:Q", title="components", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(nice=False, padding=14)
    )
    criterion = alt.Y("value:Q", title="@y", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5))
    tried = alt.Chart(alt.NamedData("tried"))
    lines = tried.mark_line(strokeWidth=2, clip=True).encode(
        components, criterion, alt.Color("color:N", scale=None), alt.Detail("shape:N")
    )
    marks = tried.mark_point(filled=True, size=50, opacity=1, tooltip=_ROW).encode(
        components, criterion, alt.Color("color:N", scale=None), alt.Shape("mark:N", scale=None)
    )
    ring = (
        tried.transform_filter("datum.lowest")
        .mark_point(shape="circle", size=260, strokeWidth=2, filled=False, opacity=1)
        .encode(components, criterion, alt.Color("ink:N", scale=None))
    )
    return _finished([lines, marks, ring], _HEIGHT - 120)


def _between(parameter: str) -> alt.Scale:
    return alt.Scale(domain=alt.ExprRef(parameter), nice=False, zero=False)


def _sparse() -> alt.Axis:
    return alt.Axis(tickCount=alt.ExprRef("max(3, width / 90)"))


def _scores() -> alt.Axis:
    return alt.Axis(values=alt.ExprRef("ticks"), labelExpr="labels[indexof(ticks, datum.value)]", labelOverlap="greedy")


def _counts() -> alt.Axis:
    return alt.Axis(values=[0, *(10**k for k in range(12))], labelExpr="format(datum.value, '~s')", labelOverlap=True)


def _areas(chart: alt.Chart) -> alt.Chart:
    areas: alt.Chart = chart.mark_rect(clip=True, stroke=alt.ExprRef("page"), strokeWidth=0.5)
    return areas


def _cut() -> alt.Chart:
    line: alt.Chart = (
        alt.Chart(alt.NamedData("cuts"))
        .transform_calculate(at=_CUT)
        .mark_rule(strokeWidth=2, clip=True)
        .encode(alt.X("at:Q"), alt.Color("ink:N", scale=None))
    )
    return line


def _finished(layers: list[alt.Chart], height: int, *parameters: str) -> dict[str, Any]:
    chart = alt.LayerChart(layer=layers)
    for name in parameters:
        chart = chart.add_params(alt.param(name, value=_START.get(name, 0)))
    fit = alt.AutoSizeParams(type="fit-x", contains="padding")
    spec: dict[str, Any] = chart.properties(width="container", height=height, autosize=fit).to_dict()
    # The address of the schema and the look of Altair are of no use in the page, which has a look of its own.
    del spec["$schema"], spec["config"]
    return spec
