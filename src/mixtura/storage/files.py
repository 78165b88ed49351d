"""Saving a model to a file, and loading it."""

import os
from pathlib import Path

from ..errors import ModelFileError, warn
from ..rows.disk.whole import WholeFile, replace_all
from .contents import Model, contents_of, model_of
from .layout import is_model, packed, unpacked
from .manifest import check_manifest, version_of
from .upgrades import VERSION, upgraded

__all__ = ["content", "is_model", "load", "save"]


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model to a file, which appears whole or not at all.

    Equal models make equal files, byte for byte, and a model read back is equal to the one saved, bit for bit.

    Parameters
    ----------
    model : Mixture, TableModel, Posterior, or the `model_` of a fitted detector
        The model.
    path : str or path-like
        Where the file goes; one that is there is replaced. No ending is asked for; ``.safetensors`` says what it is.

    Raises
    ------
    TypeError
        `model` is none of these.
    SingularCovarianceError
        A covariance has no inverse, so that the model could not be used.
    SourceError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from mixtura import Mixture, Spherical
    >>> mixture = Mixture([1.0], [[0.0, 0.0]], Spherical([2.0], 1, 2))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(mixture, f"{folder}/model.safetensors")
    ...     load(f"{folder}/model.safetensors") == mixture
    True
    """
    file = WholeFile(path)
    file.write(content(model))
    replace_all([file])


def content(model: Model) -> bytes:
    """Return what is in the file of a model; errors as of `save`."""
    return packed(contents_of(model))


def load(path: str | os.PathLike[str]) -> Model:
    """Read a model that `save` wrote, in this version of the library or a former one.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    Mixture, TableModel, OutlierModel or Posterior
        What was saved.

    Raises
    ------
    ModelFileError
        There is no such file, or it is not a whole, sound model of this format; a newer version of the format is
        refused too. Nothing is allocated before the sizes that the file declares are known to be those it has.

    Examples
    --------
    >>> load("nowhere.model")
    Traceback (most recent call last):
        ...
    mixtura.errors.ModelFileError: there is no model file nowhere.model
    """
    file = Path(path)
    if not file.is_file():
        raise ModelFileError(
            f"{file} is not a file: name the file of a model" if file.exists() else f"there is no model file {file}"
        )
    try:
        model, has_checksum = _read(file)
    except ModelFileError:
        raise
    except (ValueError, TypeError, OverflowError, OSError) as error:
        reason = " ".join(str(error).split())  # numbers in it may have come on several lines
        raise ModelFileError(f"{file} is not a model that mixtura can read: {reason}") from None
    if not has_checksum:
        warn(f"{file} is from an earlier version and has no checksum, so damage may not show: save the model again")
    return model


def _read(file: Path) -> tuple[Model, bool]:
    """Return the model in a file, and whether the file has a checksum."""
    contents = unpacked(file.read_bytes())
    version = version_of(contents.manifest)
    if version > VERSION:
        raise ModelFileError(
            f"{file} has version {version} of the model format, and this mixtura reads up to version {VERSION}: "
            "install a newer mixtura"
        )
    contents = upgraded(contents)
    check_manifest(contents.manifest)
    return model_of(contents), contents.has_checksum
