"""The overview: states, holds, money, limits, changes."""
