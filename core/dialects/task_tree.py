"""Walking through an answer of unknown shape without trusting it: bounded in size, breadth and depth, never raising."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from core.dialects.task_words import ENVELOPES

BODY_LIMIT: Final = 1 << 20
"""The longest answer that is read, in bytes; real ones are a few hundred."""
_ITEMS: Final = 16  # of one list; real ones hold one to four films
_LAYERS: Final = 8
_TEXT_LIMIT: Final = 500

Layer = Mapping[str, object]
"""One object of the answer that may be the task."""


def layers_of(body: object) -> list[Layer]:
    """The answer's objects that may be the task itself, outermost first."""
    layers: list[Layer] = []
    frontier = [body]
    while frontier and len(layers) < _LAYERS:
        layer = unpacked(frontier.pop(0))
        if isinstance(layer, list):
            layer = layer[0] if layer else None
        if isinstance(layer, dict):
            layers.append(layer)
            frontier += [layer[key] for key in ENVELOPES if key in layer]
    return layers


def leaves(node: object, path: Sequence[str]) -> Iterator[object]:
    """What stands at the end of a path, through lists and through JSON in strings."""
    node = unpacked(node)
    if isinstance(node, list):
        for item in node[:_ITEMS]:
            if not isinstance(item, list):
                yield from leaves(item, path)
    elif not path:
        yield node
    elif isinstance(node, dict) and path[0] in node:
        yield from leaves(node[path[0]], path[1:])


def unpacked(value: object) -> object:
    """A string that holds a JSON object or list, as that; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["} and len(value) <= BODY_LIMIT:
        inside = _json(value)
        return value if inside is None else inside
    return value


def decoded(body: bytes) -> object:
    """The answer's JSON; None where it is none, or longer than any real one."""
    return _json(body.decode("utf-8-sig", "replace")) if len(body) <= BODY_LIMIT else None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON, a number of ten thousand digits, a tower of brackets
        return None


def first_text(layer: Layer, keys: Iterable[str]) -> str | None:
    """The first of these keys' values that is a text and not blank."""
    return next((value for key in keys if isinstance(value := layer.get(key), str) and value.strip()), None)


def folded(word: str) -> str:
    """A status word in the form in which the tables hold it."""
    return re.sub(r"[\s-]+", "_", word[:64].strip().casefold())


def plain_text(value: str, limit: int = _TEXT_LIMIT) -> str:
    """Text that can be logged and stored: bounded, and without lone surrogates."""
    return value[:limit].encode("utf-8", "replace").decode()
