"""The methods, by the names that users give them."""

from .mixture import AdaptiveMixture

METHODS = {method.name: method for method in (AdaptiveMixture,)}
