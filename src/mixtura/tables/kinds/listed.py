"""The kinds of model there are, in the order in which they are named."""

from .auto import Auto
from .bayesian import Bayesian
from .elliptic import Elliptic
from .forest import Forest
from .kind import Kind
from .lof import Lof
from .mixture import Mixture
from .segments import Segments
from .svm import Svm

KINDS: tuple[Kind, ...] = (
    Auto(),
    Mixture(),
    Bayesian(),
    Elliptic(),
    Forest(),
    Lof(),
    Svm(),
)

MIXTURES = tuple(kind for kind in KINDS if kind.has_components)

# What is meant where no kind is named: the one that needs no choice, or the one that components were asked for of.
DEFAULT = Auto()
DEFAULT_WITH_COMPONENTS = Mixture()


def kind_named(name: str, kinds: tuple[Kind, ...] = KINDS) -> Kind | None:
    """Return the kind of a name; None where there is none."""
    return next((kind for kind in kinds if kind.name == name), None)


def stored_kind(model: str) -> Kind | None:
    """Return a kind whose models files call so; None where there is none."""
    return next((kind for kind in (*KINDS, Segments()) if kind.stored_as == model), None)
