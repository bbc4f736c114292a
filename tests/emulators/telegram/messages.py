"""A message: who wrote it where, and all that it has shown, oldest first."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.emulators.telegram.files import StoredFile

if TYPE_CHECKING:
    from tests.emulators.telegram.chats import Chat, Topic
    from tests.emulators.telegram.world import User


@dataclass(frozen=True)
class Media:
    """What a message holds beside its words."""

    kind: str
    """photo, video, animation or document"""
    file: StoredFile
    width: int = 0
    height: int = 0
    duration: int = 0
    supports_streaming: bool = False
    has_spoiler: bool = False
    thumbnail: StoredFile | None = None
    thumbnail_size: tuple[int, int] = (0, 0)
    cover: StoredFile | None = None
    cover_size: tuple[int, int] = (0, 0)
    sizes: tuple[tuple[StoredFile, int, int], ...] = ()
    """Of a photo: file, width, height; the largest last."""

    @property
    def data(self) -> bytes:
        """Its bytes as they were uploaded."""
        return self.file.data


@dataclass(frozen=True)
class Look:
    """What a message shows at one time."""

    text: str = ""
    """The text, or the caption where there is media."""
    entities: tuple[dict[str, Any], ...] = ()
    media: Media | None = None
    keyboard: tuple[tuple[dict[str, Any], ...], ...] = ()
    """The inline keyboard, row by row."""
    below: dict[str, Any] | None = None
    """What it asks of the client below the field for writing: a reply keyboard, its removal, a forced reply."""
    preview: dict[str, Any] | None = None
    caption_above: bool = False
    service: dict[str, Any] = field(default_factory=dict)
    """What happened, where it is no message of somebody's: joined, migrated, a topic made."""


@dataclass(frozen=True)
class Version:
    """A look, and from when on it was shown."""

    at: datetime
    look: Look


@dataclass(eq=False)
class Message:
    """One message; `versions` is its history of edits, with times."""

    id: int
    chat: "Chat"
    sender: "User | None"
    """None in a channel."""
    versions: list[Version]
    topic: "Topic | None" = None
    reply_to: "Message | None" = None
    sender_chat: "Chat | None" = None
    author_signature: str | None = None
    is_automatic_forward: bool = False
    forwarded_from: "Message | None" = None
    silent: bool = False
    protected: bool = False
    album: str | None = None
    """What the pictures of one album have in common."""
    thread_id: int | None = None
    """Of a reply thread in a supergroup, outside all topics."""
    deleted: bool = False
    reactions: dict[int, tuple[dict[str, Any], ...]] = field(default_factory=dict)
    """By who reacted."""
    told_id: int | None = None
    """What the bot was told instead of its number: 0 for a video that was scheduled by the server."""

    @property
    def look(self) -> Look:
        return self.versions[-1].look

    @property
    def date(self) -> datetime:
        return self.versions[0].at

    @property
    def edited_at(self) -> datetime | None:
        return self.versions[-1].at if len(self.versions) > 1 else None

    @property
    def text(self) -> str:
        """The text or caption now."""
        return self.look.text

    @property
    def texts(self) -> list[str]:
        """All that it has said, oldest first."""
        return [version.look.text for version in self.versions]

    @property
    def entities(self) -> tuple[dict[str, Any], ...]:
        return self.look.entities

    @property
    def media(self) -> Media | None:
        return self.look.media

    @property
    def video(self) -> Media | None:
        """The video, where it is one."""
        media = self.look.media
        return media if media is not None and media.kind == "video" else None

    @property
    def photo(self) -> Media | None:
        """The photo, where it is one."""
        media = self.look.media
        return media if media is not None and media.kind == "photo" else None

    @property
    def keyboard(self) -> list[list[str]]:
        """The labels of the buttons, row by row."""
        return [[button["text"] for button in row] for row in self.look.keyboard]

    @property
    def buttons(self) -> Iterator[dict[str, Any]]:
        for row in self.look.keyboard:
            yield from row

    def entity_text(self, entity: dict[str, Any]) -> str:
        """The piece of the text that an entity is about."""
        units = self.text.encode("utf-16-le")
        start, length = entity["offset"] * 2, entity["length"] * 2
        return units[start : start + length].decode("utf-16-le")
