"""The parameters of a model, and the unconstrained coordinates in which inference works."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, prod
from numbers import Integral
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpyro.distributions import biject_to, constraints

from ...errors import RequestError

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Parameter:
    """A parameter: how many there are of it, and the values that it can take.

    Parameters
    ----------
    shape : tuple of int or int, default=()
        Shape of an array of such parameters; a single one has none.
    """

    shape: Shape = ()

    def __post_init__(self) -> None:
        shape = (self.shape,) if isinstance(self.shape, Integral) else tuple(self.shape)
        if not all(isinstance(size, Integral) and size > 0 for size in shape):
            raise RequestError(
                f"the shape of {type(self).__name__} must be whole numbers from 1, such as (3, 2), not {self.shape!r}"
            )
        object.__setattr__(self, "shape", tuple(int(size) for size in shape))

    @property
    def value_shape(self) -> Shape:
        """Shape of the values."""
        return self.shape

    @property
    def support(self) -> Any:
        """NumPyro's name for the values that the parameter can take."""
        return constraints.real

    @cached_property
    def transform(self) -> Any:
        """NumPyro's map from unconstrained coordinates to values, with its log Jacobian determinant."""
        return biject_to(self.support)

    @property
    def free_shape(self) -> Shape:
        """Shape of the unconstrained coordinates."""
        return tuple(self.transform.inverse_shape(self.value_shape))


@dataclass(frozen=True)
class Real(Parameter):
    """Any real number.

    Parameters
    ----------
    shape : tuple of int or int, default=()
        Shape of an array of such parameters.
    """


@dataclass(frozen=True)
class Positive(Parameter):
    """A positive number, the exponential of a real one.

    Parameters
    ----------
    shape : tuple of int or int, default=()
        Shape of an array of such parameters.
    """

    @property
    def support(self) -> Any:
        """NumPyro's name for the values that the parameter can take."""
        return constraints.positive


@dataclass(frozen=True)
class Interval(Parameter):
    """A number between two others, a scaled logistic function of a real one.

    Parameters
    ----------
    lower, upper : float
        The ends, both finite.
    shape : tuple of int or int, default=()
        Shape of an array of such parameters.
    """

    lower: float = 0.0
    upper: float = 1.0

    def __init__(self, lower: float = 0.0, upper: float = 1.0, shape: Shape | int = ()) -> None:
        object.__setattr__(self, "shape", shape)
        object.__setattr__(self, "lower", float(lower))
        object.__setattr__(self, "upper", float(upper))
        self.__post_init__()
        if not (isfinite(self.lower) and isfinite(self.upper) and self.lower < self.upper):
            raise RequestError(
                f"an Interval needs two finite numbers, the lower before the upper, not {lower!r} and {upper!r}"
            )

    @property
    def support(self) -> Any:
        """NumPyro's name for the values that the parameter can take."""
        return constraints.interval(self.lower, self.upper)


@dataclass(frozen=True)
class _Sized(Parameter):
    """A parameter that is a vector or a matrix, of a size of its own."""

    size: int = 2

    def __init__(self, size: int, shape: Shape | int = ()) -> None:
        if isinstance(size, bool) or not isinstance(size, Integral) or size < 2:
            raise RequestError(f"the size of {type(self).__name__} must be a whole number from 2, not {size!r}")
        object.__setattr__(self, "size", int(size))
        object.__setattr__(self, "shape", shape)
        self.__post_init__()

    @property
    def value_shape(self) -> Shape:
        """Shape of the values."""
        return (*self.shape, self.size)


@dataclass(frozen=True, init=False)
class Simplex(_Sized):
    """Probabilities that sum to one, by breaking a stick.

    Parameters
    ----------
    size : int
        How many probabilities.
    shape : tuple of int or int, default=()
        Shape of an array of such vectors.
    """

    @property
    def support(self) -> Any:
        """NumPyro's name for the values that the parameter can take."""
        return constraints.simplex


