"""The guard of what is only known for mixtures of normal components."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .mixture import Mixture


def require_normal(mixture: "Mixture", what: str, *, noise: bool = False) -> None:
    """Raise unless every component is normal; `what` names what was asked for, in the error.

    Parameters
    ----------
    mixture : Mixture
        The distribution.
    what : str
        What was asked for, with its article.
    noise : bool, default=False
        Whether a uniform component may stand beside the normal ones.

    Raises
    ------
    ValueError
        A component is not normal.
    """
    if mixture.degrees_of_freedom is not None:
        raise ValueError(f"cannot give {what} of Student-t components: fit the mixture without degrees of freedom")
    if not noise and mixture.noise is not None:
        raise ValueError(f"cannot give {what} of a mixture with a noise component: fit it without noise")
