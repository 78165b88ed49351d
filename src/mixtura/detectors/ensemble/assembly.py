"""The ensemble of columns of numbers, put together from its parts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...engines.progress import OnProgress
from ...kernels.ensemble import scores
from ...statistics.rarity import NEW_VALUE, Rarity
from ..explaining.belonging import background_of
from ..levels.absent import Absent
from ..planes import planes_of
from .columns import Range, columns_of
from .extremes import regression_of, tails_of
from .fit import fit_voters
from .flags import VOICE_OF_FLAGS, Flags
from .logarithms import Logarithms
from .model import EnsembleModel, voting_units


def fit_ensemble(
    pool: NDArray[Any],
    whole: Range,
    n_members: int,
    random_state: np.random.RandomState,
    n_threads: int,
    on_progress: OnProgress | None = None,
    logarithms: Logarithms | None = None,
    absent: Absent | None = None,
) -> EnsembleModel:
    """Return the ensemble of a table with a range of its own, of which `pool` holds rows.

    Members and samples see columns in `logarithms`; tails, flags and planes see none. Missing cells count as `absent`
    says.
    """
    columns = columns_of(pool, whole)
    units, flags = columns.units, Flags.of(pool, columns.flags)
    regression = regression_of(pool, units)
    tails, given_others = tails_of(pool, columns, regression)
    deviations = np.stack([columns.alone, columns.least, given_others])
    logarithms, seen = logarithms or Logarithms.none(), columns
    shown = logarithms.seen(pool)
    if len(logarithms):
        seen = columns_of(shown, logarithms.range(whole))
        logarithms = logarithms.measured(seen.units)
    voting = voting_units(logarithms.units(units), columns.flags)
    members, samples = fit_voters(shown, voting, seen.variances, n_members, random_state, n_threads, on_progress)
    votes = scores(shown, voting, members, samples)
    apart = Rarity.of(votes), flags.rarity(pool)
    both = Rarity.of(apart[0].nats(votes) + VOICE_OF_FLAGS * apart[1].nats(flags.together(pool)))
    planes = planes_of(pool, voting_units(units, columns.flags), float(np.log(whole.n_rows)) + NEW_VALUE)
    rarities = (*apart, both)
    background = background_of(pool)
    parts = (units, deviations, members, samples, regression, tails, flags, rarities, planes)
    return EnsembleModel(*parts, whole.n_rows, background, logarithms, absent)
