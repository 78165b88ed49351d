"""What the displays share: panels, legends and names."""

import sys

import pytest

from mixtura import ElboDisplay, LikelihoodDisplay, SelectionDisplay, ThresholdDisplay, WeightsDisplay
from mixtura.display.pictures.drawing import legend, panels, plain
from mixtura.errors import MissingDependencyError

DRAW = {
    "ElboDisplay": lambda: ElboDisplay([1.0, 2.0]).plot(),
    "LikelihoodDisplay": lambda: LikelihoodDisplay.from_density(lambda x, theta: -((x - theta) ** 2), [0, 2], 1.0),
    "SelectionDisplay": lambda: SelectionDisplay([1, 2], {"BIC": [2.0, 1.0]}).plot(),
    "ThresholdDisplay": lambda: ThresholdDisplay.from_predictions([1.0, 2.0], threshold=1.5),
    "WeightsDisplay": lambda: WeightsDisplay([0.5, 0.5]).plot(),
}


@pytest.mark.parametrize("name", DRAW)
def test_without_matplotlib_the_error_says_what_to_install(name, monkeypatch):
    for module in [module for module in sys.modules if module.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=f"{name} needs matplotlib, .* pip install"):
        DRAW[name]()


@pytest.mark.parametrize("name", DRAW)
def test_every_display_has_axes_a_figure_and_draws_again(name, need):
    pyplot = need("matplotlib.pyplot")
    display = DRAW[name]()
    assert display.ax_.figure is display.figure_
    first = display.figure_
    assert display.plot() is display
    assert display.figure_ is not first
    pyplot.close("all")


def test_names_keep_to_one_line():
    assert plain(" a\nb\t$c$ ") == r"a b \$c\$"
    assert plain(3) == "3"


def test_panels_are_laid_out_row_by_row(need):
    pyplot = need("matplotlib.pyplot")
    figure, axes = panels(None, 5, "a test", n_columns=3)
    figure.canvas.draw()
    places = [ax.get_position() for ax in axes]
    assert len({round(place.y0, 6) for place in places}) == 2
    assert [round(place.x0, 6) for place in places[:2]] == [round(place.x0, 6) for place in places[3:]]
    pyplot.close("all")


def test_a_legend_shows_texts_as_they_are(need):
    pyplot = need("matplotlib.pyplot")
    _, ax = pyplot.subplots()
    (line,) = ax.plot([0, 1])
    made = legend(ax, [(line, plain("_$\\frac$"))])
    assert [text.get_text() for text in made.get_texts()] == [r"_\$\frac\$"]
    ax.figure.canvas.draw()
    pyplot.close("all")
