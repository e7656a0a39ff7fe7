"""The HTTP API, version 1, below ``/api/v1/``.

A face: it reads the clock once a request, finds out who asks, reads what was sent, makes one
service call and writes the answer down. It has no rule of its own.
"""
