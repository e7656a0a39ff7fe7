"""How web serves: the worker of gunicorn, and static files."""
