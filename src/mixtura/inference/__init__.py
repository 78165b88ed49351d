"""What data say about the parameters of a density that the user writes.

Names are imported when they are first used, so that JAX is imported only for black-box inference. They are listed in
``__init__.pyi``.
"""

from ..public import attach

__getattr__, __dir__, __all__ = attach(__name__, globals())
