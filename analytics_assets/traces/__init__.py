"""Traces of a person outside the rows of tables: where an id is written, and taking it away. See docs/operations.md."""
