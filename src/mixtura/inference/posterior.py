"""The posterior that inference found: weighted draws, their figures, and whether to trust them. It needs no JAX."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..distributions.mixture import Mixture
from ..distributions.shapes import SHAPES
from ..errors import MissingDependencyError
from ..rows.results import as_frame
from ..typing import Floats, Integers

_COUNTS = ("n_gradients", "n_evaluations")
_SCALARS = ("log_evidence", "log_evidence_error", "elbo", "k_hat", "ess", *_COUNTS)


@dataclass(frozen=True, eq=False)
class Figures:
    """Means and standard deviations of the numbers that the parameters hold, with Monte Carlo errors.

    Parameters
    ----------
    means, sds : ndarray of shape (n_numbers,)
        Under the weighted draws.
    mean_errors, sd_errors : ndarray of shape (n_numbers,)
        Standard errors of the two, in units of the numbers.
    """

    means: Floats
    sds: Floats
    mean_errors: Floats
    sd_errors: Floats

    @property
    def relative_errors(self) -> tuple[Floats, Floats]:
        """The errors in standard deviations; zero for a number that does not vary."""
        scale = np.where(self.sds > 0, self.sds, 1.0)
        return self.mean_errors / scale, self.sd_errors / scale


def figures(values: Floats, log_weights: Floats) -> Figures:
    """Return the figures of weighted draws, shape (n_draws, n_numbers), by the delta method (Owen 2013, chapter 9)."""
    weights = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    means = weights @ values
    squares = (values - means) ** 2
    variances = weights @ squares
    sds = np.sqrt(variances)
    mean_errors = np.sqrt(weights**2 @ squares)
    with np.errstate(divide="ignore", invalid="ignore"):
        sd_errors = np.sqrt(weights**2 @ (squares - variances) ** 2) / (2 * sds)
    sd_errors[np.ptp(values, axis=0) == 0] = 0.0  # such as the zeros of a triangular matrix
    return Figures(means, sds, mean_errors, sd_errors)


@dataclass(frozen=True, eq=False)
class Posterior:
    """The distribution of the parameters given the data, as weighted draws.

    Parameters
    ----------
    shapes : dict of str to tuple of int
        Shape of the values of each parameter.
    names : tuple of str
        One name for each number that the parameters hold.
    values : ndarray of shape (n_draws, n_numbers)
        The draws.
    log_weights : ndarray of shape (n_draws,)
        Logarithms of their weights.
    figures : Figures
        Means, standard deviations and errors.
    k_hats : ndarray of shape (n_numbers,)
        Shape of the tail of weighted draws of each number.
    mixture : Mixture
        q, over unconstrained coordinates.
    log_evidence : float
        Logarithm of the integral of the density.
    log_evidence_error : float
        Its standard error.
    elbo : float
        Evidence lower bound of q.
    elbo_trace : ndarray of shape (n_steps,)
        The bound on the way.
    k_hat : float
        Shape of the tail of the importance weights.
    ess : float
        How many independent draws of the posterior the weighted ones are worth.
    n_gradients, n_evaluations : int
        How often the gradient, and the log density alone, were asked for.
    reasons : tuple of str
        Why not to trust the answer; empty when it converged.
    """

    shapes: dict[str, tuple[int, ...]]
    names: tuple[str, ...]
    values: Floats
    log_weights: Floats
    figures: Figures
    k_hats: Floats
    mixture: Mixture
    log_evidence: float
    log_evidence_error: float
    elbo: float
    elbo_trace: Floats
    k_hat: float
    ess: float
    n_gradients: int
    n_evaluations: int
    reasons: tuple[str, ...]

    def __post_init__(self) -> None:
        n_numbers = sum(int(np.prod(shape)) for shape in self.shapes.values())
        n_draws = len(self.log_weights)
        figures = (self.figures.means, self.figures.sds, self.figures.mean_errors, self.figures.sd_errors, self.k_hats)
        if (
            n_draws == 0
            or self.values.shape != (n_draws, n_numbers)
            or len(self.names) != n_numbers
            or any(part.shape != (n_numbers,) for part in figures)
        ):
            raise ValueError(
                f"a posterior has figures for each of {n_numbers} numbers and a weight for each draw, not values of "
                f"shape {self.values.shape} and {n_draws} weights"
            )

    @property
    def converged(self) -> bool:
        """Whether every check passed."""
        return not self.reasons

    def sample(self, n_draws: int, seed: int) -> dict[str, Floats]:
        """Return draws in proportion to their weights, an array of shape (n_draws, ...) for each parameter."""
        return self.shaped(self.sample_rows(n_draws, seed))

    def sample_rows(self, n_draws: int, seed: int) -> Floats:
        """Return draws in proportion to their weights, shape (n_draws, n_numbers)."""
        return self.values[resampled(self.log_weights, n_draws, seed)]

    def plot(self, ax: Any = None, *, names: Sequence[str] | None = None) -> Any:
        """Draw marginals, pairs and the trace of the bound, and return the display.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, optional
            Where to draw. Default: a new figure.
        names : sequence of str, optional
            Which numbers. Default: the first five.

        Raises
        ------
        MissingDependencyError
            Matplotlib is not installed.
        """
        from ..display.pictures.posterior import PosteriorDisplay  # noqa: PLC0415  # display imports this module

        return PosteriorDisplay(self, names).plot(ax)

    def to_arviz(self, n_draws: int, seed: int) -> Any:
        """Return draws as ArviZ's InferenceData, of one chain.

        Raises
        ------
        MissingDependencyError
            ArviZ is not installed.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # ArviZ says that it will change
                import arviz  # noqa: PLC0415  # optional, and slow to import
        except ImportError as error:
            raise MissingDependencyError(f"to_arviz needs ArviZ ({error}): pip install arviz") from error
        return arviz.from_dict(posterior={name: draws[None] for name, draws in self.sample(n_draws, seed).items()})

    def shaped(self, rows: Floats) -> dict[str, Floats]:
        """Return rows of numbers, shape (n_rows, n_numbers), as an array for each parameter."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes.values()])
        parts = np.split(rows, ends[:-1], axis=1)
        return {
            name: part.reshape(len(rows), *shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def summary(self, level: float) -> Any:
        """Return a row for each number: mean, standard deviation, their errors, interval of equal tails, k̂."""
        ends = weighted_quantiles(self.values, self.log_weights, [(1 - level) / 2, 0.5, (1 + level) / 2])
        columns = {
            "mean": self.figures.means,
            "sd": self.figures.sds,
            "lower": ends[0],
            "median": ends[1],
            "upper": ends[2],
            "mean_error": self.figures.mean_errors,
            "sd_error": self.figures.sd_errors,
            "k_hat": self.k_hats,
        }
        return as_frame({"parameter": self.names, **{name: column.tolist() for name, column in columns.items()}})

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a file holds in arrays."""
        held = {"values": self.values, "log_weights": self.log_weights, "k_hats": self.k_hats}
        held |= {"elbo_trace": self.elbo_trace, "scalars": np.array([float(getattr(self, name)) for name in _SCALARS])}
        held |= {field.name: getattr(self.figures, field.name) for field in fields(Figures)}
        mixture = self.mixture
        return held | {"weights": mixture.weights, "locations": mixture.means, "covariances": mixture.covariances}

    def settings(self) -> dict[str, Any]:
        """Return what a file holds beside its arrays."""
        return {
            "shapes": {name: [*shape] for name, shape in self.shapes.items()},
            "order": [*self.shapes],
            "names": [*self.names],
            "reasons": [*self.reasons],
            "covariance": self.mixture.covariance.name,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], settings: Mapping[str, Any]) -> Self:
        """Return the posterior with these arrays and settings, or raise `ValueError` with the fault."""
        try:
            scalars = dict(zip(_SCALARS, arrays["scalars"].tolist(), strict=True))
            shape = SHAPES[settings["covariance"]]
            mixture = Mixture(
                arrays["weights"],
                arrays["locations"],
                shape(arrays["covariances"], *arrays["locations"].shape),
            )
            return cls(
                shapes={str(name): tuple(map(int, settings["shapes"][name])) for name in settings["order"]},
                names=tuple(map(str, settings["names"])),
                values=arrays["values"],
                log_weights=arrays["log_weights"],
                figures=Figures(**{field.name: arrays[field.name] for field in fields(Figures)}),
                k_hats=arrays["k_hats"],
                mixture=mixture,
                elbo_trace=arrays["elbo_trace"],
                reasons=tuple(map(str, settings["reasons"])),
                **{name: int(scalars[name]) if name in _COUNTS else scalars[name] for name in _SCALARS},
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"it does not have the entries of a posterior: {error}") from None


def weighted_quantiles(values: Floats, log_weights: Floats, levels: list[float]) -> Floats:
    """Return quantiles of each column of weighted rows, shape (n_levels, n_columns)."""
    order = np.argsort(values, axis=0)
    weights = np.exp(log_weights - log_weights.max())
    shares = np.cumsum(weights[order], axis=0) / weights.sum()
    sorted_values = np.take_along_axis(values, order, axis=0)
    places = [[min(np.searchsorted(column, level), len(column) - 1) for column in shares.T] for level in levels]
    return np.take_along_axis(sorted_values, np.array(places), axis=0)


def resampled(log_weights: Floats, n_draws: int, seed: int) -> Integers:
    """Return positions of draws in proportion to their weights, in random order (systematic resampling)."""
    rng = np.random.default_rng(seed)
    weights = np.exp(log_weights - log_weights.max())
    ends = np.cumsum(weights)
    places = (np.arange(n_draws) + rng.uniform()) / n_draws * ends[-1]
    return rng.permutation(np.minimum(np.searchsorted(ends, places), len(weights) - 1))
