"""The methods, by the names that users give them."""

from ..problem import Method
from .batch_and_match import BatchAndMatch
from .deterministic import Deterministic
from .laplace import Laplace
from .mixture import AdaptiveMixture
from .pathfinder import Pathfinder
from .stochastic import Stochastic

METHODS: dict[str, type[Method]] = {
    method.name: method for method in (AdaptiveMixture, Stochastic, Deterministic, Laplace, Pathfinder, BatchAndMatch)
}
