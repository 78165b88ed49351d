"""Numbers as people write them: digits, currencies, units, multiples."""
