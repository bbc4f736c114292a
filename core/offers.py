"""What can be made and what it costs, in words: the same on every platform."""

from core.catalogue import Catalogue, ModelEntry
from core.texts import say


def prices(model: ModelEntry) -> str:
    """A model's lengths, each with its price."""
    return ", ".join(say("offer-length", seconds=seconds, credits=price) for seconds, price in model.lengths.items())


def priced(catalogue: Catalogue, name: str) -> str:
    """A model as it is offered in a list of choices: its name and its prices."""
    model = catalogue.models[name]
    return f"{model.label}: {prices(model)}"


def takes_pictures(catalogue: Catalogue) -> str | None:
    """The first model on offer that begins from a picture, the default before all others; None where there is none."""
    names = [catalogue.default.name, *catalogue.offered()]
    return next((name for name in names if catalogue.models[name].takes_image), None)
