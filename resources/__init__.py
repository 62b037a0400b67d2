"""How Tidebook reaches the outside world: settings, Spark, tables, landing, Dagster's storage.

Belongs here: code that opens something (a process, a file, a table, a database). Not: what an event, a
session or a metric is (analytics_assets).
"""
