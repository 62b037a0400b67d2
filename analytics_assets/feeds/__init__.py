"""Feeds: what a feed declares (spec.py), the tables that it gets (tables.py), and the feeds, a module each."""
