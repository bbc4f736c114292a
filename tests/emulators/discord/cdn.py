"""Where files lie: addresses that are signed and run out after a day, as Discord's do."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from yarl import URL

from tests.emulators.discord.messages import Attachment
from tests.virtual_time import now

GOOD_FOR = timedelta(hours=24)
_KEY = b"the emulator's own key"


class Cdn:
    """Keeps every file that was ever uploaded; an address opens it until it has run out."""

    def __init__(self) -> None:
        self.base = ""
        self._files: dict[str, Attachment] = {}

    def url(self, channel_id: int, attachment: Attachment, *, kind: str = "attachments") -> str:
        """A fresh address for a file."""
        path = f"{kind}/{channel_id}/{attachment.id}/{attachment.filename}"
        self._files[path] = attachment
        until = int((now() + GOOD_FOR).timestamp())
        given = until - int(GOOD_FOR.total_seconds())
        return str(
            URL(f"{self.base}/{path}").with_query(ex=f"{until:x}", **{"is": f"{given:x}"}, hm=_sign(path, until))
        )

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The file, or the sentence that Discord has for an address that is no longer good."""
        path = request.match_info["path"]
        attachment = self._files.get(path)
        try:
            until = int(request.query.get("ex", ""), 16)
        except ValueError:
            until = 0
        signed = hmac.compare_digest(request.query.get("hm", ""), _sign(path, until))
        if attachment is None or not signed or until <= now().timestamp():
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=attachment.data, content_type=attachment.content_type)

    def json(self, channel_id: int, attachment: Attachment, *, kind: str = "attachments") -> dict[str, Any]:
        """A file as messages and options tell of it."""
        url = self.url(channel_id, attachment, kind=kind)
        told: dict[str, Any] = {
            "id": str(attachment.id),
            "filename": attachment.filename,
            "size": attachment.size,
            "url": url,
            "proxy_url": url,
            "content_type": attachment.content_type,
        }
        if attachment.description is not None:
            told["description"] = attachment.description
        if kind != "attachments":
            told["ephemeral"] = True
        return told


def expires(url: str) -> datetime:
    """When an address runs out."""
    return datetime.fromtimestamp(int(URL(url).query["ex"], 16), tz=now().tzinfo)


def _sign(path: str, until: int) -> str:
    return hmac.new(_KEY, f"{path}:{until}".encode(), hashlib.sha256).hexdigest()
