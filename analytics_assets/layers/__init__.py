"""Layers: read, transform, write, report. Thin; the knowledge lives in transforms/."""
