"""What is refused of an upload, or of what is asked of one."""


class UploadRefused(ValueError):
    """The file is not taken in, and nothing of it is kept."""


class OutOfTurn(ValueError):
    """What was asked for cannot be done to the import as it is now; nothing was changed."""
