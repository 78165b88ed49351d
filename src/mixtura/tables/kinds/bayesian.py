"""The Bayesian mixture, which is fitted once and switches off the components that it does not need."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import RequestError
from ..asking.spelling import Spell
from .kind import Fitted
from .mixture import MixtureKind

if TYPE_CHECKING:
    from ..asking.run import Run
    from ..models.fitting import Numbers
    from .request import Request


class Bayesian(MixtureKind):
    """A mixture by variational Bayes."""

    name = "bayesian"

    def check(self, counts: Sequence[int] | None, shapes: Sequence[str] | None, spell: Spell) -> None:
        """Raise `RequestError` where there is a choice between several, or no prior."""
        called = spell("model", self.name)
        if counts is not None and len(counts) > 1:
            raise RequestError(f"{called} takes one number of {spell('components')}, the largest number allowed")
        if shapes is not None and len(shapes) > 1:
            raise RequestError(f"{called} takes one {spell('shape')}")
        if shapes is not None and "factor" in shapes:
            raise RequestError(f"{called} has no prior for {spell('shape', 'factor')}: use another shape")

    def estimator(self, seed: int, n_rows: int) -> Any:
        """Return the mixture, not fitted."""
        from .bayesian_fit import estimator, most_components  # slow to import

        return estimator(most_components(n_rows), "full", seed)

    def fit(self, request: "Request", numbers: "Numbers", run: "Run", *, clean: bool) -> Fitted:
        """Fit the mixture."""
        from .bayesian_fit import fit  # slow to import

        return fit(request, numbers, run)
