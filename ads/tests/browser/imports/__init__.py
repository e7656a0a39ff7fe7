"""Imports in a browser."""
