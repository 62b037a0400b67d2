"""Drafts of feeds, made from samples of their files for a person to mend. Nothing here runs in a pass."""
