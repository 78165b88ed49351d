"""Variational fits that see a table batch by batch: what each batch said last is remembered."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import reduce
from operator import add

from ...distributions.covariance import Covariance
from ...statistics.moments import Moments
from ..em.recentring import recentred
from .variational import Posterior


@dataclass(frozen=True, eq=False)
class Visit:
    """What a batch said when it was last seen.

    Attributes
    ----------
    moments : Moments
        Its moments.
    entropy : float
        Entropy of the responsibilities that they were taken with.
    """

    moments: Moments
    entropy: float

    @classmethod
    def of(cls, moments: Moments, posterior: Posterior) -> "Visit":
        """Return what rows say whose moments were taken under a posterior."""
        return cls(moments, moments.log_likelihood - posterior.log_joint(moments))


@dataclass(frozen=True, eq=False)
class Memory:
    """What memoized variational inference remembers of every batch.

    A batch that is seen again replaces what it said before, so that after every step the posterior rests on all
    batches, and the bound never falls (Hughes and Sudderth 2013, "Memoized online variational inference for Dirichlet
    process mixture models", Advances in Neural Information Processing Systems 26).

    Attributes
    ----------
    visits : dict
        The last visit of each batch, by its name, in the order of these visits.
    bounds : tuple of float
        Evidence lower bound of all batches after each step.
    """

    visits: dict[Hashable, Visit] = field(default_factory=dict)
    bounds: tuple[float, ...] = ()

    def after(self, name: Hashable, visit: Visit) -> "Memory":
        """Return the memory after a visit of a batch."""
        others = {other: last for other, last in self.visits.items() if other != name}
        return Memory({**others, name: visit}, self.bounds)

    def total(self, shape: type[Covariance]) -> Moments:
        """Return the moments of all batches, about the centres of the last visit."""
        centers = next(reversed(self.visits.values())).moments.centers
        return reduce(add, (recentred(visit.moments, centers, shape) for visit in self.visits.values()))

    @property
    def entropy(self) -> float:
        """Entropy of the responsibilities of all batches."""
        return sum(visit.entropy for visit in self.visits.values())
