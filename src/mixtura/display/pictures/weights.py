"""`WeightsDisplay`: the weights of a mixture, and which components it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr
from sklearn.utils.validation import check_is_fitted

from ..palette import QUIET, group_color
from .drawing import legend, panels, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

# More bars than these have no room for the weight above each, and for the component below each.
_MOST_WEIGHTS = 12
_MOST_NUMBERS = 15


class WeightsDisplay:
    """Weights of the components of a mixture, the largest first, with those that are switched off.

    It is recommended to use `from_estimator` to create one.

    Parameters
    ----------
    weights : array-like of shape (n_components,)
        The weights, at least 0, with sum 1.
    n_effective_components : int, optional
        How many components the mixture uses; the others are shown as switched off. Default: those of positive weight.
    name : str, optional
        What stands above the bars. Default: nothing.

    Attributes
    ----------
    perplexity : float
        How many components of equal weight would be as spread: e to the power of the entropy of the weights.
    order : ndarray of shape (n_components,)
        The components, that of largest weight first.
    bars_ : matplotlib BarContainer
        One bar a component, in that order, in the colours that `DensityDisplay` gives the components.
    off_ : matplotlib Line2D or None
        Crosses in place of components that are switched off; None where there are none.
    equal_ : matplotlib Line2D
        The weight that each would have if all had the same.
    ax_ : matplotlib Axes
        Axes with the bars.
    figure_ : matplotlib Figure
        Figure with the axes.

    See Also
    --------
    mixtura.BayesianGaussianMixture : Switches off the components that it does not need.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura import BayesianGaussianMixture, WeightsDisplay
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (200, 2)), rng.normal(8, 1, (100, 2))])
    >>> bgm = BayesianGaussianMixture(n_components=6, random_state=0, max_iter=500).fit(X)
    >>> display = WeightsDisplay.from_estimator(bgm)
    >>> [f"{bar.get_height():.2f}" for bar in display.bars_]
    ['0.67', '0.33', '0.00', '0.00', '0.00', '0.00']
    """

    bars_: BarContainer
    off_: Line2D | None
    equal_: Line2D
    ax_: Axes
    figure_: Figure

    def __init__(
        self, weights: ArrayLike, *, n_effective_components: int | None = None, name: str | None = None
    ) -> None:
        values = np.asarray(weights, dtype=np.float64)
        if values.ndim != 1 or not len(values):
            raise ValueError(f"weights must be one for each component, and their shape is {values.shape}")
        # Weights of single precision add up to one but for the rounding of each.
        if not ((values >= 0) & (values <= 1)).all() or abs(values.sum() - 1) > 1e-6 * len(values):
            raise ValueError(f"weights must be between 0 and 1 with sum 1, and their sum is {values.sum():.6g}")
        positive = int((values > 0).sum())
        n_effective = positive if n_effective_components is None else int(n_effective_components)
        if not 1 <= n_effective <= len(values):
            raise ValueError(f"there are {len(values)} components, and {n_effective} of them cannot be in use")
        self.weights = values
        self.n_effective_components = n_effective
        self.name = name
        self.order = np.argsort(-values, kind="stable")

    @property
    def perplexity(self) -> float:
        """How many components of equal weight would be as spread: e to the power of the entropy of the weights."""
        return float(np.exp(entr(self.weights).sum()))

    @classmethod
    def from_estimator(cls, estimator: Any, *, name: str | None = None, ax: Axes | None = None) -> Self:
        """Draw the weights of a fitted mixture.

        Parameters
        ----------
        estimator : BayesianGaussianMixture, GaussianMixture or MixtureSearch
            A fitted estimator with `weights_`, scikit-learn's too; of a search the best candidate. What a
            `BayesianGaussianMixture` says in `n_effective_components_` is taken as said.
        name : str, optional
            What stands above the bars. Default: nothing.
        ax : matplotlib Axes, optional
            Axes to draw into. Default: axes of a new figure.

        Returns
        -------
        WeightsDisplay

        Raises
        ------
        NotFittedError
            The estimator is not fitted.
        ValueError
            The estimator has no weights.
        """
        check_is_fitted(estimator)
        fitted = getattr(estimator, "best_estimator_", estimator)
        if not hasattr(fitted, "weights_"):
            raise ValueError(f"{type(fitted).__name__} has no weights_: give a fitted mixture")
        # Beside noise, which is no component, the weights of the components are less than one together.
        shares = np.asarray(fitted.weights_, dtype=np.float64)
        effective = getattr(fitted, "n_effective_components_", None)
        return cls(shares / shares.sum(), n_effective_components=effective, name=name).plot(ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Axes to draw into. Default: axes of a new figure.

        Returns
        -------
        self
        """
        self.figure_, (self.ax_,) = panels(ax, 1, "WeightsDisplay")
        n = len(self.weights)
        heights, places = self.weights[self.order], np.arange(n)
        in_use = places < self.n_effective_components
        colors = [
            group_color(int(component)) if used else QUIET for component, used in zip(self.order, in_use, strict=True)
        ]
        self.bars_ = self.ax_.bar(places, heights, width=0.75, color=colors)
        if n <= _MOST_WEIGHTS:
            texts = [f"{height:.2g}" if used else "" for height, used in zip(heights, in_use, strict=True)]
            self.ax_.bar_label(self.bars_, texts, fontsize="small", padding=2)
        self.equal_ = self.ax_.axhline(1 / n, color=QUIET, lw=1, ls="--", zorder=0)
        entries: list[tuple[Any, str]] = [(self.equal_, f"equal weights, {1 / n:.3g}")]
        self.off_ = None
        if not in_use.all():
            (self.off_,) = self.ax_.plot(
                places[~in_use],
                heights[~in_use],
                "x",
                color=QUIET,
                ms=5 if n <= _MOST_NUMBERS else 2.5,
                clip_on=False,
                zorder=3,
            )
            entries.append((self.off_, "switched off"))
        in_all = f"{self.n_effective_components} of {n} component{'s' * (n > 1)} in use"
        title = f"{in_all},\nas spread as {self.perplexity:.3g} equal ones"
        legend(self.ax_, entries, title=title, loc="upper right", title_fontproperties={"size": "small"})
        self._say()
        return self

    def _say(self) -> None:
        n = len(self.weights)
        step = -(-n // _MOST_NUMBERS)
        self.ax_.set_xticks(np.arange(0, n, step), [str(component) for component in self.order[::step]])
        self.ax_.set_xlabel("component, the largest first")
        self.ax_.set_ylabel("weight")
        # Room for the number on the largest bar; and for the legend, which stands above the smaller half.
        heights = self.weights[self.order]
        self.ax_.margins(x=0.02, y=0.15 if heights[n // 2] < heights[0] / 2 else 0.55)
        if self.name is not None:
            self.ax_.set_title(plain(self.name), fontsize="medium", loc="left")
