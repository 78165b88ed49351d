"""What is new in a table, and what moved, since a model was fitted to another one."""
