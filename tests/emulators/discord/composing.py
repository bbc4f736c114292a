"""From a request's body to what a message will show, with everything checked that Discord checks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.emulators.discord.calls import Upload
from tests.emulators.discord.components import component_mistakes
from tests.emulators.discord.content import content_mistakes, embed_mistakes, nonce_mistakes
from tests.emulators.discord.errors import Mistake, bad_form, refusal
from tests.emulators.discord.media import guess_media_type
from tests.emulators.discord.mentions import Mentions, find_mentions, mention_mistakes
from tests.emulators.discord.messages import Attachment, Flag, Look
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.world import Channel, User

_MAY_BE_SET = Flag.SUPPRESS_EMBEDS | Flag.SUPPRESS_NOTIFICATIONS | Flag.IS_COMPONENTS_V2 | Flag.EPHEMERAL
_V2_ONLY = "The {} field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
MOST_FILES = 10


@dataclass(frozen=True)
class Desk:
    """Where a message is written: in which channel, by whom, with how large a file at most."""

    channel: Channel
    author: User
    file_limit: int

    def compose(
        self, body: dict[str, Any], files: dict[int, Upload], old: Look | None = None, *, reply_to: User | None = None
    ) -> tuple[Look, Mentions]:
        """What will be shown, from nothing or from what was shown before; refused where Discord refuses it."""
        before = old or Look()
        self._check_permissions(body, files)
        if any(len(upload.data) > self.file_limit for upload in files.values()):
            raise refusal(40005)
        flags = _flags(body, before, is_new=old is None)
        attachments, wrong = self._attachments(body, files, before, is_new=old is None)
        look = replace(
            before,
            content=_said(body, "content", before.content) or "",
            embeds=tuple(_said(body, "embeds", before.embeds) or ()),
            components=_numbered(_said(body, "components", before.components) or ()),
            attachments=attachments,
            flags=flags,
        )
        mistakes = [
            *wrong,
            *content_mistakes(body),
            *nonce_mistakes(body),
            *mention_mistakes(body.get("allowed_mentions")),
        ]
        mistakes += _mistakes(body, look, before)
        if mistakes:
            raise bad_form(*mistakes)
        if not (look.content or look.embeds or look.components or (look.attachments and not look.is_v2)):
            raise refusal(50006)
        self._check_words(look)
        found = self._mentions(body, look, reply_to)
        if old is None or "content" in body or "components" in body:
            look = replace(look, mentions=found.users, mention_roles=found.roles, mention_everyone=found.everyone)
        return look, found

    def _check_permissions(self, body: dict[str, Any], files: dict[int, Upload]) -> None:
        guild = self.channel.guild
        if guild is None or not guild.has_bot:
            return
        may = self.channel.may(self.author)
        if (files and Permission.ATTACH_FILES not in may) or (body.get("embeds") and Permission.EMBED_LINKS not in may):
            raise refusal(50013)

    def _check_words(self, look: Look) -> None:
        """The guild's AutoMod reads what bots write."""
        if self.channel.guild is not None:
            text = look.text.casefold()
            if any(word.casefold() in text for word in self.channel.guild.blocked_words):
                raise refusal(200000)

    def _mentions(self, body: dict[str, Any], look: Look, reply_to: User | None) -> Mentions:
        text = "\n".join([look.content, *(part["content"] for part in look.parts() if part["type"] == 10)])
        allowed = body.get("allowed_mentions")
        return find_mentions(text, allowed, channel=self.channel, author=self.author, reply_to=reply_to)

    def _attachments(
        self, body: dict[str, Any], files: dict[int, Upload], before: Look, *, is_new: bool
    ) -> tuple[tuple[Attachment, ...], list[Mistake]]:
        """The files it will have: `attachments` is the whole list; without it, what was there and what comes."""
        listed = body.get("attachments")
        if listed is None and (is_new or "attachments" not in body):
            # neither named nor removed: what was there stays, what comes is added
            listed = [{"id": attachment.id} for attachment in before.attachments] + [{"id": index} for index in files]
        old = {attachment.id: attachment for attachment in before.attachments}
        kept: list[Attachment] = []
        mistakes: list[Mistake] = []
        named = set()
        for position, entry in enumerate(listed or ()):
            number = int(entry.get("id", -1))
            description = entry.get("description")
            if number in old:
                kept.append(replace(old[number], description=description or old[number].description))
            elif number in files:
                named.add(number)
                kept.append(self._kept(files[number], entry))
            else:
                sentence = "Attachment was not found"
                mistakes.append((("attachments", position, "id"), "ATTACHMENT_NOT_FOUND", sentence))
            if description is not None and len(description) > 1024:
                sentence = "Must be 1024 or fewer in length."
                mistakes.append((("attachments", position, "description"), "BASE_TYPE_MAX_LENGTH", sentence))
        if named != set(files):
            mistakes.append(
                (("attachments",), "ATTACHMENT_NOT_LISTED", "A file was sent that attachments does not name.")
            )
        if len(kept) > MOST_FILES:
            mistakes.append((("attachments",), "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."))
        return tuple(kept), mistakes

    def _kept(self, upload: Upload, entry: dict[str, Any]) -> Attachment:
        name = entry.get("filename") or upload.filename
        return Attachment(
            self.channel.world.ids.new(), name, upload.data, guess_media_type(name), entry.get("description")
        )


