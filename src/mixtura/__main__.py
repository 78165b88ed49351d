"""``python -m mixtura`` is the command `mixtura`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
