"""Judging: evidence in, verdicts with reasons out. Pure: no SQL, no settings, no input or output."""
