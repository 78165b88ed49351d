"""The default detector: many small mixtures that vote."""
