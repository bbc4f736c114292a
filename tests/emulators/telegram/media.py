"""What comes with a message: found among the uploads, by identifier or by address, and looked at as Telegram does."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from PIL import Image, UnidentifiedImageError

from tests.emulators.telegram.calls import MIB, Call, Upload
from tests.emulators.telegram.clock import seconds
from tests.emulators.telegram.errors import TOO_LARGE, bad_request
from tests.emulators.telegram.files import WRONG_FILE, Files, StoredFile
from tests.emulators.telegram.flood import FloodControl
from tests.emulators.telegram.messages import Media

PHOTO_LIMIT = 10 * MIB
URL_LIMIT = 20 * MIB
PHOTO_URL_LIMIT = 5 * MIB
THUMBNAIL_BYTES = 200_000
THUMBNAIL_SIDE = 320
PHOTO_SIDES = (90, 320, 800, 1280)
"""To what Telegram scales photos, by the longer side."""
LARGEST_PHOTO_SIDES = 10_000
STEEPEST_PHOTO = 20

Fetch = Callable[[str], Awaitable[Upload]]


@dataclass
class Uploads:
    """Turns what a request names into media. `limit` is for one file, in bytes."""

    files: Files
    fetch: Fetch
    complain: Callable[[str], None]
    flood: FloodControl
    limit: int
    local: bool = False

    async def media(self, call: Call, kind: str, value: Any, told: Mapping[str, Any], *, name: str) -> Media:
        """One photo, video, animation or document. `told` has its dimensions and thumbnail, `name` is its parameter.

        Raises TelegramError where there is no such file, or it is too large or no picture.
        """
        upload = call.files.get(name) if not isinstance(value, str) or not value else None
        upload = upload or (call.upload(value) if isinstance(value, str) else None)
        if upload is None and isinstance(value, str) and value.startswith("attach://"):
            raise bad_request(f'{kind} is not attached: file "{value.removeprefix("attach://")}" was not uploaded')
        uploaded = upload is not None
        if upload is None:
            if not isinstance(value, str) or not value:
                raise bad_request(f"there is no {kind} in the request")
            stored = await self._named(value, kind)
        else:
            if len(upload.data) > (PHOTO_LIMIT if kind == "photo" else self.limit):
                raise TOO_LARGE if kind != "photo" else bad_request("file is too big")
            await asyncio.sleep(self.flood.upload(call, len(upload.data), seconds()))
            stored = self._kept(upload, kind)
        if kind == "photo":
            return photo_media(stored, self.files, has_spoiler=_flag(told.get("has_spoiler")))
        if kind == "video" and not _is_mp4(stored.data):
            # what is no MPEG4 is shown as a document
            kind = "document"
        media = Media(kind, stored)
        if kind in {"video", "animation"}:
            media = Media(
                kind,
                stored,
                width=_number(told, "width"),
                height=_number(told, "height"),
                duration=_number(told, "duration"),
                supports_streaming=_flag(told.get("supports_streaming")),
                has_spoiler=_flag(told.get("has_spoiler")),
            )
        return await self._with_pictures(call, media, told, uploaded=uploaded)

    async def _with_pictures(self, call: Call, media: Media, told: Mapping[str, Any], *, uploaded: bool) -> Media:
        given = {name: getattr(media, name) for name in Media.__dataclass_fields__}
        thumbnail = self._thumbnail(call, told, uploaded=uploaded)
        if thumbnail is not None:
            given["thumbnail"], given["thumbnail_size"] = thumbnail
        if media.kind == "video" and told.get("cover"):
            cover = await self.media(call, "photo", told["cover"], {}, name="cover")
            given["cover"], given["cover_size"] = cover.file, (cover.width, cover.height)
        return Media(**given)

    def _thumbnail(
        self, call: Call, told: Mapping[str, Any], *, uploaded: bool
    ) -> tuple[StoredFile, tuple[int, int]] | None:
        """The thumbnail where Telegram would take it; one that it would pass over is complained of."""
        value = told.get("thumbnail")
        upload = call.upload(value) if isinstance(value, str) else None
        upload = upload or (call.files.get("thumbnail") if not value else None)
        if upload is None:
            if value:
                self.complain(f"{call.method}: a thumbnail can only be uploaded")
            return None
        if not uploaded:
            self.complain(f"{call.method}: a thumbnail is ignored where the file is not uploaded with it")
            return None
        size = picture_size(upload.data, "JPEG")
        if size is None or len(upload.data) >= THUMBNAIL_BYTES or max(size) > THUMBNAIL_SIDE:
            found = f"{len(upload.data)} bytes, {size}"
            self.complain(
                f"{call.method}: a thumbnail is a JPEG below 200 kB of at most 320 pixels a side, not {found}"
            )
            return None
        return self.files.keep(upload.data, upload.filename, "image/jpeg"), size

    async def _named(self, value: str, kind: str) -> StoredFile:
        if value.startswith("file://"):
            if not self.local:
                raise bad_request(WRONG_FILE)
            return self._kept(self._on_disk(Path(unquote(urlsplit(value).path))), kind)
        if value.startswith(("http://", "https://")):
            upload = await self.fetch(value)
            if len(upload.data) > (PHOTO_URL_LIMIT if kind == "photo" else URL_LIMIT):
                raise bad_request("failed to get HTTP URL content")
            wanted = {"photo": "image/", "video": "video/"}.get(kind, "")
            if not upload.content_type.startswith(wanted):
                raise bad_request("wrong type of the web page content")
            return self._kept(upload, kind)
        return self.files.find(value, kind)

    def _on_disk(self, path: Path) -> Upload:
        """What a local server reads from its own disk."""
        if not path.is_file():
            raise bad_request(f"wrong file: no such file {path.name}")
        if path.stat().st_size > self.limit:
            raise bad_request("file is too big")
        return Upload(path.name, path.read_bytes())

    def _kept(self, upload: Upload, kind: str) -> StoredFile:
        if not upload.data:
            raise bad_request("file must be non-empty")
        mime_type = upload.content_type
        if kind == "video" and mime_type == "application/octet-stream":
            mime_type = "video/mp4"
        return self.files.keep(upload.data, upload.filename, mime_type)


def photo_media(stored: StoredFile, files: Files, *, has_spoiler: bool = False) -> Media:
    """A photo in the sizes that Telegram makes of it; one that is small enough stays as it was.

    Raises TelegramError for what is no picture or has impossible sides.
    """
    size = picture_size(stored.data)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if sum(size) > LARGEST_PHOTO_SIDES or max(size) > STEEPEST_PHOTO * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    sizes = files.photos.get(stored.unique_id)
    if sizes is None:
        sizes = tuple(_scaled(stored, size, side, files) for side in PHOTO_SIDES if side < max(size))
        if max(size) <= PHOTO_SIDES[-1]:
            sizes += ((stored, *size),)
        for one, _, _ in sizes:
            files.photos[one.unique_id] = sizes
    largest, width, height = sizes[-1]
    return Media("photo", largest, width, height, has_spoiler=has_spoiler, sizes=sizes)


def picture_size(data: bytes, kind: str | None = None) -> tuple[int, int] | None:
    """Width and height, where it is a picture (of that kind)."""
    try:
        with Image.open(io.BytesIO(data), formats=None if kind is None else [kind]) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError):
        return None


def _scaled(stored: StoredFile, size: tuple[int, int], side: int, files: Files) -> tuple[StoredFile, int, int]:
    with Image.open(io.BytesIO(stored.data)) as picture:
        smaller = picture.convert("RGB")
        smaller.thumbnail((side, side))
        out = io.BytesIO()
        smaller.save(out, "JPEG", quality=80)
    return files.keep(out.getvalue(), "photo.jpg", "image/jpeg"), *smaller.size


def _is_mp4(data: bytes) -> bool:
    return data[4:8] == b"ftyp"


def _number(told: Mapping[str, Any], name: str) -> int:
    value = str(told.get(name) or 0)
    return int(value) if value.isdecimal() else 0


def _flag(value: Any) -> bool:
    return str(value).lower() in {"1", "true", "yes"}
