"""The Gaussian mixture, its components and shape found by a search."""

from typing import TYPE_CHECKING, Any

from .kind import Fitted, Kind

if TYPE_CHECKING:
    from ...detectors.model import OutlierModel
    from ..asking.run import Run
    from ..models.fitting import Numbers
    from .request import Request


class MixtureKind(Kind):
    """A kind of model that is a mixture over scaled columns."""

    stored_as = "mixture"
    takes_missing = True
    has_components = True
    scaling = "quartiles"

    def model(self) -> "type[OutlierModel]":
        """Return the class of the models."""
        from ...detectors.density.model import DensityModel  # slow to import

        return DensityModel


class Mixture(MixtureKind):
    """A mixture of maximum likelihood."""

    name = "mixture"

    def estimator(self, seed: int, n_rows: int) -> Any:
        """Return the mixture as a detector, not fitted."""
        from ...detectors.density.estimator import MixtureDetector  # slow to import

        return MixtureDetector(random_state=seed)

    def fit(self, request: "Request", numbers: "Numbers", run: "Run", *, clean: bool) -> Fitted:
        """Search for the mixture of lowest BIC."""
        from .mixture_fit import fit  # slow to import

        return fit(request, numbers, run, clean=clean)
