"""Servers that speak like a district's own: for demonstrations and for faults that no real server shows on demand."""
