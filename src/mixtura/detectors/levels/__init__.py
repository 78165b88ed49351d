"""How surprising a row is by its categories: levels, pairs of levels, numbers given a level, misspelt levels."""
