"""Skips files that are too large, without storing them on the web server's disk."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

#: The largest rest of the form, in bytes.
_REST = 1 << 20


class SizeGuard(FileUploadHandler):
    """Skips the file if the request is too long for an acceptable one."""

    is_too_large = False

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  (Django's name)
        content_length: int,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        self.is_too_large = content_length > settings.IMPORT_MAX_BYTES + _REST

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.is_too_large:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def guard(request: HttpRequest) -> SizeGuard:
    """Guard this request, whose body has not been read yet."""
    handler = SizeGuard(request)
    request.upload_handlers.insert(0, handler)
    return handler
