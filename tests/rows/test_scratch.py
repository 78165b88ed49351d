"""Folders for what has to wait: private, and swept when their process was killed."""

import os
import stat
import subprocess
import sys

import pytest

from mixtura.rows.disk.scratch import Scratch

CODE = """
import os, signal, sys
from mixtura.rows.disk.scratch import Scratch
scratch = Scratch()
(scratch.folder / "rows").write_text("data")
print(scratch.folder.name, flush=True)
if sys.argv[1] == "die":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="permissions and signals differ there")
def test_private_and_swept_when_its_process_is_dead(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    (tmp_path / "mixtura-of-mine").mkdir()
    command = [sys.executable, "-c", CODE]
    alive = subprocess.Popen(
        [*command, "wait"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    name = alive.stdout.readline().strip()
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700
    dead = subprocess.run([*command, "die"], env=environment, stdout=subprocess.PIPE, text=True, check=False)
    assert sorted(os.listdir(tmp_path)) == sorted(["mixtura-of-mine", name, dead.stdout.strip()])
    subprocess.run([*command, "wait"], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    assert sorted(os.listdir(tmp_path)) == sorted(["mixtura-of-mine", name])
    alive.communicate("")
    assert os.listdir(tmp_path) == ["mixtura-of-mine"]


def test_a_folder_that_another_took_for_abandoned(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    answers = [None, 3]
    monkeypatch.setattr("mixtura.rows.disk.scratch.claim", lambda file: answers.pop(0))
    monkeypatch.setattr("mixtura.rows.disk.scratch.os.close", lambda descriptor: None)
    scratch = Scratch()
    assert scratch.folder.is_dir()
    assert not answers
