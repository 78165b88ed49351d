"""How many processes run the tests."""

import os


def few_are_asked_for(config):
    """Return whether few tests run: a worker would take longer to import and collect than they take."""
    chosen = config.option.keyword or config.option.markexpr or getattr(config.option, "lf", False)
    return bool(chosen) or not all(os.path.isdir(argument) for argument in config.args)
