"""Whether iterates of a noisy ascent have stopped moving, and how well their mean is known."""

import numpy as np

from ...typing import Floats

# Vehtari and others (2021): chains above it have not mixed. RABVI takes iterates for stationary below it.
_STATIONARY = 1.1
# The mean of the iterates is known when no coordinate's error exceeds this, in standard deviations of q and in
# logarithms of them, and an eighth of the shortest window is effective.
_MEAN_ERROR, _EFFECTIVE = 0.02, 8


def rest(iterates: Floats, deviations: Floats, shortest: int, step: int) -> int | None:
    """Return the number of last iterates that are stationary and have a mean that is known well enough, or None.

    Parameters
    ----------
    iterates : ndarray of shape (n_iterates, 2 n_dimensions)
        Mean and logarithms of standard deviations of a normal distribution after each iteration.
    deviations : ndarray of shape (n_dimensions,)
        Its standard deviations.
    shortest, step : int
        Fewest last iterates that are looked at, and what their number is a multiple of.
    """
    window = stationary_window(iterates, shortest, step)
    if window is None:
        return None
    errors, sizes = monte_carlo_error(iterates[-window:])
    errors[: len(deviations)] /= deviations
    return window if errors.max() < _MEAN_ERROR and sizes.min() > shortest / _EFFECTIVE else None


def split_r_hat(iterates: Floats) -> Floats:
    """Return the potential scale reduction of the two halves of each column, shape (n_columns,).

    Gelman and others (2013), "Bayesian Data Analysis", equation 11.4, with two chains. One where a column is constant.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> split_r_hat(np.stack([rng.normal(size=1000), np.arange(1000)], axis=1)).round(1)
    array([1. , 2.6])
    """
    n = len(iterates) // 2
    halves = np.stack([iterates[:n], iterates[-n:]])
    within = halves.var(axis=1, ddof=1).mean(axis=0)
    between = n * halves.mean(axis=1).var(axis=0, ddof=1)
    moving = within > 0
    ratio = np.divide(between, within, out=np.zeros_like(within), where=moving)
    return np.asarray(np.where(moving, np.sqrt((n - 1) / n + ratio / n), np.where(between > 0, np.inf, 1.0)))


def stationary_window(iterates: Floats, shortest: int, step: int) -> int | None:
    """Return the number of last iterates that are stationary, or None while none are.

    Five windows are looked at, from `shortest` to 95 % of the iterates, in multiples of `step`; the one whose largest
    split R-hat is smallest is taken if that is below 1.1 (Welandawe and others 2024, section 4).
    """
    longest = int(0.95 * len(iterates))
    if longest < shortest:
        return None
    windows = {int(window) // step * step for window in np.linspace(shortest, longest, 5)}
    r_hats = {window: float(split_r_hat(iterates[-window:]).max()) for window in sorted(windows)}
    best = min(r_hats, key=lambda window: r_hats[window])
    return best if r_hats[best] < _STATIONARY else None


def monte_carlo_error(iterates: Floats) -> tuple[Floats, Floats]:
    """Return the standard error of the mean of each column, and its effective sample size, by batch means.

    Flegal and Jones (2010), "Batch means and spectral variance estimators in Markov chain Monte Carlo", with √n
    batches. The effective size of a constant column is the number of iterates.
    """
    n = len(iterates)
    n_batches = int(n**0.5)
    length = n // n_batches
    means = iterates[n - n_batches * length :].reshape(n_batches, length, -1).mean(axis=1)
    squared_error = means.var(axis=0, ddof=1) / n_batches
    variance = iterates.var(axis=0, ddof=1)
    size = np.divide(variance, squared_error, out=np.full_like(variance, n), where=squared_error > 0)
    return np.sqrt(squared_error), size
