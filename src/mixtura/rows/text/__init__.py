"""Delimited text: its encoding, its syntax, where its table is, and what is mended."""
