"""Tests of importing files: formats, what broken ones get, previews."""
