"""What somebody said, made into a whole request: with what they usually want, and with what the model gives."""

import re
from dataclasses import dataclass

from core.catalogue import Catalogue
from core.errors import Refusal, RefusalReason
from core.model import GenerationRequest, Habits, Picture, Shape
from core.offers import takes_pictures

_OPTION = re.compile(r"\s(length|shape|model|style):(\S*)\s*$")


class OptionError(Exception):
    """An option behind a prompt that says nothing we know; `kind` is the option's own name."""

    def __init__(self, kind: str, option: str) -> None:
        super().__init__(option)
        self.kind = kind
        self.option = option


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody said; None where they left it to us."""

    prompt: str
    seconds: int | None = None
    shape: Shape | None = None
    model: str | None = None
    style: str | None = None
    picture: Picture | None = None
    picture_follows: bool = False
    """They named a picture that is still to be fetched."""


def read_order(words: str) -> Order:
    """A prompt, and options behind it such as `length:10 shape:portrait model:best style:anime`.

    Only what stands at the very end is an option, so that nothing inside a prompt acts as one. Raises `OptionError`.
    """
    prompt, options = f" {words}", dict[str, str]()
    while option := _OPTION.search(prompt):
        options.setdefault(option[1], option[2])
        prompt = prompt[: option.start()]
    seconds, shape = options.get("length"), options.get("shape")
    if seconds is not None and not re.fullmatch(r"[0-9]{1,4}", seconds):
        raise OptionError("length", f"length:{seconds}")
    if shape is not None and shape not in set(Shape):
        raise OptionError("shape", f"shape:{shape}")
    return Order(
        prompt.strip(),
        int(seconds) if seconds is not None else None,
        Shape(shape) if shape is not None else None,
        options.get("model"),
        options.get("style"),
    )


def fill_in(order: Order, habits: Habits, catalogue: Catalogue) -> GenerationRequest:
    """The whole request. What somebody usually wants gives way to what the model can do; what they said does not.

    Raises `Refusal`.
    """
    brings_picture = order.picture_follows or order.picture is not None
    named = order.model
    model = catalogue.model(_usual(habits, catalogue, brings_picture=brings_picture) if named is None else named)
    usual_shape = habits.shape if habits.shape in model.shapes else model.default_shape
    request = GenerationRequest(
        order.prompt,
        model.name,
        model.default_seconds if order.seconds is None else order.seconds,
        order.shape or usual_shape,
        order.picture,
        order.style,
    )
    if brings_picture and not model.takes_image:
        raise Refusal(RefusalReason.IMAGE_NOT_TAKEN, {"model": model.label})
    catalogue.price(request)
    return request


def _usual(habits: Habits, catalogue: Catalogue, *, brings_picture: bool) -> str:
    """The model where none was named: the person's, else the host's, and with a picture the first that takes one."""
    own = habits.model if habits.model is not None and habits.model in catalogue.offered() else None
    wanted = own or catalogue.default.name
    if not brings_picture or catalogue.models[wanted].takes_image:
        return wanted
    return takes_pictures(catalogue) or catalogue.default.name