def _said(body: dict[str, Any], name: str, before: Any) -> Any:
    return body.get(name) if name in body else before


def _flags(body: dict[str, Any], before: Look, *, is_new: bool) -> Flag:
    """The flags it will have. Components V2 is a way of no return."""
    if body.get("flags") is None:
        return before.flags
    asked = Flag(int(body["flags"])) & _MAY_BE_SET
    if is_new:
        return asked
    if before.is_v2 and Flag.IS_COMPONENTS_V2 not in asked:
        sentence = "MessageFlags.IS_COMPONENTS_V2 cannot be removed"
        raise bad_form((("flags",), "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG", sentence))
    changing = Flag.SUPPRESS_EMBEDS | Flag.IS_COMPONENTS_V2
    return before.flags & ~changing | asked & changing


def _mistakes(body: dict[str, Any], look: Look, before: Look) -> Iterator[Mistake]:
    if look.is_v2:
        for name in ("content", "embeds"):
            if getattr(look, name):
                yield (name,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", _V2_ONLY.format(name)
        for name in ("poll", "sticker_ids"):
            if body.get(name):
                yield (name,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", _V2_ONLY.format(name)
    else:
        yield from embed_mistakes(body.get("embeds"))
    if "components" in body or "attachments" in body or look.is_v2 != before.is_v2:
        filenames = {attachment.filename for attachment in look.attachments}
        components = body["components"] if "components" in body else list(look.components)
        yield from component_mistakes(components, v2=look.is_v2, filenames=filenames)


def _numbered(components: Any) -> tuple[dict[str, Any], ...]:
    """The components as Discord keeps them: each with a number of its own."""
    if not isinstance(components, list | tuple):
        return ()
    taken = {component["id"] for component in _deep(components) if component.get("id")}
    free = (number for number in range(1, 1000) if number not in taken)

    def walk(component: Any) -> Any:
        if not isinstance(component, dict):
            return component
        kept = {name: value for name, value in component.items() if value is not None}
        kept["id"] = component.get("id") or next(free)
        if isinstance(component.get("components"), list):
            kept["components"] = [walk(child) for child in component["components"]]
        if isinstance(component.get("accessory"), dict):
            kept["accessory"] = walk(component["accessory"])
        return kept

    return tuple(walk(component) for component in components)


def _deep(components: Any) -> Iterator[dict[str, Any]]:
    for component in components if isinstance(components, list | tuple) else ():
        if isinstance(component, dict):
            yield component
            yield from _deep(component.get("components"))
            yield from _deep([component.get("accessory")])
