"""A table opened: its columns found, its cells checked, and what earlier runs added to it left aside."""
