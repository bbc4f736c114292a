"""A message with all that it ever showed: each edit, when it came, and what people saw of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntFlag
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.emulators.discord.world import Channel, User


class Flag(IntFlag):
    """A message's flags."""

    NONE = 0
    CROSSPOSTED = 1 << 0
    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    IS_COMPONENTS_V2 = 1 << 15


@dataclass(frozen=True)
class Attachment:
    """A file on a message, with its bytes."""

    id: int
    filename: str
    data: bytes
    content_type: str
    description: str | None = None

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def is_spoiler(self) -> bool:
        return self.filename.startswith("SPOILER_")


@dataclass(frozen=True)
class Look:
    """What a message shows at one time."""

    content: str = ""
    embeds: tuple[dict[str, Any], ...] = ()
    components: tuple[dict[str, Any], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    flags: Flag = Flag.NONE
    mentions: tuple["User", ...] = ()
    mention_roles: tuple[int, ...] = ()
    mention_everyone: bool = False

    @property
    def is_v2(self) -> bool:
        return Flag.IS_COMPONENTS_V2 in self.flags

    @property
    def is_loading(self) -> bool:
        """Whether it is only "… is thinking"."""
        return Flag.LOADING in self.flags

    def parts(self) -> Iterator[dict[str, Any]]:
        """Every component, outermost first."""
        for component in self.components:
            yield from _and_below(component)

    @property
    def text(self) -> str:
        """All that can be read: the content, the embeds, the text displays."""
        lines = [self.content]
        for embed in self.embeds:
            fields = [line for field in embed.get("fields", ()) for line in (field["name"], field["value"])]
            lines += [embed.get("title", ""), embed.get("description", ""), *fields]
            lines.append(embed.get("footer", {}).get("text", ""))
        lines += [part["content"] for part in self.parts() if part["type"] == 10]
        return "\n".join(line for line in lines if line)

    @property
    def labels(self) -> list[str]:
        """What stands on its buttons, in order."""
        return [part.get("label") or "" for part in self.parts() if part["type"] == 2]

    @property
    def files(self) -> list[Attachment]:
        """The files that people see: with Components V2, those that a component shows."""
        if not self.is_v2:
            return list(self.attachments)
        shown = {reference.removeprefix("attachment://") for reference in references(self.components)}
        return [attachment for attachment in self.attachments if attachment.filename in shown]


@dataclass(frozen=True)
class Version:
    """How a message looked from some time on."""

    at: datetime
    look: Look


@dataclass(eq=False)
class Message:
    """A message; what it shows now is `look`, what it ever showed is `history`."""

    id: int
    channel: "Channel"
    author: "User"
    history: list[Version]
    only_for: "User | None" = None
    """Whom it is shown to, where it is ephemeral."""
    nonce: str | int | None = None
    type: int = 0
    reply_to: "Message | None" = None
    by_interaction: dict[str, Any] | None = None
    """Of which interaction it is the answer, as messages tell it."""
    via_token: bool = False
    """Whether it was posted with an interaction's token: it then bears the application's id as a webhook's."""
    pinged: list["User"] = field(default_factory=list)
    """Who was really notified when it was posted."""
    reactions: dict[str, list["User"]] = field(default_factory=dict)
    deleted: bool = False
    pinned: bool = False

    @property
    def look(self) -> Look:
        return self.history[-1].look

    @property
    def posted_at(self) -> datetime:
        return self.history[0].at

    @property
    def edited_at(self) -> datetime | None:
        return self.history[-1].at if len(self.history) > 1 else None

    @property
    def content(self) -> str:
        return self.look.content

    @property
    def text(self) -> str:
        return self.look.text

    @property
    def files(self) -> list[Attachment]:
        return self.look.files

    @property
    def labels(self) -> list[str]:
        return self.look.labels

    @property
    def is_ephemeral(self) -> bool:
        return self.only_for is not None

    def change(self, at: datetime, look: Look) -> None:
        """Show something else from now on."""
        self.history.append(Version(at, replace(look, flags=look.flags & ~Flag.LOADING)))


def _and_below(component: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield component
    for child in component.get("components", ()):
        yield from _and_below(child)
    for name in ("accessory", "component"):
        if isinstance(component.get(name), dict):
            yield from _and_below(component[name])


def references(components: object) -> Iterator[str]:
    """Every `attachment://` that components name."""
    if isinstance(components, dict):
        url = components.get("url")
        if isinstance(url, str) and url.startswith("attachment://"):
            yield url
        for value in components.values():
            yield from references(value)
    elif isinstance(components, list | tuple):
        for value in components:
            yield from references(value)
