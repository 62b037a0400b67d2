"""Alerts: what is wrong with feeds, as it stands, and who was told of it."""
