"""How an estimator gets rows from what its user passes."""
