"""Benchmarks: speed beside other programs, in one run on one machine."""
