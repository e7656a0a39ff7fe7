"""The files of the platforms: their shapes, columns and surprises."""
