"""Rows of low density under a mixture."""
