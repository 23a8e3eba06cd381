"""Measurements: how fast and how large, always as a ratio to a named peer in the same run. Asserts nothing."""
