"""A run of all tests uses all processors, one of a few tests a single process."""

from types import SimpleNamespace

import pytest

from processors import few_are_asked_for


def config(*arguments, keyword="", markexpr="", lf=False):
    option = SimpleNamespace(keyword=keyword, markexpr=markexpr, lf=lf)
    return SimpleNamespace(args=list(arguments), option=option)


def test_folders_are_shared_out(tmp_path):
    assert not few_are_asked_for(config(str(tmp_path)))
    assert not few_are_asked_for(config(str(tmp_path), str(tmp_path.parent)))


@pytest.mark.parametrize("chosen", [{"keyword": "one"}, {"markexpr": "pairwise"}, {"lf": True}])
def test_what_is_chosen_runs_here(tmp_path, chosen):
    assert few_are_asked_for(config(str(tmp_path), **chosen))


def test_files_and_tests_run_here(tmp_path):
    (tmp_path / "test_a.py").touch()
    assert few_are_asked_for(config(f"{tmp_path}/test_a.py"))
    assert few_are_asked_for(config(str(tmp_path), f"{tmp_path}/test_a.py::test_one"))
