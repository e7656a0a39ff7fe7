"""Files that bring their campaigns."""
