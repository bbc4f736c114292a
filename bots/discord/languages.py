"""The languages of Discord: which one a person reads, and what the commands are called in it."""

from collections.abc import Callable
from typing import Any, Final

import discord
from discord import app_commands
from discord.app_commands import TranslationContextTypes, locale_str
from typing_extensions import override

from core.texts import ENGLISH, Value, keys, language_for, say, speak, speaking

_KEY: Final = "key"
_VALUES: Final = "values"


def localised(key: str, **values: Value) -> locale_str:
    """A sentence for Discord to know in every language; it calls things back by the English one."""
    with speaking(ENGLISH):
        return locale_str(say(key, **values), **{_KEY: key, _VALUES: values})


def language_of(asked: discord.Interaction[Any]) -> str:
    """The language that somebody has set in their Discord, as far as we speak it."""
    return language_for(asked.locale.value) or ENGLISH


def speak_to(asked: discord.Interaction[Any]) -> None:
    """Say everything in the language of whoever asked, to the end of the task: each interaction has its own."""
    speak(language_of(asked))


class CatalogueTranslator(app_commands.Translator):
    """Looks up what is called how. discord.py asks it for each of Discord's languages, before the commands are told.

    English is among the answers: Discord falls back to a neighbour's name (en-US to en-GB) before it takes the default.
    """

    @override
    async def translate(
        self, string: locale_str, locale: discord.Locale, context: TranslationContextTypes
    ) -> str | None:
        language, key = language_for(locale.value), string.extras[_KEY]
        if language is None or key not in keys(language):
            return None
        with speaking(language):
            return say(key, **string.extras[_VALUES])


class LocalisedTree(app_commands.CommandTree[Any]):
    """Commands that answer in the language of whoever asked; `begin` is called as each answer begins."""

    begin: Callable[[discord.Interaction[Any]], None] = staticmethod(speak_to)

    @override
    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        self.begin(interaction)
        return True
