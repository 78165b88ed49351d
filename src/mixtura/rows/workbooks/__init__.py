"""Workbooks of spreadsheet programs: one sheet as a table."""
