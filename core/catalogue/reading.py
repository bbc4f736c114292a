"""From a TOML file to entries; every fault becomes one line that names file, line, and an example of what is right."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.catalogue.entries import SETTING, ModelEntry, ProviderEntry
from core.errors import ConfigurationError


class _Page(BaseModel):
    """The file as it is written."""

    model_config = ConfigDict(extra="forbid")

    default: str | None = Field(default=None, examples=['default = "standard"'])
    providers: Annotated[dict[str, ProviderEntry], Field(min_length=1)] = Field(examples=["[providers.simulator]"])
    models: Annotated[dict[str, ModelEntry], Field(min_length=1)] = Field(examples=["[models.standard]"])


def read(path: Path, named: Mapping[str, str]) -> tuple[list[ModelEntry], list[ProviderEntry], str | None]:
    """Models, providers and the default's name; `named` fills in what `base_url = "setting:…"` asks for.

    Raises `ConfigurationError` with all faults that can be found at once.
    """
    text, tree = _parsed(path)
    places = _Places(path, text)
    try:
        page = _Page.model_validate(_with_names(tree))
    except ValidationError as error:
        # The first finding of a field explains the others.
        first = {detail["loc"][:3]: detail for detail in reversed(error.errors())}
        raise ConfigurationError(*(_fault(places, detail) for detail in reversed(first.values()))) from error

    faults = [places.line(where, message) for where, message in dangling(page.models, page.providers, page.default)]
    providers = []
    for provider in page.providers.values():
        try:
            providers.append(_resolved(provider, named))
        except ConfigurationError as error:
            faults += [places.line(("providers", provider.name, "base_url"), line) for line in error.lines]
    if faults:
        raise ConfigurationError(*faults)
    return list(page.models.values()), providers, page.default


def dangling(
    models: Mapping[str, ModelEntry], providers: Mapping[str, ProviderEntry], default: str | None
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Names that lead nowhere: where they stand, and what is wrong."""
    if not models:
        yield ("models",), "there is no model; add one, for example [models.standard]"
    known = ", ".join(models)
    if default is not None and default not in models:
        yield ("default",), f"default: there is no model {default!r}; there are: {known}"
    for model in models.values():
        at = ("models", model.name)
        if model.provider not in providers:
            there = ", ".join(providers) or "none"
            yield (
                (*at, "provider"),
                f"{'.'.join(at)}.provider: there is no provider {model.provider!r}; there are: {there}",
            )
        if model.fallback is not None and (model.fallback == model.name or model.fallback not in models):
            wrong = f"there is no other model {model.fallback!r}; there are: {known}"
            yield (*at, "fallback"), f"{'.'.join(at)}.fallback: {wrong}"


def _parsed(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        fix = "name it with MATINEE_CATALOGUE, for example MATINEE_CATALOGUE=catalogue.toml"
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}); {fix}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: this is not UTF-8 text; save it as UTF-8") from error
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # tomllib puts the place at the end of its message; people look for it in front.
        said, _, place = str(error).removesuffix(")").rpartition(" (at ")
        number = re.search(r"\d+", place)
        line = int(number[0]) if number else len(text.splitlines())
        advice = 'texts stand in quotes, for example label = "standard"'
        raise ConfigurationError(f"{path}:{line}: this is not TOML ({said or error}); {advice}") from error


def _with_names(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Give every entry the name of its table, which in TOML stands outside it."""
    page = dict(tree)
    for group in ("providers", "models"):
        if isinstance(tree.get(group), dict):
            page[group] = {
                name: {**entry, "name": name} if isinstance(entry, dict) else entry
                for name, entry in tree[group].items()
            }
    return page


def _resolved(provider: ProviderEntry, named: Mapping[str, str]) -> ProviderEntry:
    """Put the named setting's value in the place of its name."""
    if not provider.base_url.startswith(SETTING):
        return provider
    setting = provider.base_url.removeprefix(SETTING)
    where = f"providers.{provider.name}.base_url"
    example = f"for example {setting}=https://api.example.com/v1"
    value = named.get(setting, "").strip()
    if not value:
        raise ConfigurationError(f"{where}: the setting {setting} is not set; {example}")
    try:
        return ProviderEntry.model_validate({**provider.model_dump(), "base_url": value})
    except ValidationError as error:
        wrong = "; ".join(detail["msg"] for detail in error.errors())
        raise ConfigurationError(f"{where}, taken from the setting {setting}: {wrong}; {example}") from error


_IN_OUR_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "there is no such entry; look at its spelling",
    "string_pattern_mismatch": "this is not spelled as it must be",
    "date_from_datetime_parsing": "this is not a date",
    "date_type": "this is not a date",
    "model_type": "this is a table of its own",
}


def _fault(places: "_Places", detail: Any) -> str:
    """One line for one finding of pydantic's: where, what, and the field's own example."""
    kind, said = detail["type"], detail["msg"]
    where = [str(part) for part in detail["loc"]]
    if kind == "catalogue":
        where.append(detail["ctx"]["field"])
    fields = _Page.model_fields
    if len(where) > 2:
        fields = ProviderEntry.model_fields if where[0] == "providers" else ModelEntry.model_fields
    field = fields.get(where[2] if len(where) > 2 else where[0])
    example = f"; for example {field.examples[0]}" if field is not None and field.examples else ""
    message = _IN_OUR_WORDS.get(kind, said[:1].lower() + said[1:])
    return places.line(where, f"{'.'.join(where[:3])}: {message}{example}")


class _Places:
    """Which line of the file says what: tables and keys, found by their plain form, since tomllib does not tell."""

    _TABLE = re.compile(r"^\s*\[\[?([^\]]+)\]")
    _KEY = re.compile(r"""^\s*("[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)\s*=""")

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, line in enumerate(text.split("\n"), start=1):
            if header := self._TABLE.match(line):
                table = _parts(header[1])
                self._lines.setdefault(table, number)
            elif key := self._KEY.match(line):
                self._lines.setdefault(table + _parts(key[1]), number)

    def line(self, where: Iterable[str], message: str) -> str:
        """The message behind file and line; where the thing itself is missing, the line of what should hold it."""
        place = tuple(where)
        while place and place not in self._lines:
            place = place[:-1]
        number = self._lines.get(place)
        return f"{self._path}:{number}: {message}" if number else f"{self._path}: {message}"


def _parts(dotted: str) -> tuple[str, ...]:
    """A dotted key's parts; quotes keep dots together."""
    return tuple(part.strip("\"'") for part in re.findall(r""""[^"]*"|'[^']*'|[^\s."']+""", dotted))
