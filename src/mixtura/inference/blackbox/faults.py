"""What is wrong with a density that a user writes, found before inference begins, in one sentence."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...errors import RequestError
from ...typing import Floats
from .batches import is_table
from .parameters import Layout
from .problem import Method, Problem, Target

# Points where the density is looked at beside the start.
_LOOKS = 16


def first_rows(data: Any) -> Any:
    """Return data, or the first block of a table."""
    return next(iter(data.blocks())).values.astype(np.float64) if is_table(data) else data


def uses_gradients(method: Method) -> bool:
    """Return whether a method asks for gradients of the density."""
    return getattr(method, "gradient", None) != "score"


def examine(problem: Problem, seed: int, *, by_gradient: bool = True) -> None:
    """Raise `RequestError` where no inference is possible.

    Raises
    ------
    RequestError
        The density is no single number, is NaN or infinite at the start, is zero wherever it was looked at, has no
        gradient, or ignores a parameter.
    """
    target, start = problem.target, np.zeros(problem.n_dimensions)
    _check_form(target, start, problem.data)
    if not by_gradient:
        _check_values(target, np.array([start]), problem.values_as_they_are(np.array([start])))
        return
    rng = np.random.default_rng(seed)
    points = np.vstack([start, rng.uniform(-2, 2, (_LOOKS, problem.n_dimensions))])
    try:
        values, gradients = problem.gradients(points)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise RequestError(
            f"the log density has no gradient that JAX can find ({_first_line(error)}): write it with functions of "
            "jax.numpy"
        ) from None
    _check_values(target, points, values)
    finite = np.isfinite(values)
    wrong = finite & ~np.isfinite(gradients).all(axis=1)
    if wrong.any():
        point = int(np.argmax(wrong))
        name = target.layout.free_names[int(np.argmax(~np.isfinite(gradients[point])))]
        raise RequestError(
            f"the gradient of the log density in {name} is not finite at {described(target, points[point])}: see that "
            "no branch of a jnp.where is infinite or NaN there"
        )
    _check_use(problem, points[finite], gradients[finite], rng)


def described(target: Target, point: Floats) -> str:
    """Return the values of the parameters at a point, for a message."""
    values, _ = target.layout.constrain(jnp.asarray(point))
    return ", ".join(
        f"{name}={np.array2string(np.asarray(value), precision=4, threshold=6, separator=', ')}"
        for name, value in values.items()
    )


def _check_form(target: Target, start: Floats, data: object) -> None:
    form = jax.eval_shape(target, start, data)
    if getattr(form, "shape", None) != () or not jnp.issubdtype(form.dtype, jnp.floating):
        raise RequestError(
            f"the log density must be one real number, and is {getattr(form, 'dtype', type(form).__name__)} of shape "
            f"{getattr(form, 'shape', None)}: sum over the observations with jnp.sum"
        )


def _check_values(target: Target, points: Floats, values: Floats) -> None:
    for unwanted, name in ((np.isnan(values), "NaN"), (np.isposinf(values), "plus infinity")):
        if unwanted.any():
            raise RequestError(
                f"the log density is {name} at {described(target, points[np.argmax(unwanted)])}: write it so that it "
                "is a finite number wherever the parameters may be, or choose parameters that keep away from there"
            )
    if np.isneginf(values).all():
        raise RequestError(
            f"the log density is minus infinity at {described(target, points[0])} and wherever else it was looked at: "
            "choose parameters that can take no impossible values, such as Positive or Interval"
        )


def _check_use(problem: Problem, points: Floats, gradients: Floats, rng: np.random.Generator) -> None:
    """Raise `RequestError` where a parameter changes nothing, or changes the density and not its gradient."""
    target = problem.target
    names = np.array(target.layout.free_names)
    log_jacobian, own = map(np.asarray, _jacobian_gradients(target.layout, points))
    density = problem.values(points) - log_jacobian
    for name, _ in target.layout.entries:
        ours = names == name
        if not np.allclose(gradients[:, ours], own[:, ours], rtol=1e-9, atol=1e-12):
            continue
        moved = points.copy()
        moved[:, ours] = rng.uniform(-2, 2, (len(points), int(ours.sum())))
        moved_density = problem.values(moved) - np.asarray(_jacobian_gradients(target.layout, moved)[0])
        both = np.isfinite(density) & np.isfinite(moved_density)
        if np.allclose(density[both], moved_density[both], rtol=1e-9, atol=1e-9) and both.any():
            raise RequestError(
                f"the log density does not depend on {name}, as between {described(target, points[0])} and other "
                f"values of it: give {name} a prior, or leave it out of the parameters"
            )
        raise RequestError(
            f"the log density changes with {name} and its gradient is zero, as at {described(target, points[0])}: "
            "write it without rounding, comparisons or stop_gradient, or use method='stochastic' by score functions"
        )


@partial(jax.jit, static_argnums=0)
def _jacobian_gradients(layout: Layout, points: Any) -> tuple[jax.Array, jax.Array]:
    """Return the log Jacobian determinant and its gradient at points."""
    return jax.vmap(jax.value_and_grad(lambda z: layout.constrain(z)[1]))(points)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
