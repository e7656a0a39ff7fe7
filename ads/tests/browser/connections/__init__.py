"""Connecting ad platforms, in a browser."""