@dataclass(frozen=True, init=False)
class Ordered(_Sized):
    """Numbers in ascending order: the first, then the exponentials of reals as steps.

    Parameters
    ----------
    size : int
        How many numbers.
    shape : tuple of int or int, default=()
        Shape of an array of such vectors.
    """

    @property
    def support(self) -> Any:
        """NumPyro's name for the values that the parameter can take."""
        return constraints.ordered_vector


@dataclass(frozen=True, init=False)
class CholeskyCorrelation(_Sized):
    """The lower triangular Cholesky factor of a correlation matrix.

    Parameters
    ----------
    size : int
        How many rows and columns.
    shape : tuple of int or int, default=()
        Shape of an array of such matrices.
    """

    @property
    def value_shape(self) -> Shape:
        """Shape of the values."""
        return (*self.shape, self.size, self.size)

    @property
    def support(self) -> Any:
        """NumPyro's name for the values that the parameter can take."""
        return constraints.corr_cholesky


@dataclass(frozen=True)
class Layout:
    """Named parameters as one vector of unconstrained coordinates.

    Parameters
    ----------
    entries : tuple of (str, Parameter)
        The parameters in order.
    """

    entries: tuple[tuple[str, Parameter], ...]

    @cached_property
    def n_dimensions(self) -> int:
        """Number of unconstrained coordinates."""
        return sum(prod(parameter.free_shape) for _, parameter in self.entries)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """One name for each number that the parameters hold: ``mu``, ``w[0]``, ``L[1,0]``."""
        return tuple(
            name + (f"[{','.join(map(str, place))}]" if place else "")
            for name, parameter in self.entries
            for place in np.ndindex(*parameter.value_shape)
        )

    @cached_property
    def free_names(self) -> tuple[str, ...]:
        """The parameter that each unconstrained coordinate is part of."""
        return tuple(name for name, parameter in self.entries for _ in range(prod(parameter.free_shape)))

    def constrain(self, z: jax.Array) -> tuple[dict[str, jax.Array], jax.Array]:
        """Return the parameters at a point of shape (n_dimensions,), and the log Jacobian determinant there."""
        values, log_jacobian, start = {}, jnp.zeros(()), 0
        for name, parameter in self.entries:
            size = prod(parameter.free_shape)
            free = z[start : start + size].reshape(parameter.free_shape)
            values[name] = parameter.transform(free)
            log_jacobian = log_jacobian + jnp.sum(parameter.transform.log_abs_det_jacobian(free, values[name]))
            start += size
        return values, log_jacobian

    def flat(self, z: jax.Array) -> jax.Array:
        """Return the numbers that the parameters hold at a point, in the order of `names`."""
        return jnp.concatenate([value.reshape(-1) for value in self.constrain(z)[0].values()])

    def shaped(self, flat: Any) -> dict[str, Any]:
        """Return rows of such numbers, shape (n_rows, n_numbers), as an array for each parameter."""
        arrays, start = {}, 0
        for name, parameter in self.entries:
            size = prod(parameter.value_shape)
            arrays[name] = flat[:, start : start + size].reshape(len(flat), *parameter.value_shape)
            start += size
        return arrays


def layout_of(parameters: Mapping[str, Parameter]) -> Layout:
    """Return the layout of parameters that a user describes, or raise `RequestError`."""
    if not isinstance(parameters, Mapping) or not parameters:
        raise RequestError(
            f'parameters must be a mapping of names, such as {{"mu": Real(), "tau": Positive()}}, not {parameters!r}'
        )
    for name, parameter in parameters.items():
        if not isinstance(name, str) or not isinstance(parameter, Parameter):
            raise RequestError(
                f"parameter {name!r} must be a Real, Positive, Interval, Simplex, Ordered or CholeskyCorrelation with "
                f"a name, not {parameter!r}"
            )
    return Layout(tuple(parameters.items()))
