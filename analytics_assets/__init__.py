"""Tidebook's graph: feeds, transforms, layers, reports, and the definitions that Dagster loads."""

import warnings

# Backfill policies and partitioned checks are what Dagster calls beta and preview. The version is pinned and
# the tests run them, so its warning on every start would tell a user nothing.
warnings.filterwarnings("ignore", message=r".*is currently in (beta|preview).*")
