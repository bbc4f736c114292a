"""From the kind that the catalogue names to the module that speaks it, imported when asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, cast

from core.catalogue import ModelEntry, ProviderEntry
from core.ports import Provider

KINDS: Final[Mapping[str, str]] = {
    "chat_stream": "core.providers.chat_stream",
}
"""A new kind is one file with a `build` of its own, one line here, and one word in the catalogue's `kind`."""


def build(entry: ProviderEntry, *, models: Mapping[str, ModelEntry], api_key: str | None = None) -> Provider:
    """Make the provider that an entry describes, for the models of the catalogue.

    `api_key` is the value of the entry's `key_setting`. Raises `ConfigurationError` where it cannot be a key.
    """
    module = import_module(KINDS[entry.kind])
    make = cast("Callable[..., Provider]", module.build)
    return make(entry, models=models, api_key=api_key)
