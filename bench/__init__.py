"""Benchmarks: the figures that the hit path is held to, each measured against something in the same run."""
