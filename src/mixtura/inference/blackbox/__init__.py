"""Black-box variational inference: the posterior of any model whose log density is written in JAX."""

from ...errors import MissingDependencyError

try:
    import jax
    import numpyro
except ImportError as error:
    raise MissingDependencyError(
        f"inference from a log density needs JAX and NumPyro ({error}): pip install 'mixtura[jax]'"
    ) from error

del jax, numpyro
