"""The archive of classes is used where there is one, is not where another is made, and a JVM takes classes from it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resources import class_archive
from resources.class_archive import archive_options


def test_options_name_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spark, java = tmp_path / "classes.jsa", tmp_path / "java.jsa"
    monkeypatch.setattr(class_archive, "ARCHIVE", spark)
    monkeypatch.setattr(class_archive, "JAVAS_OWN", java)
    assert archive_options() == ""
    spark.touch()
    assert archive_options("-Xss4m").startswith(f'-XX:SharedArchiveFile="{spark}" -Xshare:auto ')
    java.touch()
    assert archive_options().startswith(f'-XX:SharedArchiveFile="{java}:{spark}" ')
    assert archive_options("-XX:ArchiveClassesAtExit=new.jsa") == "", "what is being made is not used for it"


@pytest.mark.long
def test_a_session_takes_its_classes_from_the_installed_archive(tmp_path: Path) -> None:
    assert class_archive.ARCHIVE.is_file(), "make it: python -m resources.class_archive"
    log = tmp_path / "loaded.txt"
    settings = {"TIDEBOOK_SPARK_JAVA_OPTIONS": f"-Xlog:class+load=info:file={log}", "TIDEBOOK_STATE": f"{tmp_path}"}
    command = [
        sys.executable,
        "-c",
        "from resources.spark import Spark; Spark(master='local[1]').session.range(1).count()",
    ]
    subprocess.run(command, env={**os.environ, **settings}, check=True, timeout=300, capture_output=True)
    loaded = log.read_text().splitlines()
    assert sum("shared objects file (top)" in line for line in loaded) > len(loaded) / 3
