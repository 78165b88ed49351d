"""
A report
========

This is the live report of a table: move the threshold, sort the rows, search them. A notebook shows the report as the
value of a cell. `found.report("diamonds.html")` writes it as one page that opens in any browser, offline. On the
command line, `mixtura detect diamonds.csv --rate 0.2% --report diamonds.html` writes the same page.
"""

import pandas as pd

import mixtura
from mixtura import DensityDisplay

found = mixtura.detect("data/diamonds.csv", rate=0.002)
print(f"{len(found.report_data.rows)} rows are listed in the report")

# sphinx_gallery_capture_repr_block = ("_repr_html_",)
found

# %%
# How to read this
# ----------------
# Begin with the table of reasons. It counts the flagged rows by what is wrong with them, and gives an example of each.
# A click on a reason lists its rows, and a click on a row explains it. The slider moves the threshold, and all counts
# follow. The data, the model and the command are folded below.
#
# The same in words
# -----------------

print(found)

# %%
# The flagged rows are a table too. Some of them lie among the other rows here: their wrong value is in another column.

diamonds = pd.read_csv("data/diamonds.csv")
is_flagged = diamonds.index.isin(found.flagged["row"] - 1)
DensityDisplay.from_predictions(diamonds[["carat", "price"]], -is_flagged.astype(float), threshold=-0.5)
