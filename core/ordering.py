"""What somebody said, made into a whole request: with what they usually want, and with what the model gives."""

from dataclasses import dataclass

from core.catalogue import Catalogue
from core.errors import Refusal, RefusalReason
from core.model import GenerationRequest, Habits, Picture, Shape
from core.offers import takes_pictures


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


def fill_in(order: Order, habits: Habits, catalogue: Catalogue) -> GenerationRequest:
    """The whole request. What somebody usually wants gives way to what the model can do; what they said does not.

    Raises `Refusal`.
    """
    brings_picture = order.picture_follows or order.picture is not None
    model = catalogue.model(order.model or _usual(habits, catalogue, brings_picture=brings_picture))
    usual_shape = habits.shape if habits.shape in model.shapes else model.default_shape
    request = GenerationRequest(
        order.prompt,
        model.name,
        order.seconds or model.default_seconds,
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
