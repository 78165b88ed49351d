"""`GaussianMixture`: the estimator with scikit-learn's interface."""

import warnings
from collections.abc import Callable
from contextlib import closing, nullcontext
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_sample_weight, check_array, check_is_fitted, validate_data

from ..engines import Engine, EngineName, engine_for, is_dask
from ..errors import EmptyTableError, SingularCovarianceError
from ..rows import ArrayRows, Rows, SpooledRows, open, spool
from .covariance import SHAPES
from .em import Fit, Progress, run_em
from .initialize import divide, given_or, mixture_of, take_sample
from .mixture import Mixture, Passes
from .updates import MaximumLikelihood

# Starts are compared after this many iterations; most have converged or shown their worth by then.
SHORT_RUN = 20
