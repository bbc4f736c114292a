"""What Discord knows of our commands, against what we offer: whether it has to be told, and what is different."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import discord
from discord import app_commands

from bots.discord.faults import faults_become_ours

COMMANDS_MARK: Final = "discord.commands"
"""Under which the fingerprint is remembered of the commands that Discord was last told."""

Payload = dict[str, Any]


async def offered(tree: app_commands.CommandTree[Any], translator: app_commands.Translator) -> list[Payload]:
    """Our commands in all languages, as they go to Discord."""
    await tree.set_translator(translator)
    return [await command.get_translated_payload(tree, translator) for command in tree.get_commands()]


async def known(client: discord.Client) -> Sequence[Payload]:
    """The commands that Discord has for everybody, by one request. Raises `FaultError`."""
    with faults_become_ours():
        commands: Any = await client.http.get_global_commands(client.application_id or 0)
    return list(commands)


def fingerprint(application: int | None, ours: Sequence[Payload]) -> str:
    """The same for the same commands, to their last translation."""
    text = json.dumps([application, ours], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def differences(theirs: Sequence[Payload], ours: Sequence[Payload]) -> Iterator[str]:
    """What is different at Discord, in words; nothing where all is there.

    Compared is what Discord gives back as it was told: not the translations, nor what it adds of its own.
    """
    there, here = ({(one.get("type", 1), one["name"]): one for one in each} for each in (theirs, ours))
    for names, words in (
        ([name for kind, name in here if (kind, name) not in there], "it lacks {}"),
        ([name for kind, name in there if (kind, name) not in here], "it knows {}, which is none of ours"),
        ([key[1] for key in here if key in there and _shape(here[key]) != _shape(there[key])], "it has {} otherwise"),
    ):
        if names:
            yield words.format(", ".join(names))


def _shape(command: Payload) -> tuple[Any, ...]:
    return command.get("description") or "", [_option(option) for option in command.get("options") or []]


def _option(option: Payload) -> tuple[Any, ...]:
    return (
        option["type"],
        option["name"],
        option.get("description") or "",
        bool(option.get("required")),
        bool(option.get("autocomplete")),
        [(choice["name"], choice["value"]) for choice in option.get("choices") or []],
        [_option(inner) for inner in option.get("options") or []],
    )
