"""A message's components as Discord tells them: complete with what was left out, and with addresses that open."""

from typing import Any

from yarl import URL

from tests.emulators.discord.cdn import Cdn
from tests.emulators.discord.messages import Attachment, Message

_LEFT_OUT: dict[int, dict[str, Any]] = {
    3: {"min_values": 1, "max_values": 1},
    5: {"min_values": 1, "max_values": 1},
    6: {"min_values": 1, "max_values": 1},
    7: {"min_values": 1, "max_values": 1},
    8: {"min_values": 1, "max_values": 1},
    11: {"description": None, "spoiler": False},
    13: {"name": None, "size": None, "spoiler": False},
    14: {"spacing": 1, "divider": True},
    17: {"accent_color": None, "spoiler": False},
}


def shown_components(message: Message, cdn: Cdn) -> list[dict[str, Any]]:
    """As they stand on a message."""
    files = {f"attachment://{attachment.filename}": attachment for attachment in message.look.attachments}
    return [_shown(component, files, message, cdn) for component in message.look.components]


def _shown(component: dict[str, Any], files: dict[str, Attachment], message: Message, cdn: Cdn) -> dict[str, Any]:
    told = _LEFT_OUT.get(component["type"], {}) | component
    if "components" in component:
        told["components"] = [_shown(child, files, message, cdn) for child in component["components"]]
    if "accessory" in component:
        told["accessory"] = _shown(component["accessory"], files, message, cdn)
    if "items" in component:
        told["items"] = [
            {"description": None, "spoiler": False, **item, "media": _media(item["media"], files, message, cdn)}
            for item in component["items"]
        ]
    for name in ("media", "file"):
        if name in component:
            told[name] = _media(component[name], files, message, cdn)
    if component["type"] == 13 and (attachment := files.get(component["file"]["url"])) is not None:
        told |= {"name": attachment.filename, "size": attachment.size}
    return told


def _media(media: dict[str, Any], files: dict[str, Attachment], message: Message, cdn: Cdn) -> dict[str, Any]:
    """An attachment by its address; what lies elsewhere by Discord's own proxy."""
    attachment = files.get(media["url"])
    if attachment is None:
        return {"id": str(message.id), "url": media["url"], "proxy_url": str(URL(cdn.base) / "external")}
    url = cdn.url(message.channel.id, attachment)
    told = {"id": str(attachment.id), "attachment_id": str(attachment.id), "url": url, "proxy_url": url}
    return told | {"content_type": attachment.content_type}
