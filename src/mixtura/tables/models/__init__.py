"""What is learnt from a table: the fit, where it comes from, and all of it as one value."""
