"""Missing values filled in: by what a mixture expects given the values of the row, or by draws from it."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from ..errors import ColumnError
from ..rows import ArrayRows, Block
from ..typing import Floats
from .covariance import Covariance
from .levels import LevelLogs
from .missing import ObservedPasses, patterns_of
from .passes import Components

if TYPE_CHECKING:
    from .mixture import Mixture

Method = Literal["mean", "draw"]


def impute(mixture: "Mixture", X: ArrayLike, *, method: Method = "mean", random_state: Any = None) -> NDArray[Any]:
    """Return rows with their missing values filled in: see `Mixture.impute`."""
    rows = ArrayRows(X, missing="allow")
    if rows.n_columns != mixture.n_features:
        raise ColumnError(f"the rows have {rows.n_columns} columns, and the mixture {mixture.n_features}")
    fill = imputer(mixture.components, rows.dtype, method, random_state)
    return np.concatenate([fill(block) for block in rows.blocks()])


def imputer(components: Components, dtype: "np.dtype[Any] | type", method: Method, random_state: Any) -> "Imputer":
    """Return the pass that fills missing values.

    Raises
    ------
    ValueError
        The method is neither "mean" nor "draw".
    """
    if method not in ("mean", "draw"):
        raise ValueError(f"method must be 'mean' or 'draw', not {method!r}")
    seed = int(check_random_state(random_state).randint(2**31)) if method == "draw" else None
    return Imputer(ObservedPasses(components, dtype), components, seed)


@dataclass(frozen=True, eq=False)
class Pattern:
    """What some numbers of a row say about the others.

    Attributes
    ----------
    components : Components
        What the model knows of all columns.
    mask : ndarray of shape (n_numbers,), bool
        The numbers that are known.
    """

    components: Components
    mask: NDArray[np.bool_]

    @cached_property
    def known(self) -> NDArray[np.int64]:
        """Positions of the known numbers among the numbers."""
        return np.flatnonzero(self.mask)

    @cached_property
    def missing(self) -> NDArray[np.int64]:
        """Positions of the missing numbers among the numbers."""
        return np.flatnonzero(~self.mask)

    @cached_property
    def _regression(self) -> tuple[Floats, Covariance]:
        """Slopes of the missing numbers on the known ones, and covariances that are left."""
        return self.components.covariance.regression(self.missing, self.known)

    def expected(self, component: int, values: Floats) -> Floats:
        """Return the conditional means of the missing numbers under one component, given the known numbers of rows."""
        mean = self.components.means[component]
        centred = values - mean[self.known]
        return np.asarray(mean[self.missing] + centred @ self._regression[0][component].T)

    def draw(self, component: int, values: Floats, random_state: np.random.RandomState) -> Floats:
        """Draw the missing numbers of rows from their conditional distribution under one component.

        That of a Student's t distribution is one with n_known more degrees of freedom, whose scale depends on the
        distance of the known values (Ding 2016, "On the conditional distribution of the multivariate t distribution",
        The American Statistician 70).
        """
        about_zero = self._regression[1].draw(component, len(values), random_state)
        degrees = self.components.degrees_of_freedom
        if degrees is not None:
            claimed = degrees[component] + self._distances(component, values)
            about_zero /= np.sqrt(random_state.chisquare(degrees[component] + len(self.known), len(values)) / claimed)[
                :, None
            ]
        return self.expected(component, values) + about_zero

    def _distances(self, component: int, values: Floats) -> Floats:
        """Return the squared Mahalanobis distances of the known numbers of rows from the mean of a component."""
        dense = self.components.covariance.dense[component][np.ix_(self.known, self.known)]
        centred = values - self.components.means[component, self.known]
        return np.asarray((np.linalg.solve(np.linalg.cholesky(dense), centred.T) ** 2).sum(axis=0))


@dataclass(frozen=True)
class Imputer:
    """Fills the missing values of a block of rows; picklable.

    Attributes
    ----------
    passes : ObservedPasses
        What the model says of incomplete rows.
    components : Components
        What it knows.
    seed : int or None
        Of the draws; None fills with means. The draws of a block depend on the seed and on its place in the table.
    """

    passes: ObservedPasses
    components: Components
    seed: int | None

    def __call__(self, block: Block) -> NDArray[Any]:
        """Return the rows of a block, complete."""
        out = np.array(block.values)
        shares = self._shares(block)
        random_state = None if self.seed is None else _random_state(self.seed, block.first_row)
        numbers = self.components.numbers
        for known, rows in patterns_of(block.values[:, numbers]):
            pattern = Pattern(self.components, known)
            if len(pattern.missing):
                values = block.values[rows][:, numbers[known]].astype(np.float64)
                if random_state is None:
                    filled = self._means(pattern, values, shares[rows])
                else:
                    filled = self._draws(pattern, values, shares[rows], random_state)
                out[np.arange(len(out))[rows][:, None], numbers[~known]] = filled
        if self.components.levels is not None:
            self._fill_levels(out, self.components.levels, shares, random_state)
        return out

    def _fill_levels(
        self, out: NDArray[Any], levels: LevelLogs, shares: Floats, random_state: np.random.RandomState | None
    ) -> None:
        """Fill each missing level with the most probable one, the first of equals, or with a draw."""
        for column, logs in zip(levels.layout.columns, levels.blocks, strict=True):
            rows = np.flatnonzero(np.isnan(out[:, column]))
            tables = np.exp(logs[:, :-1])
            uniform = np.full(tables.shape[1], 1 / tables.shape[1])
            chances = shares[rows] @ np.vstack([tables / tables.sum(axis=1, keepdims=True), uniform])
            if random_state is None:
                out[rows, column] = chances.argmax(axis=1)
            else:
                sums = np.cumsum(chances, axis=1)
                out[rows, column] = (random_state.uniform(size=(len(rows), 1)) * sums[:, -1:] >= sums).sum(axis=1)

    def _shares(self, block: Block) -> Floats:
        """Return the responsibilities of the components and of the noise, shape (n_rows, n_components + 1).

        A row so far away that no component claims it is filled as if nothing of it was known.
        """
        noise = self.components.noise
        shares = self.passes.responsibilities(block).astype(np.float64)
        rest = np.zeros(len(shares)) if noise is None else np.maximum(1 - shares.sum(axis=1), 0)
        shares = np.column_stack([shares, rest])
        total = shares.sum(axis=1, keepdims=True)
        prior = np.append(self.passes.weights, 0.0 if noise is None else noise.weight)
        return np.where(total > 0, shares / np.where(total > 0, total, 1), prior)

    def _means(self, pattern: Pattern, values: Floats, shares: Floats) -> Floats:
        """Return the conditional means of the missing columns: those of the components, weighted by their shares."""
        total = np.zeros((len(values), len(pattern.missing)))
        for component, share in enumerate(shares[:, :-1].T):
            total += share[:, None] * pattern.expected(component, values)
        noise = self.components.noise
        if noise is not None:
            total += shares[:, -1:] * ((noise.lower + noise.upper)[self.components.numbers[pattern.missing]] / 2)
        return total

    def _draws(self, pattern: Pattern, values: Floats, shares: Floats, random_state: np.random.RandomState) -> Floats:
        """Return draws of the missing columns: of a component first, then of its conditional distribution."""
        sums = np.cumsum(shares, axis=1)
        picked = (random_state.uniform(size=(len(shares), 1)) * sums[:, -1:] >= sums).sum(axis=1)
        out = np.empty((len(values), len(pattern.missing)))
        for component in np.unique(picked):
            rows = picked == component
            if component < shares.shape[1] - 1:
                out[rows] = pattern.draw(int(component), values[rows], random_state)
            else:
                noise = self.components.noise
                assert noise is not None, "without noise its share is zero, and is never picked"
                missing = self.components.numbers[pattern.missing]
                corners = noise.lower[missing], noise.upper[missing]
                out[rows] = random_state.uniform(*corners, (int(rows.sum()), len(missing)))
        return out


def _random_state(seed: int, first_row: int) -> np.random.RandomState:
    # Blocks are cut at fixed places, so that draws are the same however many threads there are.
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence([seed, first_row])))
