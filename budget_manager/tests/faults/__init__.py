"""Faults: what is broken on purpose, under load, in real servers and processes.

``./test.sh -m faults`` runs them. Each test breaks one thing while spend comes in, mends it, and
then asks the one question of ``system/check.py``: is everything there, once, and as the rule says?
"""
