"""Tests in a browser run unless TIDEBOOK_NO_BROWSER=1 says that this machine has none."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from chromium import Browser, find_chromium, started

collect_ignore_glob = ["test_*.py"] if os.environ.get("TIDEBOOK_NO_BROWSER") == "1" else []


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A running Chromium."""
    program = find_chromium()
    if program is None:
        pytest.fail(
            "Chromium is not installed: apt-get install -y chromium. "
            "To leave these tests out on this machine: TIDEBOOK_NO_BROWSER=1"
        )
    with started(program, tmp_path_factory.mktemp("profile")) as running:
        yield running
