"""``python -m mixtura`` is the command `mixtura`."""

from .cli import program

if __name__ == "__main__":
    program()
