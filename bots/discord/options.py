"""What options of commands are called, and what can be chosen for them while somebody types."""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from discord import app_commands
from discord.app_commands import Choice

from bots.discord.languages import localised

_CHOICES_MOST: Final = 25

_Callback = TypeVar("_Callback", bound=Callable[..., Any])


def options(*names: str) -> Callable[[_Callback], _Callback]:
    """What options are called and what they are for, in every language. In English they are called as in the code."""
    named = app_commands.rename(**{name: localised(f"option-name-{name}") for name in names})
    described = app_commands.describe(**{name: localised(f"option-{name}") for name in names})
    return lambda callback: named(described(callback))


def matching(typed: object, offers: Iterable[tuple[str, Any]]) -> list[Choice[Any]]:
    """What can be chosen, of what begins with or holds what was typed; from memory, since Discord waits."""
    wanted = str(typed).casefold()
    return [Choice(name=name[:100], value=value) for name, value in offers if wanted in name.casefold()][:_CHOICES_MOST]
