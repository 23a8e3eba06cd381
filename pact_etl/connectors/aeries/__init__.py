"""Aeries: its API v5."""
