"""Jars from a lock file. Small files stand in for jars, and a folder for the repository."""

import hashlib
from pathlib import Path

import pytest

from stagify_local.errors import JarError
from stagify_local.jars import Jar, fetch, read_lock

CONTENT = b"not really a jar"


def jar(sha256: str) -> Jar:
    return Jar("org.example", "thing", "1.0", sha256)


def store(folder: Path, content: bytes) -> Path:
    path = folder / "org/example/thing/1.0/thing-1.0.jar"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_a_cached_jar_is_taken(tmp_path: Path) -> None:
    path = store(tmp_path, CONTENT)
    assert fetch([jar(hashlib.sha256(CONTENT).hexdigest())], tmp_path) == [path]


def test_a_jar_with_another_sum_is_refused(tmp_path: Path) -> None:
    store(tmp_path, CONTENT + b"!")
    with pytest.raises(JarError, match=r"org\.example:thing:1\.0 has sha256"):
        fetch([jar(hashlib.sha256(CONTENT).hexdigest())], tmp_path)


@pytest.mark.parametrize("name", ["kafka", "s3proxy"])
def test_locks_name_every_jar_once_with_its_sum(name: str) -> None:
    jars = read_lock(name)
    assert len({item.path for item in jars}) == len(jars) > 40
    assert all(len(item.sha256) == 64 for item in jars)
