"""A modal as a person has it before them: its title, its fields, and what may be written into each."""

from dataclasses import dataclass
from typing import Any


class NotPossibleError(Exception):
    """Discord's own client would not let the person do this."""


@dataclass(frozen=True)
class Field:
    """One field of a modal."""

    label: str
    component: dict[str, Any]
    number: int | None
    """The id of the label around it; None where it stands in a row, as in the older form."""

    @property
    def custom_id(self) -> str:
        name: str = self.component["custom_id"]
        return name

    @property
    def value(self) -> Any:
        """What stands in it when it opens."""
        if self.component["type"] == 4:
            return self.component.get("value", "")
        options = self.component.get("options") or ()
        return [option["value"] for option in options if option.get("default")]


@dataclass(frozen=True)
class Modal:
    """A modal on a person's screen."""

    custom_id: str
    title: str
    fields: tuple[Field, ...]
    texts: tuple[str, ...] = ()

    def field(self, name: str) -> Field:
        """By its label or its custom id."""
        for field in self.fields:
            if name in {field.label, field.custom_id}:
                return field
        raise NotPossibleError(f"the modal {self.title!r} has no field {name!r}: {[f.label for f in self.fields]}")

    def filled_in(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        """The components that are sent when the person presses "Submit"."""
        given = {self.field(name).custom_id: value for name, value in values.items()}
        sent = []
        for number, field in enumerate(self.fields):
            component = field.component
            value = _checked(field, given.get(field.custom_id, field.value))
            told = {"type": component["type"], "id": 2 * number + 2, "custom_id": field.custom_id}
            if isinstance(value, list):
                told["values"] = value
            else:
                told["value"] = value
            if field.number is None:
                sent.append({"type": 1, "id": 2 * number + 1, "components": [told]})
            else:
                sent.append({"type": 18, "id": field.number, "component": told})
        return sent


def read_modal(data: dict[str, Any]) -> Modal:
    """From the bot's answer."""
    fields, texts = [], []
    for number, component in enumerate(data["components"]):
        if component["type"] == 10:
            texts.append(component["content"])
        elif component["type"] == 18:
            fields.append(Field(component["label"], component["component"], component.get("id") or 2 * number + 1))
        else:
            field = component["components"][0]
            fields.append(Field(field["label"], field, None))
    return Modal(data["custom_id"], data["title"], tuple(fields), tuple(texts))


def _checked(field: Field, value: Any) -> Any:
    """What the client lets pass for this field."""
    component = field.component
    if component["type"] == 4:
        value = str(value)
        if not value and component.get("required", True):
            raise NotPossibleError(f"{field.label!r} is required")
        least, most = component.get("min_length") or 0, component.get("max_length") or 4000
        if value and not least <= len(value) <= most:
            raise NotPossibleError(f"{field.label!r} takes {least} to {most} characters, not {len(value)}")
        return value
    if component["type"] in {3, 5, 6, 7, 8, 19, 22}:
        chosen = [value] if isinstance(value, str) else list(value)
        check_choice(component, chosen, field.label)
        return chosen
    return value


def check_choice(select: dict[str, Any], chosen: list[str], label: str) -> None:
    """As many as a menu takes, and of those that it offers."""
    least, most = select.get("min_values", 1), select.get("max_values", 1)
    if not least <= len(chosen) <= most and not (not chosen and select.get("required") is False):
        raise NotPossibleError(f"{label!r} takes {least} to {most}, not {len(chosen)}")
    if select["type"] == 3:
        offered = [option["value"] for option in select["options"]]
        for value in chosen:
            if value not in offered:
                raise NotPossibleError(f"{label!r} offers {offered}, not {value!r}")
