"""Databases and queries: DuckDB, SQLite."""
