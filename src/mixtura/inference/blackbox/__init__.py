"""Black-box variational inference: the posterior of any model whose log density is written in JAX."""
