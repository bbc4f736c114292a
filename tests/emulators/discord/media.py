"""What Discord takes a file for, by its name."""

import mimetypes
from pathlib import PurePosixPath

_OURS = {".mp4": "video/mp4", ".webm": "video/webm", ".webp": "image/webp", ".png": "image/png", ".gif": "image/gif"}


def guess_media_type(filename: str) -> str:
    """The same on every machine for the types that matter here."""
    suffix = PurePosixPath(filename).suffix.lower()
    return _OURS.get(suffix) or mimetypes.guess_type(filename)[0] or "application/octet-stream"
