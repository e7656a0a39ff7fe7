"""The admin's pages, as people use them."""
