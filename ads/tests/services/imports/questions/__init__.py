"""What a file is asked before it is recorded."""
