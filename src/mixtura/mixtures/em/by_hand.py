"""Fitted parameters that were set by hand: which mixture they describe."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from ...distributions.covariance import Covariance
from ...distributions.mixture import Mixture
from ...distributions.shapes import SHAPES
from ...typing import Floats
from .checks import check_numbers

# Any of these says what the covariances are; of those that are set, the first does, and the others have to agree.
_COVARIANCES = {"covariances_": "values", "precisions_cholesky_": "precision_cholesky", "precisions_": "precisions"}

PARAMETERS = frozenset({"weights_", "means_", *_COVARIANCES})

# Weights that are rounded to single precision still add up to one as nearly as this.
_ROUNDED = 1e-6

# Covariances and their inverses, in single precision, agree as nearly as this, in parts of the largest number.
_AGREEING = 1e-3


def changed(attributes: Mapping[str, Any], seals: Mapping[str, bytes]) -> list[str]:
    """Return the names of the attributes that were set or deleted by hand since they were sealed."""
    differing = [name for name, value in attributes.items() if seals.get(name) != _seal(value)]
    return differing + [name for name in seals if name not in attributes]


def sealed(attributes: Mapping[str, Any]) -> dict[str, bytes]:
    """Return a digest of every attribute."""
    return {name: _seal(value) for name, value in attributes.items()}


def parameters_of(mixture: Mixture, dtype: "np.dtype[Any]") -> dict[str, Any]:
    """Return the attributes of an estimator that describe a mixture."""
    covariance = mixture.covariance
    values: dict[str, Any] = {
        "weights_": mixture.weights,
        "means_": mixture.means,
    }
    values |= {name: getattr(covariance, _COVARIANCES[name]) for name in covariance.attributes}
    if mixture.degrees_of_freedom is not None:
        values["degrees_of_freedom_"] = mixture.degrees_of_freedom
    values = {name: value.astype(dtype) for name, value in values.items()}
    return values if mixture.noise is None else values | {"noise_weight_": mixture.noise.weight}


def described(
    attributes: Mapping[str, Any], known: Mixture | None, seals: Mapping[str, bytes], covariance_type: str
) -> tuple[Mixture, NDArray[np.int64] | None]:
    """Return the mixture that attributes describe, some of them set by hand, and the order of its components.

    What was not set follows: of covariances and their inverses, from those that were; degrees of freedom, from the
    order of the components, when these are those of the fit in another order.

    Parameters
    ----------
    attributes : dict of str to array-like
        The attributes that there are.
    known : Mixture or None
        The mixture that they described last.
    seals : dict of str to bytes
        Digests of the attributes then.
    covariance_type : {'full', 'tied', 'diag', 'spherical'}
        Shape of covariances that were set.

    Raises
    ------
    NotFittedError
        Attributes are lacking.
    ValueError
        They do not fit together.
    """
    given = [name for name in changed(attributes, seals) if name in attributes]
    lacking = [name for name in ("weights_", "means_") if name not in attributes]
    if known is None and not set(given) & set(_COVARIANCES):
        lacking.append("covariances_")
    if lacking:
        raise NotFittedError(
            f"the mixture is neither fitted nor known: set {' and '.join(lacking)} too, or call fit (covariances may "
            "also be given as precisions_ or precisions_cholesky_)"
        )
    noise = None if known is None else known.noise
    if "noise_weight_" in given:
        if noise is None:
            raise ValueError("noise_weight_ was set by hand, and the mixture has no noise: fit one with noise=True")
        noise = noise.reweighted(float(_numbers(attributes["noise_weight_"], "noise_weight_")))
    weights = _weights(attributes["weights_"], 1.0 if noise is None else 1 - noise.weight)
    means = _numbers(attributes["means_"], "means_")
    if means.ndim != 2:
        raise ValueError(f"means_, set by hand, must have one row for each component, not shape {means.shape}")
    covariance = _covariance(
        {name: attributes[name] for name in _COVARIANCES if name in given}, means, known, covariance_type
    )
    size = (covariance.n_components, covariance.n_features)
    if weights.shape != size[:1] or means.shape != size:
        raise ValueError(
            f"weights_ of shape {weights.shape}, means_ of shape {means.shape} and {covariance.name} covariances of "
            f"{size[0]} components in {size[1]} columns, set by hand, do not fit together: set all of them before use"
        )
    order = None
    if known is not None:
        exact = attributes["covariances_"] if "covariances_" in given else None
        order = _order(attributes["weights_"], attributes["means_"], exact, covariance, known)
    degrees = None
    if "degrees_of_freedom_" in given:
        degrees = _numbers(attributes["degrees_of_freedom_"], "degrees_of_freedom_")
    elif known is not None and known.degrees_of_freedom is not None:
        degrees = known.degrees_of_freedom if order is None else known.degrees_of_freedom[order]
    if order is not None and known is not None:
        same = known  # with all its digits, where attributes are in single precision
        weights, means, covariance = same.weights[order], same.means[order], same.covariance.repeat(order)
    levels = None if known is None else known.levels
    if levels is not None and order is not None:
        levels = levels.repeat(order)
    return Mixture(weights, means, covariance, degrees, noise, levels), order


def _seal(value: Any) -> bytes:
    array = np.ascontiguousarray(value)
    code = blake2b(repr((array.shape, array.dtype.str)).encode(), digest_size=16)
    code.update(array.tobytes())
    return code.digest()


def _numbers(value: Any, name: str) -> Floats:
    array = check_numbers(value, name)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}, set by hand, must be finite numbers")
    return array


def _weights(value: Any, total: float) -> Floats:
    weights = _numbers(value, "weights_")
    found = float(weights.sum())
    if weights.ndim != 1 or (weights < 0).any() or abs(found - total) > _ROUNDED:
        raise ValueError(
            f"weights_, set by hand, must be one number for each component, none negative, that add up to {total:.6g}, "
            f"not {found:.6g}: divide them by their sum"
        )
    return weights * (total / found) if found else weights


def _covariance(given: Mapping[str, Any], means: Floats, known: Mixture | None, covariance_type: str) -> Covariance:
    if not given:
        assert known is not None, "something says what the covariances are"
        return known.covariance
    if covariance_type not in SHAPES:
        raise ValueError(f"covariance_type must be one of {', '.join(SHAPES)}, not {covariance_type!r}")
    shape = SHAPES[covariance_type].holding(next(iter(given.values())))
    expected = shape.shape(*means.shape)
    values: dict[str, Floats] = {}
    for name, attribute in given.items():
        array = _numbers(attribute, name)
        if name not in shape.attributes:
            raise ValueError(f"{name}, set by hand, says nothing of {shape.name} covariances: set covariances_")
        if array.shape != expected:
            raise ValueError(
                f"{name}, set by hand, must have shape {expected} for means_ of shape {means.shape} and "
                f"covariance_type={shape.name!r}, not {array.shape}"
            )
        values[name] = _squared(array, shape) if name == "precisions_cholesky_" else array
        fault = (shape.fault if name == "covariances_" else shape.precision_fault)(values[name])
        if fault is not None:
            raise ValueError(f"{name}, set by hand, must be {fault}")
    first = next(name for name in _COVARIANCES if name in values)
    make = shape if first == "covariances_" else shape.from_precisions
    covariance = make(values.pop(first), *means.shape)
    for name, precisions in values.items():
        if not _agree(precisions, covariance.precisions):
            raise ValueError(
                f"{first} and {name}, set by hand, contradict each other: set one of them, and the other follows"
            )
    return covariance


def _squared(roots: Floats, shape: type[Covariance]) -> Floats:
    """Return precisions, given their Cholesky factors, or their roots where they are numbers."""
    return np.asarray(roots @ roots.swapaxes(-1, -2)) if shape.is_matrix else roots**2


def _agree(one: Floats, other: Floats) -> bool:
    return bool(np.abs(one - other).max() <= _AGREEING * np.abs(other).max())


def _order(
    weights: Any, means: Any, covariances: Any, covariance: Covariance, mixture: Mixture
) -> NDArray[np.int64] | None:
    """Return which component of a mixture each component is, None when they are others.

    Weights and means have to be equal as they were set, and so have `covariances`; where these follow from their
    inverses, or were not set, `covariance` has to be as near as rounding leaves it.
    """
    theirs = mixture.covariance
    if covariance.values.shape != theirs.values.shape or type(covariance) is not type(theirs):
        return None
    weights, means = np.asarray(weights), np.asarray(means)
    equal = weights[:, None] == mixture.weights.astype(weights.dtype)
    equal &= (means[:, None] == mixture.means.astype(means.dtype)).all(axis=2)
    tolerance = 1e-9 if means.dtype == np.float64 else 1e-4
    if covariances is not None:
        dtype, tolerance = np.asarray(covariances).dtype, 0.0
        covariance, theirs = (
            type(theirs)(each.values.astype(dtype), each.n_components, each.n_features) for each in (covariance, theirs)
        )
    order = np.empty(len(weights), np.int64)
    free = np.ones(len(weights), dtype=bool)
    for component in range(len(order)):
        mine = covariance.of(component)
        for other in np.flatnonzero(equal[component] & free).tolist():
            if np.abs(mine - theirs.of(other)).max() <= tolerance * np.abs(mine).max():
                order[component], free[other] = other, False
                break
        else:
            return None
    return order
