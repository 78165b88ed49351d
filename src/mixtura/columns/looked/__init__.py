"""Columns that were looked at: their figures, and what a model keeps of them."""
