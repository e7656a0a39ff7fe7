"""Tests of the engine: what the database holds to, what the services promise, two at once."""
