"""What `matinee doctor` finds out about Discord: the token, the application, the invitation, and what it was told."""

import re
from collections.abc import AsyncGenerator
from typing import Final

import discord

from bots.discord.commands import build_tree
from bots.discord.desk import Desk
from bots.discord.faults import FaultError, faults_become_ours
from bots.discord.languages import CatalogueTranslator
from bots.discord.pace import Pace
from bots.discord.presses import Presses
from bots.discord.syncing import COMMANDS_MARK, differences, fingerprint, known, offered
from bots.discord.wire import Wire
from bots.findings import Finding, Found

PERMISSIONS: Final = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    embed_links=True,
    read_message_history=True,
)
"""All that the bot needs in a channel, and nothing more."""
_TOKEN: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


async def examine(token: str, desk: Desk | None) -> AsyncGenerator[Finding]:
    """Look at everything that can be seen without connecting.

    `desk`: where commands would be answered; None where that cannot be known, and they are not looked at.
    """
    if not _TOKEN.fullmatch(token):
        yield Finding(
            Found.BAD, "Discord: MATINEE_DISCORD_TOKEN does not look like a bot's token (three parts, two dots)."
        )
        return
    async with discord.Client(intents=discord.Intents.none()) as client:
        try:
            with faults_become_ours():
                await client.login(token)
                application = await client.application_info()
        except discord.LoginFailure:
            yield Finding(
                Found.BAD, "Discord: the token is not accepted. Take a new one from the application's Bot page."
            )
            return
        except FaultError as fault:
            yield Finding(Found.BAD, f"Discord: could not be asked ({fault}). Is this host online?")
            return
        yield Finding(Found.GOOD, f"Discord: logged in as {client.user}, application {application.id}.")
        yield Finding(Found.GOOD, "Discord: no privileged intent is needed.")
        if not application.bot_public:
            yield Finding(Found.NOTE, "Discord: the bot is private, so only you can invite it.")
        link = discord.utils.oauth_url(application.id, permissions=PERMISSIONS, scopes=("bot", "applications.commands"))
        yield Finding(Found.GOOD, f"Discord: invite it with exactly what it needs: {link}")
        if desk is not None:
            yield await _commands(client, desk)


async def _commands(client: discord.Client, desk: Desk) -> Finding:
    """Whether Discord knows the commands as we offer them."""
    tree = build_tree(client, desk, Presses(desk, Wire(client, Pace(), desk.now, desk.service.move)))
    ours = await offered(tree, CatalogueTranslator())
    try:
        theirs = await known(client)
    except FaultError as fault:
        return Finding(Found.BAD, f"Discord: it does not say which commands it knows ({fault}). Try again later.")
    told = await desk.service.mark(COMMANDS_MARK)
    if not theirs and told is None:
        return Finding(Found.NOTE, "Discord: it knows no command yet; the first `matinee run` tells it.")
    wrong = "; ".join(differences(theirs, ours))
    if wrong:
        return Finding(Found.BAD, f"Discord: its commands are not ours: {wrong}; `matinee run` tells it at its start.")
    if told != fingerprint(client.application_id, ours):
        return Finding(Found.NOTE, f"Discord: it knows all {len(ours)} commands; the next `matinee run` tells it anew.")
    return Finding(Found.GOOD, f"Discord: it knows all {len(ours)} commands as they are.")
