"""Files that appear whole: where, with which permissions, all of them or none."""

import os
import stat
import subprocess
import sys

import pytest

from mixtura.errors import SourceError
from mixtura.rows.disk.whole import WholeFile, expanded, replace_all
from mixtura.rows.writing.marks import made_by, set_mark

POSIX = pytest.mark.skipif(os.name == "nt", reason="permissions and pipes differ there")


def written(path, content=b"new"):
    file = WholeFile(path)
    file.write(content)
    return file


def test_nothing_is_seen_before_it_is_whole(tmp_path):
    file = written(tmp_path / "x")
    assert not (tmp_path / "x").exists()
    replace_all([file])
    assert (tmp_path / "x").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["x"]


def test_what_is_forgotten_is_gone(tmp_path):
    file = written(tmp_path / "x")
    assert os.listdir(tmp_path)
    del file
    assert not os.listdir(tmp_path)


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o604, 0o666])
def test_permissions_are_kept_and_nobody_reads_before(tmp_path, mode):
    (tmp_path / "x").touch()
    (tmp_path / "x").chmod(mode)
    file = WholeFile(tmp_path / "x")
    assert stat.S_IMODE(file.create().stat().st_mode) == 0o600
    file.temporary.write_bytes(b"new")
    file.complete()
    replace_all([file])
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == mode


@POSIX
@pytest.mark.parametrize("exists", [False, True])
def test_a_link_is_kept(tmp_path, exists):
    (tmp_path / "folder").mkdir()
    target = tmp_path / "folder" / "target"
    if exists:
        target.write_text("old")
    (tmp_path / "link").symlink_to(target)
    replace_all([written(tmp_path / "link")])
    assert (tmp_path / "link").is_symlink()
    assert target.read_bytes() == b"new"


@POSIX
def test_what_is_no_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for path, reason in {
        tmp_path / "pipe": "is a pipe",
        "/dev/null": "is a device",
        tmp_path: "is a folder",
        tmp_path / "circle": "symbolic links",
        tmp_path / "no" / "x": "there is no folder",
        tmp_path / "pipe" / "x": "there is no folder",
    }.items():
        with pytest.raises(SourceError, match=reason):
            WholeFile(path)


def test_a_name_as_long_as_names_can_be(tmp_path):
    replace_all([written(tmp_path / ("x" * 255))])
    assert os.listdir(tmp_path) == ["x" * 255]


@pytest.mark.parametrize("old", [None, b"old"])
@pytest.mark.parametrize("fails", [0, 1, 2])
def test_all_files_take_their_places_or_none(tmp_path, monkeypatch, old, fails):
    names = ["a", "b", "c"]
    for name in names:
        if old is not None:
            (tmp_path / name).write_bytes(old)
    files = [written(tmp_path / name) for name in names]
    replace = WholeFile.replace

    def once(self):
        if self is files[fails]:
            raise OSError(28, "No space left on device")
        replace(self)

    monkeypatch.setattr(WholeFile, "replace", once)
    with pytest.raises(SourceError, match=f"cannot write .*{names[fails]} "):
        replace_all(files)
    for file in files:
        file.discard()
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == (
        {} if old is None else dict.fromkeys(names, old)
    )
    monkeypatch.undo()
    replace_all([written(tmp_path / name) for name in names])
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == dict.fromkeys(names, b"new")


KILLED = """
import os, signal, sys
from mixtura.rows.disk.whole import WholeFile
file = WholeFile(sys.argv[1])
file.create().write_text("half")
os.kill(os.getpid(), signal.SIGKILL)
"""


@POSIX
def test_the_next_run_deletes_what_a_killed_one_left(tmp_path):
    (tmp_path / ".mixtura-mine").touch()
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "x")], check=False)
    assert len(os.listdir(tmp_path)) == 2
    alive = written(tmp_path / "y")
    code = (
        f"from mixtura.rows.disk.whole import *; f = WholeFile({str(tmp_path / 'z')!r}); f.write(b''); replace_all([f])"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert sorted(os.listdir(tmp_path)) == sorted([".mixtura-mine", alive.temporary.name, "z"])
    replace_all([alive])


def test_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert expanded("~/x.csv") == tmp_path / "x.csv"
    for name in ("~.csv", "~x", "~", "~root/x"):
        assert str(expanded(name)) == os.path.normpath(name)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no attributes of files here")
def test_a_mark_ends_with_a_change(tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("a\n1\n")
    assert made_by(file) is None
    set_mark(file, '{"command": "detect"}')
    if made_by(file) is None:
        pytest.skip("this file system keeps no attributes")
    os.rename(file, tmp_path / "y.csv")
    assert made_by(tmp_path / "y.csv") == '{"command": "detect"}'
    (tmp_path / "y.csv").write_text("a\n2\n3\n")
    assert made_by(tmp_path / "y.csv") is None
