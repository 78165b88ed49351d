"""What deserves attention in a table before anything is made of it."""

from .finding import Advice, Finding
from .listed import findings_in

__all__ = ["Advice", "Finding", "findings_in"]
