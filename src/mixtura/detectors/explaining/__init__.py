"""Why a row is unusual: the cells that are wrong, what they should have been, and how much each column adds."""
