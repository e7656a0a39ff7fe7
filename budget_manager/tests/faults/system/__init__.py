"""What is broken: the whole system on servers and machines of its own, its load, and the check."""
