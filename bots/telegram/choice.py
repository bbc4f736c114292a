"""What a card says so far, and what that comes to: the model, length, shape and style ticked, and the price."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from bots.telegram.signing import Verb, short
from core.catalogue import Catalogue, ModelEntry
from core.errors import Refusal, RefusalReason
from core.model import Picture, Shape

_MODELS_MOST: Final = 12


class Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was said so far; None where it is left to us."""

    prompt: str = ""
    seconds: int | None = None
    shape: Shape | None = None
    model: str | None = None
    style: str | None = None
    usual_shape: Shape | None = None
    """What its person usually wanted when it was opened: what they want of later ones changes no card that is there."""
    usual_model: str | None = None
    made: str | None = None
    """The job that came of it, or what had one made without a card."""


read_body: Final = msgspec.json.Decoder(Body).decode


@dataclass(frozen=True, slots=True)
class Choice:
    """What a card comes to."""

    model: ModelEntry
    seconds: int
    shape: Shape
    style: str | None

    @property
    def price(self) -> int:
        """Credits."""
        return self.model.lengths[self.seconds]


def settle(body: Body, models: Sequence[ModelEntry]) -> Choice:
    """What is ticked: what was said where the model has it, then what was usually wanted, then the model's own."""
    by_name = {model.name: model for model in models}
    model = by_name.get(body.model or "") or by_name.get(body.usual_model or "") or models[0]
    seconds = next((length for length in model.lengths if length == body.seconds), model.default_seconds)
    shape = next((wish for wish in (body.shape, body.usual_shape) if wish in model.shapes), None)
    return Choice(
        model,
        seconds,
        shape or model.default_shape,
        body.style if body.style in model.styles else None,
    )


def on_offer(catalogue: Catalogue, picture: Picture | None) -> list[ModelEntry]:
    """The models that can make this, the host's choice first. Raises `Refusal(IMAGE_NOT_TAKEN)` where none can."""
    names = dict.fromkeys([catalogue.default.name, *catalogue.offered()])
    models = [catalogue.models[name] for name in names if picture is None or catalogue.models[name].takes_image]
    if not models:
        raise Refusal(RefusalReason.IMAGE_NOT_TAKEN, {"model": catalogue.default.label})
    return models[:_MODELS_MOST]


def written(body: Body) -> str:
    """As it is kept, for `read_body`."""
    return msgspec.json.encode(body).decode()


def ticked(body: Body, verb: Verb, value: str, catalogue: Catalogue) -> Body:
    """What is said once this button was pressed; what a card has no tick for changes nothing."""
    match verb:
        case Verb.CARD_SHAPE if value in set(Shape):
            return msgspec.structs.replace(body, shape=Shape(value))
        case Verb.CARD_LENGTH if value.isdigit():
            return msgspec.structs.replace(body, seconds=int(value))
        case Verb.CARD_MODEL:
            model = next((name for name in catalogue.offered() if short(name) == value), None)
            return msgspec.structs.replace(body, model=model) if model is not None else body
        case _:
            return body
