"""What `matinee doctor` finds out about Discord: the token, the application, the invitation, and what it was told."""

import re
from collections.abc import AsyncGenerator
from typing import Final

import discord

from bots.discord.faults import FaultError, faults_become_ours
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


async def examine(token: str, *, told: str | None) -> AsyncGenerator[Finding]:
    """Look at everything that can be seen without connecting. `told`: the mark of the commands that were told last."""
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
        with faults_become_ours():
            known = await discord.app_commands.CommandTree(client).fetch_commands()
        if not known:
            yield Finding(Found.NOTE, "Discord: it knows no command yet; the first `matinee run` tells it.")
        else:
            since = "as this database remembers" if told else "by another database than this"
            yield Finding(Found.GOOD, f"Discord: it knows {len(known)} commands, told {since}.")
