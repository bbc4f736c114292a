"""What Discord accepts as an application command."""

import unicodedata
from collections.abc import Iterator
from typing import Any

from tests.emulators.discord.controls import text_mistakes
from tests.emulators.discord.errors import Mistake

LOCALES = frozenset(
    """id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr
    cs el bg ru uk hi th zh-CN ja zh-TW ko""".split()  # noqa: SIM905 - as a table nobody can read it
)
CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
MOST = {CHAT_INPUT: 100, USER_MENU: 15, MESSAGE_MENU: 15}
"""How many of each type (menus: fifteen since March 2026)."""
MOST_CHARACTERS = 8000
SUB_COMMAND, GROUP = 1, 2
STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)

_Place = tuple[str | int, ...]


def command_mistakes(command: dict[str, Any], place: _Place) -> Iterator[Mistake]:
    """All that is wrong with one command."""
    kind = command.get("type") or CHAT_INPUT
    if kind not in MOST:
        yield (*place, "type"), "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3}."
        return
    yield from _name_mistakes(command, place, plain=kind != CHAT_INPUT)
    if kind == CHAT_INPUT:
        yield from _description_mistakes(command, place)
    elif command.get("description"):
        sentence = "Context menu commands cannot have description"
        yield (*place, "description"), "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_CANNOT_BE_SET", sentence
    options = command.get("options") or []
    if kind != CHAT_INPUT and options:
        sentence = "Context menu commands cannot have options"
        yield (*place, "options"), "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_CANNOT_BE_SET", sentence
    yield from _options_mistakes(options, (*place, "options"), depth=0)
    for name, known in (("contexts", {0, 1, 2}), ("integration_types", {0, 1})):
        given = command.get(name)
        if given is not None and (not given or not set(given) <= known):
            yield (*place, name), "BASE_TYPE_CHOICES", f"Value must be one of {known}."
    wanted = command.get("default_member_permissions")
    if wanted is not None and not str(wanted).isdecimal():
        yield (*place, "default_member_permissions"), "PERMISSIONS_INVALID", "Not a set of permissions."
    if sum(_characters(command)) > MOST_CHARACTERS:
        sentence = f"Command exceeds maximum size ({MOST_CHARACTERS})"
        yield place, "APPLICATION_COMMAND_TOO_LARGE", sentence


def _name_mistakes(thing: dict[str, Any], place: _Place, *, plain: bool = False) -> Iterator[Mistake]:
    """A command's or option's name, and its translations: lower case, no spaces; menus may be called anything."""
    yield from text_mistakes(thing, place, "name", 1, 32, required=True)
    names = {("name",): thing.get("name")} | {
        ("name_localizations", locale): name for locale, name in (thing.get("name_localizations") or {}).items()
    }
    for steps, name in names.items():
        if len(steps) > 1 and steps[1] not in LOCALES:
            yield (*place, *steps), "ENUM_TYPE_COERCE", f"{steps[1]!r} is no locale of Discord's."
        if not isinstance(name, str) or not 1 <= len(name) <= 32:
            if len(steps) > 1:
                yield (*place, *steps), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 32 in length."
        elif not plain and (name != name.lower() or not all(map(_may_stand_in_a_name, name))):
            sentence = "Command name is invalid"
            yield (*place, *steps), "APPLICATION_COMMAND_INVALID_NAME", sentence


def _may_stand_in_a_name(character: str) -> bool:
    return character.isalnum() or character in "-_'" or unicodedata.category(character).startswith("M")


def _description_mistakes(thing: dict[str, Any], place: _Place) -> Iterator[Mistake]:
    yield from text_mistakes(thing, place, "description", 1, 100, required=True)
    translations = thing.get("description_localizations") or {}
    for locale in translations:
        at = (*place, "description_localizations")
        if locale not in LOCALES:
            yield (*at, locale), "ENUM_TYPE_COERCE", f"{locale!r} is no locale of Discord's."
        yield from text_mistakes(translations, at, locale, 1, 100, required=True)


def _options_mistakes(options: list[dict[str, Any]], place: _Place, *, depth: int) -> Iterator[Mistake]:
    """Up to 25, the required ones first; subcommands two deep and never beside others."""
    if len(options) > 25:
        yield place, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."
    names = [option.get("name") for option in options]
    if len(set(names)) < len(names):
        yield place, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists"
    below = [option.get("type") in {SUB_COMMAND, GROUP} for option in options]
    if any(below) and not all(below):
        sentence = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        yield place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", sentence
    seen_optional = False
    for index, option in enumerate(options):
        at = (*place, index)
        if option.get("required") and seen_optional:
            sentence = "Required options must be placed before non-required options"
            yield at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", sentence
        seen_optional = seen_optional or not option.get("required")
        yield from _option_mistakes(option, at, depth)


def _option_mistakes(option: dict[str, Any], place: _Place, depth: int) -> Iterator[Mistake]:
    kind = int(option.get("type") or 0)
    yield from _name_mistakes(option, place)
    yield from _description_mistakes(option, place)
    if kind not in range(1, 12) or (kind == GROUP and depth > 0) or (kind == SUB_COMMAND and depth > 1):
        yield (*place, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Not a type that may stand here."
        return
    if kind in {SUB_COMMAND, GROUP}:
        yield from _options_mistakes(option.get("options") or [], (*place, "options"), depth=depth + 1)
        return
    if option.get("options"):
        yield (*place, "options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Only subcommands have options."
    choices = option.get("choices") or []
    if len(choices) > 25:
        yield (*place, "choices"), "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."
    for index, choice in enumerate(choices):
        yield from _choice_mistakes(choice, (*place, "choices", index), kind)
    if option.get("autocomplete") and (choices or kind not in {STRING, INTEGER, NUMBER}):
        sentence = "Autocomplete goes with texts and numbers, and never with choices."
        yield (*place, "autocomplete"), "APPLICATION_COMMAND_AUTOCOMPLETE_INVALID", sentence
    yield from _bounds_mistakes(option, place, kind)


def _choice_mistakes(choice: dict[str, Any], place: _Place, kind: int) -> Iterator[Mistake]:
    yield from text_mistakes(choice, place, "name", 1, 100, required=True)
    value = choice.get("value")
    fits = {STRING: str, INTEGER: int, NUMBER: int | float}.get(kind)
    if fits is None or not isinstance(value, fits) or (isinstance(value, str) and not 1 <= len(value) <= 100):
        yield (*place, "value"), "UNION_TYPE_CONVERT", f"{value!r} is no value of this option."


def _bounds_mistakes(option: dict[str, Any], place: _Place, kind: int) -> Iterator[Mistake]:
    for name in ("min_value", "max_value"):
        if option.get(name) is not None and kind not in {INTEGER, NUMBER}:
            yield (*place, name), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Only numbers have it."
    for name, least in (("min_length", 0), ("max_length", 1)):
        length = option.get(name)
        if length is not None and (kind != STRING or not least <= length <= 6000):
            yield (*place, name), "NUMBER_TYPE_MAX", f"int value should be between {least} and 6000."


def _characters(thing: dict[str, Any]) -> Iterator[int]:
    """Names, descriptions and values; of the translations the longest of each."""
    for name in ("name", "description"):
        translations = (thing.get(f"{name}_localizations") or {}).values()
        yield max(len(text) for text in (thing.get(name) or "", *translations))
    for choice in thing.get("choices") or []:
        yield len(choice.get("name", "")) + len(str(choice.get("value", "")))
    for option in thing.get("options") or []:
        yield from _characters(option)
