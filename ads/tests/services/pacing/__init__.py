"""Pacing: the SQL beside the rule, events, lists, ranges, the backtest."""
