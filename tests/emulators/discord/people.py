"""What people do: type commands, press buttons, fill in forms, write, react. As Discord's client lets them."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.emulators.discord.calls import Upload
from tests.emulators.discord.command_rules import CHAT_INPUT, MESSAGE_MENU, USER_MENU
from tests.emulators.discord.interactions import Interaction, Kind, context_of
from tests.emulators.discord.media import guess_media_type
from tests.emulators.discord.mentions import find_mentions
from tests.emulators.discord.messages import Attachment, Look, Message, Version
from tests.emulators.discord.modals import Modal, NotPossibleError, check_choice
from tests.emulators.discord.options import Typed, find_options, wrapped
from tests.emulators.discord.payloads import message_json
from tests.emulators.discord.permissions import Permission
from tests.emulators.discord.world import Channel, Role, User
from tests.virtual_time import now

if TYPE_CHECKING:
    from tests.emulators.discord.emulator import DiscordEmulator


@dataclass(eq=False)
class Person(User):
    """Somebody at a screen."""

    discord: "DiscordEmulator" = field(kw_only=True)
    is_adult: bool = True

    async def slash(self, channel: Channel, command: str, /, **options: Any) -> Interaction:
        """`/command` with its options ("settings limits" is a subcommand); back when it is acknowledged, or was not."""
        name, *path = command.split()
        found = self._offered(channel, name, CHAT_INPUT)
        known, steps = find_options(found, path)
        typed = self._typed(channel)
        data = self._command_data(found, typed, options=wrapped(steps, typed.options(known, options)))
        return await self.discord.interact(self, channel, Kind.COMMAND, data)

    async def autocomplete(
        self, channel: Channel, command: str, /, option: str, value: str | float = "", **others: Any
    ) -> Interaction:
        """Type into one option; the handle's `choices` are what is then offered."""
        name, *path = command.split()
        found = self._offered(channel, name, CHAT_INPUT)
        known, steps = find_options(found, path)
        if not any(entry["name"] == option and entry.get("autocomplete") for entry in known):
            raise NotPossibleError(f"{option} offers nothing while one types")
        typed = self._typed(channel)
        told = typed.options(known, {**others, option: value}, focused=option)
        data = self._command_data(found, typed, options=wrapped(steps, told))
        return await self.discord.interact(self, channel, Kind.AUTOCOMPLETE, data)

    async def context_menu(self, target: Message | User, name: str, *, channel: Channel | None = None) -> Interaction:
        """The entry of an "Apps" menu, on a message or on somebody in a channel."""
        if isinstance(target, Message):
            channel = target.channel
            self._check_sees(target)
        if channel is None:
            raise NotPossibleError("a person's menu opens in a channel")
        found = self._offered(channel, name, MESSAGE_MENU if isinstance(target, Message) else USER_MENU)
        typed = self._typed(channel)
        if isinstance(target, Message):
            told = message_json(target, self.discord.cdn, self.discord.bot)
            typed.resolved["messages"] = {str(target.id): told}
        else:
            typed.resolve(target)
        data = self._command_data(found, typed, target_id=str(target.id))
        return await self.discord.interact(self, channel, Kind.COMMAND, data)

    async def press(self, message: Message, button: str) -> Interaction:
        """A button, by its label or its custom id."""
        part = self._control(message, button, {2})
        if part.get("custom_id") is None:
            raise NotPossibleError(f"{button!r} leads elsewhere")
        data = {"component_type": 2, "custom_id": part["custom_id"], "id": part["id"]}
        return await self.discord.interact(self, message.channel, Kind.COMPONENT, data, source=message)

    async def select(self, message: Message, menu: str, *values: str | User | Role | Channel) -> Interaction:
        """Entries of a menu, by its placeholder or its custom id."""
        part = self._control(message, menu, {3, 5, 6, 7, 8})
        chosen = [value if isinstance(value, str) else str(value.id) for value in values]
        check_choice(part, chosen, menu)
        data: dict[str, Any] = {"component_type": part["type"], "custom_id": part["custom_id"], "id": part["id"]}
        data["values"] = chosen
        if part["type"] != 3:
            typed = self._typed(message.channel)
            for value in values:
                if not isinstance(value, str):
                    typed.resolve(value)
            data["resolved"] = typed.resolved
        return await self.discord.interact(self, message.channel, Kind.COMPONENT, data, source=message)

    async def submit(self, opened: Interaction, /, values: dict[str, Any] | None = None, **more: Any) -> Interaction:
        """The modal that an interaction has opened, with values by label or custom id; the rest as it stood."""
        modal = opened.modal
        if modal is None:
            raise NotPossibleError("no modal is open")
        typed = self._typed(opened.channel)
        given = {name: self._kept(modal, typed, name, value) for name, value in ((values or {}) | more).items()}
        data: dict[str, Any] = {"custom_id": modal.custom_id, "components": modal.filled_in(given)}
        if typed.resolved:
            data["resolved"] = typed.resolved
        return await self.discord.interact(
            self, opened.channel, Kind.MODAL, data, source=opened.source, opened_by=opened
        )

    def say(self, channel: Channel, text: str = "", *files: Upload, reply_to: Message | None = None) -> Message:
        """Write into a channel."""
        needed = Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
        if needed not in channel.may(self):
            raise NotPossibleError(f"{self.name} may not write in {channel.name}")
        author = None if reply_to is None else reply_to.author
        found = find_mentions(text, None, channel=channel, author=self, reply_to=author)
        look = Look(
            text,
            attachments=tuple(self._attachment(upload) for upload in files),
            mentions=found.users,
            mention_roles=found.roles,
            mention_everyone=found.everyone,
        )
        message = Message(self.discord.world.ids.new(), channel, self, [Version(now(), look)], reply_to=reply_to)
        message.type = 0 if reply_to is None else 19
        message.pinged = list(found.pinged)
        return self.discord.post.put(message)

    def edit(self, message: Message, text: str) -> None:
        """Change what one has written."""
        self.discord.post.change(message, replace(message.look, content=text))

    def delete(self, message: Message) -> None:
        """Take a message away: one's own, or as a moderator."""
        mine = message.author is self or message.only_for is self
        if not mine and Permission.MANAGE_MESSAGES not in message.channel.may(self):
            raise NotPossibleError(f"{self.name} may not delete what others wrote")
        self.discord.post.remove(message)

    def react(self, message: Message, emoji: str) -> None:
        """Add a reaction."""
        if self not in message.reactions.setdefault(emoji, []):
            message.reactions[emoji].append(self)
            self.discord.world.events.reaction("MESSAGE_REACTION_ADD", message, emoji, self)

    def sees(self, channel: Channel) -> list[Message]:
        """All messages that this person has before them here, the ephemeral ones included."""
        if channel.guild is not None and Permission.VIEW_CHANNEL not in channel.may(self):
            return []
        return [message for message in channel.every_message.values() if message.only_for in {None, self}]

    # What the client checks

    def _check_sees(self, message: Message) -> None:
        if message.deleted or message not in self.sees(message.channel):
            raise NotPossibleError(f"{self.name} does not see this message")

    def _control(self, message: Message, name: str, kinds: set[int]) -> dict[str, Any]:
        """A button or a menu that is on the message and not greyed out."""
        self._check_sees(message)
        parts = [part for part in message.look.parts() if part["type"] in kinds]
        for part in parts:
            if name in {part.get("label"), part.get("custom_id"), part.get("placeholder")}:
                if part.get("disabled"):
                    raise NotPossibleError(f"{name!r} is disabled")
                return part
        names = [part.get("label") or part.get("placeholder") or part.get("custom_id") for part in parts]
        raise NotPossibleError(f"the message has no {name!r}: {names}")

    def _offered(self, channel: Channel, name: str, kind: int) -> dict[str, Any]:
        """The command, where the client lists it for this person in this channel."""
        may = channel.may(self)
        if channel.guild is not None and Permission.USE_APPLICATION_COMMANDS not in may:
            raise NotPossibleError(f"{self.name} may not use commands in {channel.name}")
        for command in self.discord.commands.offered(channel.guild):
            if command["name"] == name and command["type"] == kind and self._may_use(command, channel):
                return command
        raise NotPossibleError(f"{self.name} is not offered {name!r} here")

    def _may_use(self, command: dict[str, Any], channel: Channel) -> bool:
        guild, bot = channel.guild, self.discord.bot
        contexts = command["contexts"]
        context = context_of(channel, bot)
        if contexts is not None and context not in contexts:
            return False
        by_guild = 0 in command["integration_types"] and (
            (guild is not None and guild.has_bot) or (guild is None and bot in channel.recipients)
        )
        by_user = 1 in command["integration_types"] and self.installed_app
        if not by_guild and not by_user:
            return False
        if command["nsfw"] and not (self.is_adult and (guild is None or channel.nsfw)):
            return False
        wanted = command["default_member_permissions"]
        if guild is None or wanted is None:
            return True
        needed, may = Permission(int(wanted)), channel.may(self)
        return Permission.ADMINISTRATOR in may or (needed != 0 and needed & may == needed)

    # How it is told

    def _typed(self, channel: Channel) -> Typed:
        def keep(upload: Upload) -> tuple[Attachment, dict[str, Any]]:
            attachment = self._attachment(upload)
            return attachment, self.discord.cdn.json(channel.id, attachment, kind="ephemeral-attachments")

        return Typed(channel, self, keep)

    def _attachment(self, upload: Upload) -> Attachment:
        media_type = upload.content_type
        if media_type == "application/octet-stream":
            media_type = guess_media_type(upload.filename)
        return Attachment(self.discord.world.ids.new(), upload.filename, upload.data, media_type)

    def _kept(self, modal: Modal, typed: Typed, name: str, value: Any) -> Any:
        """Files are uploaded before a form is sent."""
        if modal.field(name).component["type"] != 19:
            return value
        kept = []
        for upload in value if isinstance(value, list) else [value]:
            attachment, told = typed.keep(upload)
            typed.resolved.setdefault("attachments", {})[str(attachment.id)] = told
            kept.append(str(attachment.id))
        return kept

    @staticmethod
    def _command_data(command: dict[str, Any], typed: Typed, **more: Any) -> dict[str, Any]:
        data: dict[str, Any] = {"id": command["id"], "name": command["name"], "type": command["type"], **more}
        if typed.resolved:
            data["resolved"] = typed.resolved
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return data
