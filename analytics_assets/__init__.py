"""Tidebook's graph: feeds, transforms, layers, reports, and the definitions that Dagster loads."""
