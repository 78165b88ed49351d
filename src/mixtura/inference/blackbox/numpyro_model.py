"""A NumPyro model as a log density and a description of its parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from numpyro import handlers
from numpyro.infer.util import log_density

from ...errors import RequestError
from .parameters import Parameter


@dataclass(frozen=True, eq=False)
class Site(Parameter):
    """A latent site of a NumPyro model.

    Parameters
    ----------
    shape : tuple of int
        Shape of its values.
    constraint : Constraint
        NumPyro's name for the values that it can take.
    """

    constraint: Any = field(kw_only=True)

    @property
    def support(self) -> Any:
        """NumPyro's name for the values that the parameter can take."""
        return self.constraint


def described_model(
    model: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Callable[..., Any], dict[str, Parameter]]:
    """Return the log density of a model given its arguments, and its latent sites as parameters.

    Raises
    ------
    RequestError
        A latent site is discrete, its support depends on other sites, or there is none.
    """
    first, second = (_latent_sites(model, args, kwargs, seed) for seed in (0, 1))
    parameters: dict[str, Parameter] = {}
    for name, site in first.items():
        support = site["fn"].support
        if support.is_discrete:
            raise RequestError(f"site {name!r} is discrete: sum over its values in the model, or observe it")
        bounds, others = (jax.tree.leaves(each["fn"].support) for each in (site, second[name]))
        if not all(np.array_equal(bound, other) for bound, other in zip(bounds, others, strict=True)):
            raise RequestError(
                f"the values that site {name!r} can take depend on other sites: write it as a fixed range, scaled"
            )
        parameters[name] = Site(tuple(np.shape(site["value"])), constraint=support)
    if not parameters:
        raise RequestError("the model has no site that is not observed, so there is nothing to infer")

    def density(values: Mapping[str, jax.Array]) -> jax.Array:
        found: jax.Array = log_density(model, args, dict(kwargs), values)[0]
        return found

    return density, parameters


def _latent_sites(model: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], seed: int) -> dict[str, Any]:
    trace = handlers.trace(handlers.seed(model, seed)).get_trace(*args, **kwargs)
    return {name: site for name, site in trace.items() if site["type"] == "sample" and not site["is_observed"]}
