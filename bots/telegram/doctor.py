"""What `matinee doctor` finds out about Telegram: the token, what the bot may hear, how updates travel, the store."""

from collections.abc import AsyncGenerator
from typing import Final

import telegram
from telegram.constants import ChatMemberStatus
from telegram.error import Conflict, InvalidToken, TelegramError

from bots.findings import Finding, Found
from bots.telegram.platform import Server, is_token, keep_quiet
from bots.telegram.polling import UpdatesRequest
from bots.telegram.updates import HEARD

_ADMINISTRATORS: Final = {ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR}
_TRIES: Final = 2
"""A poll of ours cuts off another's, which comes back: the second of ours then meets it."""
_LOOK_SECONDS: Final = 5
_FAR_BEHIND: Final = 100
"""So many updates wait where nobody fetches them."""


async def examine(
    token: str, *, server: Server, storage_chat: int | None, webhook_url: str, told: str | None
) -> AsyncGenerator[Finding]:
    """Look at everything that can be seen from here; nothing is changed and no update is confirmed.

    `told`: the mark of the commands that Telegram was told last.
    """
    keep_quiet()
    if not is_token(token):
        yield _bad("MATINEE_TELEGRAM_TOKEN does not look like a bot's token (a number, a colon, 35 letters).")
        return
    updates = UpdatesRequest(read_timeout=15.0)
    bot = server.bot(token, updates)
    try:
        try:
            await bot.initialize()
        except InvalidToken:
            yield _bad("the token is not accepted. Take the one that @BotFather shows under /mybots, API Token.")
            return
        yield _good(f"logged in as @{bot.username}, bot {bot.id}.")
        for finding in _rights(bot.bot):
            yield finding
        async for finding in _way_in(bot, webhook_url):
            yield finding
        known = await bot.get_my_commands()
        if not known:
            yield _note("it knows no command yet; the first `matinee run` tells it.")
        else:
            since = "as this database remembers" if told else "by another database than this"
            yield _good(f"it knows {len(known)} commands, told {since}.")
        yield await _storage(bot, storage_chat)
    except TelegramError as error:
        yield _bad(
            f"could not be asked ({type(error).__name__}). Is this host online, and MATINEE_TELEGRAM_API_URL right?"
        )
    finally:
        await bot.shutdown()
        await updates.shutdown()


def _rights(me: telegram.User) -> list[Finding]:
    """What @BotFather was told about the bot."""
    privacy = (
        _note("privacy mode is off: it is sent all that is said in groups. Let @BotFather /setprivacy, Enable.")
        if me.can_read_all_group_messages
        else _good("privacy mode is on: of what is said in groups the bot hears what is meant for it. Keep it so.")
    )
    groups = (
        _good(f"it can be added to groups: https://t.me/{me.username}?startgroup=true")
        if me.can_join_groups
        else _note("it cannot be added to groups. If it should be, let @BotFather /setjoingroups, Enable.")
    )
    return [privacy, groups]


async def _way_in(bot: telegram.Bot, webhook_url: str) -> AsyncGenerator[Finding]:
    """Whether updates find their way here, and to nobody else."""
    info = await bot.get_webhook_info()
    if info.pending_update_count >= _FAR_BEHIND:
        yield _note(f"{info.pending_update_count} updates wait; `matinee run` fetches them.")
    if webhook_url:
        if info.url == webhook_url:
            wrong = f" Its last call failed: {info.last_error_message}." if info.last_error_message else ""
            yield Finding(Found.BAD if wrong else Found.GOOD, f"Telegram: it calls {webhook_url}.{wrong}")
        elif info.url:
            yield _note(f"it calls another address, {info.url}; `matinee run` tells it ours.")
        else:
            yield _note("it knows of no webhook yet; `matinee run` tells it.")
    elif info.url:
        yield _note(f"a webhook was left behind, {info.url}; `matinee run` takes it away, since it asks for updates.")
    else:
        yield await _other_poller(bot)
    if not info.allowed_updates or set(info.allowed_updates) == set(HEARD):
        yield _good("it is asked for the kinds of updates that we use.")
    else:
        yield _note(
            f"it was last asked for other kinds of updates ({', '.join(info.allowed_updates)}); a start mends that."
        )


async def _other_poller(bot: telegram.Bot) -> Finding:
    """Whether another program fetches the updates. Asking without an offset confirms none."""
    try:
        for _ in range(_TRIES):
            await bot.get_updates(limit=1, timeout=_LOOK_SECONDS)
    except Conflict:
        return _note("another program fetches this bot's updates. If that is not your `matinee run`, stop it.")
    return _good("nobody else fetches this bot's updates.")


async def _storage(bot: telegram.Bot, chat: int | None) -> Finding:
    """Whether films can be uploaded to the storage chat."""
    if chat is None:
        return _note(
            "no MATINEE_TELEGRAM_STORAGE_CHAT is set: films are uploaded where they are shown. With a private channel "
            "of the bot's own, an upload that is repeated is seen by nobody."
        )
    try:
        there = await bot.get_chat(chat)
        me = await bot.get_chat_member(chat, bot.id)
    except TelegramError as error:
        return _bad(
            f"the storage chat {chat} cannot be reached ({error.message}). Make a private channel, add the bot as an "
            "administrator who may post, and set MATINEE_TELEGRAM_STORAGE_CHAT to its number, such as -1001234567890."
        )
    if there.type == telegram.constants.ChatType.CHANNEL:
        may = me.status == ChatMemberStatus.OWNER or bool(getattr(me, "can_post_messages", False))
    else:
        may = me.status in _ADMINISTRATORS or (me.status == ChatMemberStatus.MEMBER and _members_may_post(there))
    if not may:
        return _bad(f"the bot may not post in the storage chat {chat}. Make it an administrator who may post.")
    if there.username:
        return _note(f"the storage chat {chat} is public: everybody can see every film. Make it private.")
    return _good(f"films are uploaded to the storage chat {chat} first, as long as that has room.")


def _members_may_post(chat: telegram.ChatFullInfo) -> bool:
    return chat.permissions is None or chat.permissions.can_send_videos is not False


def _good(words: str) -> Finding:
    return Finding(Found.GOOD, f"Telegram: {words}")


def _bad(words: str) -> Finding:
    return Finding(Found.BAD, f"Telegram: {words}")


def _note(words: str) -> Finding:
    return Finding(Found.NOTE, f"Telegram: {words}")
