"""Judged tables: the rows with what is added, and where they go."""
