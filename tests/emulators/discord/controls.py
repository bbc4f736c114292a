"""What Discord accepts as a button, a select and a modal with its fields."""

from collections.abc import Iterator
from typing import Any

from tests.emulators.discord.errors import Mistake

_Place = tuple[str | int, ...]
_REQUIRED = ("BASE_TYPE_REQUIRED", "This field is required")


def text_mistakes(
    thing: dict[str, Any], place: _Place, name: str, least: int, most: int, *, required: bool = False
) -> Iterator[Mistake]:
    """One text field's length."""
    value = thing.get(name)
    if value is None:
        if required:
            yield (*place, name), *_REQUIRED
    elif not isinstance(value, str):
        yield (*place, name), "STRING_TYPE_CONVERT", f"Could not interpret {value!r} as string."
    elif not least <= len(value) <= most:
        yield (*place, name), "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length."


def button_mistakes(button: dict[str, Any], place: _Place) -> Iterator[Mistake]:
    """A button acts, or leads somewhere, or sells: never two of these."""
    style = button.get("style")
    if style not in {1, 2, 3, 4, 5, 6}:
        yield (*place, "style"), "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6}."
        return
    needed = {5: "url", 6: "sku_id"}.get(style, "custom_id")
    for name in ("custom_id", "url", "sku_id"):
        given = button.get(name)
        if name == needed and not given:
            yield (*place, name), *_REQUIRED
        elif name != needed and given is not None:
            sentence = f"A {needed} button cannot have a {name}"
            yield (*place, name), "BUTTON_COMPONENT_INVALID_FIELD", sentence
    yield from text_mistakes(button, place, "custom_id", 1, 100)
    yield from text_mistakes(button, place, "label", 0, 80)
    yield from text_mistakes(button, place, "url", 1, 512)
    if style != 6 and not button.get("label") and not button.get("emoji"):
        yield place, "BUTTON_COMPONENT_MUST_HAVE_LABEL_OR_EMOJI", "A button must have a label or emoji"


def select_mistakes(select: dict[str, Any], place: _Place) -> Iterator[Mistake]:
    """A menu: of texts, or of accounts, roles, channels."""
    yield from text_mistakes(select, place, "custom_id", 1, 100, required=True)
    yield from text_mistakes(select, place, "placeholder", 0, 150)
    least, most = select.get("min_values", 1), select.get("max_values", 1)
    for name, value, bottom in (("min_values", least, 0), ("max_values", most, 1)):
        if not isinstance(value, int) or not bottom <= value <= 25:
            yield (*place, name), "NUMBER_TYPE_MAX", f"int value should be between {bottom} and 25."
            return
    if select.get("type") == 3:
        yield from _option_mistakes(select.get("options"), (*place, "options"), most)
    if least > most:
        yield (*place, "min_values"), "SELECT_COMPONENT_MIN_GREATER_THAN_MAX", "min_values is above max_values"


def _option_mistakes(options: object, place: _Place, most: int) -> Iterator[Mistake]:
    if not isinstance(options, list) or not 1 <= len(options) <= 25:
        yield place, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length."
        return
    if most > len(options):
        yield place, "BASE_TYPE_BAD_LENGTH", f"Must be between {most} and 25 in length."
    for index, option in enumerate(options):
        yield from text_mistakes(option, (*place, index), "label", 1, 100, required=True)
        yield from text_mistakes(option, (*place, index), "value", 1, 100, required=True)
        yield from text_mistakes(option, (*place, index), "description", 0, 100)
    if len({option.get("value") for option in options}) < len(options):
        yield place, "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used"
    if sum(bool(option.get("default")) for option in options) > most:
        yield place, "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES", "More default values than max_values"


def modal_mistakes(modal: object) -> Iterator[Mistake]:
    """A modal: a title and one to five fields (forty components, texts included)."""
    if not isinstance(modal, dict):
        yield ("data",), *_REQUIRED
        return
    yield from text_mistakes(modal, ("data",), "custom_id", 1, 100, required=True)
    yield from text_mistakes(modal, ("data",), "title", 1, 45, required=True)
    place: _Place = ("data", "components")
    components = modal.get("components")
    if not isinstance(components, list) or not 1 <= len(components) <= 40:
        yield place, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 40 in length."
        return
    names: list[str] = []
    for index, component in enumerate(components):
        at = (*place, index)
        kind = component.get("type")
        if kind == 10:
            yield from text_mistakes(component, at, "content", 1, 4000, required=True)
        elif kind == 1:
            fields = component.get("components") or []
            if len(fields) != 1 or fields[0].get("type") != 4:
                yield (*at, "components"), "BASE_TYPE_BAD_LENGTH", "Must be 1 in length."
                continue
            yield from text_mistakes(fields[0], (*at, "components", 0), "label", 1, 45, required=True)
            yield from _field_mistakes(fields[0], (*at, "components", 0))
            names.append(fields[0].get("custom_id", ""))
        elif kind == 18:
            yield from text_mistakes(component, at, "label", 1, 45, required=True)
            yield from text_mistakes(component, at, "description", 0, 100)
            field = component.get("component") or {}
            yield from _field_mistakes(field, (*at, "component"))
            names.append(field.get("custom_id", ""))
        else:
            yield (*at, "type"), "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1, 10, 18).'
    if len(names) > 5:
        yield place, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."
    if len(set(names)) < len(names):
        yield place, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"


def _field_mistakes(field: dict[str, Any], place: _Place) -> Iterator[Mistake]:
    kind = field.get("type")
    if kind == 4:
        yield from text_mistakes(field, place, "custom_id", 1, 100, required=True)
        yield from text_mistakes(field, place, "placeholder", 0, 100)
        yield from text_mistakes(field, place, "value", 0, field.get("max_length") or 4000)
        if field.get("style") not in {1, 2}:
            yield (*place, "style"), "BASE_TYPE_CHOICES", "Value must be one of {1, 2}."
        for name, bottom in (("min_length", 0), ("max_length", 1)):
            limit = field.get(name)
            if limit is not None and not bottom <= limit <= 4000:
                yield (*place, name), "NUMBER_TYPE_MAX", f"int value should be between {bottom} and 4000."
    elif kind in {3, 5, 6, 7, 8}:
        yield from select_mistakes(field, place)
    elif kind in {19, 21, 22, 23}:
        yield from text_mistakes(field, place, "custom_id", 1, 100, required=True)
    else:
        sentence = 'Value of field "type" must be one of (3, 4, 5, 6, 7, 8, 19, 21, 22, 23).'
        yield (*place, "type"), "UNION_TYPE_CHOICES", sentence
