"""The HTTP API, version 1, below ``/api/v1/``.

A face: for each request it reads the clock once, authenticates the key, parses the body, makes one
service call and renders the answer. It has no rules of its own.
"""
