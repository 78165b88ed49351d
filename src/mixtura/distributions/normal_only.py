"""The guards of what is only known for mixtures of normal components, or of numbers."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .mixture import Mixture


def require_normal(mixture: "Mixture", what: str, *, noise: bool = False, levels: bool = False) -> None:
    """Raise unless every component is normal; `what` names what was asked for, in the error.

    Parameters
    ----------
    mixture : Mixture
        The distribution.
    what : str
        What was asked for, with its article.
    noise : bool, default=False
        Whether a uniform component may stand beside the normal ones.
    levels : bool, default=False
        Whether some columns may be categorical.

    Raises
    ------
    ValueError
        A component is not normal, or a column is categorical.
    """
    if not levels:
        require_numbers(mixture, what)
    if mixture.degrees_of_freedom is not None:
        raise ValueError(f"cannot give {what} of Student-t components: fit the mixture without degrees of freedom")
    if not noise and mixture.noise is not None:
        raise ValueError(f"cannot give {what} of a mixture with a noise component: fit it without noise")


def require_numbers(mixture: "Mixture", what: str) -> None:
    """Raise where a column is categorical; `what` names what was asked for, with its article.

    Raises
    ------
    ValueError
        A column is categorical.
    """
    if mixture.levels is not None:
        numbers = mixture.numbers.tolist()
        remedy = f"ask the marginal of the columns {numbers}" if numbers else "the mixture has no numbers"
        raise ValueError(f"cannot give {what} of categories: {remedy}")
