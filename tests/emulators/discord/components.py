"""What Discord accepts as a message's components: classic rows of controls, or Components V2."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from tests.emulators.discord.controls import button_mistakes, select_mistakes, text_mistakes
from tests.emulators.discord.errors import Mistake
from tests.emulators.discord.messages import references

MOST_COMPONENTS = 40
MOST_TEXT = 4000
MOST_ROWS = 5
SELECTS = frozenset({3, 5, 6, 7, 8})
_TOP_LEVEL_V2 = frozenset({1, 9, 10, 12, 13, 14, 17})
_IN_CONTAINER = _TOP_LEVEL_V2 - {17}

Place = tuple[str | int, ...]


def component_mistakes(components: object, *, v2: bool, filenames: Collection[str]) -> Iterator[Mistake]:
    """All that is wrong with a message's components; `filenames` are the files that it will have."""
    place: Place = ("components",)
    if components is None:
        return
    if not isinstance(components, list):
        yield place, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"
        return
    if not v2 and len(components) > MOST_ROWS:
        yield place, "BASE_TYPE_BAD_LENGTH", f"Must be between 0 and {MOST_ROWS} in length."
    everything = list(_everything(components))
    if len(everything) > MOST_COMPONENTS:
        sentence = f"The total number of components must be {MOST_COMPONENTS} or fewer."
        yield place, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", sentence
    allowed = _TOP_LEVEL_V2 if v2 else frozenset({1})
    for index, component in enumerate(components):
        yield from _mistakes(component, (*place, index), allowed)
    yield from _taken_twice(everything, place)
    if sum(len(part.get("content") or "") for part in everything if part.get("type") == 10) > MOST_TEXT:
        sentence = f"The total text of all components must be {MOST_TEXT} characters or fewer."
        yield place, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", sentence
    for reference in references(components):
        if reference.removeprefix("attachment://") not in filenames:
            sentence = f"The referenced attachment was not found: {reference}"
            yield place, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", sentence


def _everything(components: object) -> Iterator[dict[str, Any]]:
    """Every component however deep."""
    if isinstance(components, list):
        for component in components:
            yield from _everything(component)
    elif isinstance(components, dict):
        yield components
        yield from _everything(components.get("components"))
        yield from _everything(components.get("accessory"))


def _taken_twice(everything: list[dict[str, Any]], place: Place) -> Iterator[Mistake]:
    """Names and numbers that stand twice in one message."""
    names = Counter(part["custom_id"] for part in everything if isinstance(part.get("custom_id"), str))
    if any(count > 1 for count in names.values()):
        yield place, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"
    numbers = Counter(part["id"] for part in everything if part.get("id"))
    if any(count > 1 for count in numbers.values()):
        yield place, "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated"


def _mistakes(component: object, place: Place, allowed: Collection[int]) -> Iterator[Mistake]:
    """One component and what is in it."""
    if not isinstance(component, dict):
        yield place, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType"
        return
    kind = component.get("type")
    if kind not in allowed:
        choices = ", ".join(map(str, sorted(allowed)))
        yield (*place, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({choices}).'
        return
    if kind == 1:
        yield from _row_mistakes(component, place)
    elif kind == 9:
        yield from _section_mistakes(component, place)
    elif kind == 10:
        yield from text_mistakes(component, place, "content", 1, MOST_TEXT, required=True)
    elif kind == 11:
        yield from _media_mistakes(component, place)
    elif kind == 12:
        yield from _gallery_mistakes(component, place)
    elif kind == 13:
        url = (component.get("file") or {}).get("url")
        if not isinstance(url, str) or not url.startswith("attachment://"):
            sentence = "A file component shows an attachment of its own message."
            yield (*place, "file", "url"), "UNFURLED_MEDIA_ITEM_ATTACHMENT_REQUIRED", sentence
    elif kind == 14:
        if component.get("spacing") not in {None, 1, 2}:
            yield (*place, "spacing"), "BASE_TYPE_CHOICES", "Value must be one of (1, 2)."
    else:
        yield from _container_mistakes(component, place)


def _children(component: dict[str, Any], place: Place, least: int, most: int) -> Iterator[Mistake]:
    children = component.get("components")
    if not isinstance(children, list) or not least <= len(children) <= most:
        yield (*place, "components"), "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length."


def _row_mistakes(row: dict[str, Any], place: Place) -> Iterator[Mistake]:
    """Up to five buttons, or one select."""
    wrong = list(_children(row, place, 1, 5))
    yield from wrong
    if wrong:
        return
    kinds = [child.get("type") if isinstance(child, dict) else None for child in row["components"]]
    if any(kind in SELECTS for kind in kinds) and len(kinds) > 1:
        yield (
            (*place, "components"),
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            "The specified component exceeds the maximum width",
        )
    for index, (child, kind) in enumerate(zip(row["components"], kinds, strict=True)):
        at = (*place, "components", index)
        if kind == 2:
            yield from button_mistakes(child, at)
        elif kind in SELECTS:
            yield from select_mistakes(child, at)
        else:
            yield (*at, "type"), "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (2, 3, 5, 6, 7, 8).'


def _section_mistakes(section: dict[str, Any], place: Place) -> Iterator[Mistake]:
    """One to three texts beside a button or a small picture."""
    wrong = list(_children(section, place, 1, 3))
    yield from wrong
    if not wrong:
        for index, child in enumerate(section["components"]):
            yield from _mistakes(child, (*place, "components", index), {10})
    accessory = section.get("accessory")
    at = (*place, "accessory")
    if not isinstance(accessory, dict):
        yield at, "BASE_TYPE_REQUIRED", "This field is required"
    elif accessory.get("type") == 2:
        yield from button_mistakes(accessory, at)
    else:
        yield from _mistakes(accessory, at, {2, 11})


def _gallery_mistakes(gallery: dict[str, Any], place: Place) -> Iterator[Mistake]:
    items = gallery.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= 10:
        yield (*place, "items"), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 10 in length."
        return
    for index, item in enumerate(items):
        yield from _media_mistakes(item, (*place, "items", index))


def _media_mistakes(item: dict[str, Any], place: Place) -> Iterator[Mistake]:
    """A picture or film, by an address or as an attachment."""
    url = (item.get("media") or {}).get("url")
    if not isinstance(url, str) or not url.startswith(("attachment://", "http://", "https://")) or len(url) > 2048:
        sentence = "Scheme must be one of ('http', 'https', 'attachment')."
        yield (*place, "media", "url"), "URL_TYPE_INVALID_SCHEME", sentence
    yield from text_mistakes(item, place, "description", 1, 1024)


def _container_mistakes(container: dict[str, Any], place: Place) -> Iterator[Mistake]:
    wrong = list(_children(container, place, 1, MOST_COMPONENTS))
    yield from wrong
    colour = container.get("accent_color")
    if colour is not None and not (isinstance(colour, int) and 0 <= colour <= 0xFFFFFF):
        yield (*place, "accent_color"), "NUMBER_TYPE_MAX", "int value should be between 0 and 16777215."
    if not wrong:
        for index, child in enumerate(container["components"]):
            yield from _mistakes(child, (*place, "components", index), _IN_CONTAINER)
