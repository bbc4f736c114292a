"""What Telegram has of files: bytes, the identifiers by which each bot knows them, and the paths they open by."""

import base64
import secrets
from dataclasses import dataclass, field

from tests.emulators.telegram.calls import MIB
from tests.emulators.telegram.clock import seconds
from tests.emulators.telegram.errors import NOT_FOUND, bad_request

DOWNLOAD_LIMIT = 20 * MIB
"""`20 << 20` in the official server; none with a local one."""
PATH_SECONDS = 3600.0
"""How long a path opens: "guaranteed to be valid for at least 1 hour"."""
WRONG_FILE = "wrong file identifier/HTTP URL specified"
_FOLDERS = {"photo": "photos", "video": "videos", "animation": "animations", "document": "documents"}
_NAMES = {
    "photo": "Photo",
    "video": "Video",
    "animation": "Animation",
    "document": "Document",
    "thumbnail": "Thumbnail",
}


@dataclass(frozen=True)
class StoredFile:
    """One file as it was uploaded."""

    unique_id: str
    data: bytes = field(repr=False)
    filename: str
    mime_type: str

    @property
    def size(self) -> int:
        return len(self.data)


class Files:
    """Keeps every file; `bot_id` is whose identifiers are good here."""

    def __init__(self, bot_id: int) -> None:
        self.bot_id = bot_id
        self.photos: dict[str, tuple[tuple[StoredFile, int, int], ...]] = {}
        """By each of its files: all sizes of a photo."""
        self._stored: dict[str, StoredFile] = {}
        self._ids: dict[tuple[str, str], str] = {}
        self._paths: dict[str, tuple[StoredFile, float]] = {}

    def keep(self, data: bytes, filename: str, mime_type: str) -> StoredFile:
        """Store an upload."""
        stored = StoredFile(f"AgAD{secrets.token_urlsafe(9)}", data, filename, mime_type)
        self._stored[stored.unique_id] = stored
        return stored

    def id(self, stored: StoredFile, kind: str) -> str:
        """By what the bot knows a file; the same one for the same file."""
        key = (stored.unique_id, kind)
        if key not in self._ids:
            self._ids[key] = self._encoded(stored, kind, self.bot_id)
        return self._ids[key]

    def foreign_id(self, stored: StoredFile, kind: str) -> str:
        """By what another bot knows it: good for nothing here."""
        return self._encoded(stored, kind, self.bot_id + 1)

    def find(self, file_id: str, kind: str | None = None) -> StoredFile:
        """The file behind an identifier; with a kind, only where it may be sent as that.

        Raises TelegramError for what is unknown, another bot's, or of another kind.
        """
        found, is_a = self._decoded(file_id)
        if kind is not None and is_a != kind:
            raise bad_request(f"can't use file of type {_NAMES[is_a]} as {_NAMES[kind]}")
        return found

    def path(self, file_id: str) -> tuple[StoredFile, str]:
        """A fresh path for `/file/bot<token>/`."""
        stored, kind = self._decoded(file_id)
        suffix = "." + stored.filename.rsplit(".", 1)[1] if "." in stored.filename else ""
        path = f"{_FOLDERS.get(kind, 'thumbnails')}/file_{len(self._paths)}{suffix}"
        self._paths[path] = (stored, seconds() + PATH_SECONDS)
        return stored, path

    def open(self, path: str) -> StoredFile:
        """What lies behind a path.

        Raises TelegramError where there is nothing, or no longer.
        """
        stored, until = self._paths.get(path, (None, 0.0))
        if stored is None or seconds() > until:
            raise NOT_FOUND
        return stored

    def _decoded(self, file_id: str) -> tuple[StoredFile, str]:
        try:
            kind, unique_id, owner, _ = base64.urlsafe_b64decode(file_id.encode()).decode().split("|")
        except ValueError:
            raise bad_request(WRONG_FILE) from None
        if int(owner) != self.bot_id or unique_id not in self._stored:
            raise bad_request(WRONG_FILE)
        return self._stored[unique_id], kind

    @staticmethod
    def _encoded(stored: StoredFile, kind: str, owner: int) -> str:
        told = "|".join((kind, stored.unique_id, str(owner), secrets.token_hex(4)))
        told += "=" * (-len(told) % 3)
        return base64.urlsafe_b64encode(told.encode()).decode()
