"""Tests in a browser run unless TIDEBOOK_NO_BROWSER=1 says that this machine has none."""

import os

collect_ignore_glob = ["test_*.py"] if os.environ.get("TIDEBOOK_NO_BROWSER") == "1" else []
