"""Models as data: what is on offer, at what price, until when, and which upstream stands behind it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

from core.catalogue.entries import SETTING, ModelEntry, ProviderEntry
from core.catalogue.reading import dangling, read
from core.errors import ConfigurationError, Refusal, RefusalReason
from core.model import GenerationRequest

__all__ = ["SETTING", "Catalogue", "ModelEntry", "ProviderEntry"]


def _utc_today() -> date:
    return datetime.now(UTC).date()


class Catalogue:
    """What is on offer: models by name, in the host's order, and the providers behind them."""

    def __init__(
        self,
        models: Iterable[ModelEntry],
        providers: Iterable[ProviderEntry],
        *,
        default: str | None = None,
        today: Callable[[], date] = _utc_today,
    ) -> None:
        """Raises `ConfigurationError` where a model, its provider, its fallback or the default does not exist."""
        self.models: Mapping[str, ModelEntry] = {model.name: model for model in models}
        self.providers: Mapping[str, ProviderEntry] = {provider.name: provider for provider in providers}
        self._today = today
        faults = [message for _, message in dangling(self.models, self.providers, default)]
        if faults:
            raise ConfigurationError(*faults)
        self._default = self.models[default] if default else next(iter(self.models.values()))
        if not self.offered():
            raise ConfigurationError("models: none is on offer any more; for example remove a retires_on")

    @property
    def default(self) -> ModelEntry:
        """What people get when they name none: the host's choice, or what stands in for it once it is retired."""
        model, seen = self._default, set[str]()
        while self._is_retired(model) and model.fallback and model.name not in seen:
            seen.add(model.name)
            model = self.models[model.fallback]
        return model if not self._is_retired(model) else self.models[self.offered()[0]]

    @classmethod
    def load(
        cls, path: Path, *, named: Mapping[str, str] | None = None, today: Callable[[], date] = _utc_today
    ) -> Self:
        """Read and check a catalogue file. `named` holds the values of the settings that a `base_url` may name.

        Raises `ConfigurationError`, one line a fault: file, line, what is wrong, an example.
        """
        models, providers, default = read(path, named or {})
        return cls(models, providers, default=default, today=today)

    def model(self, name: str) -> ModelEntry:
        """Find a model that is on offer today. Raises `Refusal` (`MODEL_UNKNOWN`, `MODEL_RETIRED`)."""
        model = self.models.get(name)
        if model is None:
            raise Refusal(RefusalReason.MODEL_UNKNOWN, {"model": name[:40], "models": ", ".join(self.offered())})
        if self._is_retired(model):
            raise Refusal(
                RefusalReason.MODEL_RETIRED,
                {"model": model.label, "retired_on": str(model.retires_on), "fallback": model.fallback or ""},
            )
        return model

    def offered(self) -> list[str]:
        """The names of the models that can be asked for today."""
        return [name for name, model in self.models.items() if not self._is_retired(model)]

    def price(self, request: GenerationRequest) -> int:
        """Credits for this request.

        Raises `Refusal` (`MODEL_UNKNOWN`, `MODEL_RETIRED`, `LENGTH_UNKNOWN`, `SHAPE_UNKNOWN`, `IMAGE_NOT_TAKEN`).
        """
        return self.model(request.model).price(request)

    def cost(self, request: GenerationRequest) -> int:
        """What a request costs the host, in minor units of the currency; 0 where the catalogue does not say."""
        return self.model(request.model).cost_minor.get(request.seconds, 0)

    def require_costs(self) -> None:
        """Where there is a budget, what costs nobody knows what would be free of it.

        Raises `ConfigurationError` for whatever has no cost, and for costs in several currencies.
        """
        faults = [
            f"models.{name}.cost_minor: MATINEE_BUDGET_PER_MONTH counts what each video costs, and {seconds} s have no "
            f"cost; for example cost_minor = {{ {seconds} = 50 }}"
            for name in self.offered()
            for seconds in self.models[name].lengths
            if seconds not in self.models[name].cost_minor
        ]
        currencies = sorted({self.models[name].currency for name in self.offered()})
        if len(currencies) > 1:
            faults.append(
                f"models: MATINEE_BUDGET_PER_MONTH is in one currency, and there are {', '.join(currencies)}; "
                f'for example currency = "{currencies[0]}" for all'
            )
        if faults:
            raise ConfigurationError(*faults)

    def provider_of(self, model: ModelEntry) -> ProviderEntry:
        """The upstream behind a model."""
        return self.providers[model.provider]

    def _is_retired(self, model: ModelEntry) -> bool:
        return model.retires_on is not None and model.retires_on <= self._today()
