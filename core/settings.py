"""The operator's choices: read once at start from the environment and `.env`, checked, and told apart from secrets."""

import difflib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError

PREFIX = "MATINEE_"

_PROVIDER = f"{PREFIX}PROVIDER_"
_FILE = "_FILE"
_TOKENS = (f"{PREFIX}DATABASE_URL", f"{PREFIX}DISCORD_TOKEN", f"{PREFIX}TELEGRAM_TOKEN")
"""Secrets beside the providers' keys; each may be given as a file."""
_NOW, _BEFORE = f"{PREFIX}DATABASE_URL", f"{PREFIX}DATABASE"
"""A setting, and its name in the first versions, which is still read."""


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        near = difflib.get_close_matches(name, available_timezones(), n=1)
        raise ValueError("there is no such time zone" + (f"; did you mean {near[0]}?" if near else ""))
    return name


def _known_database(url: str) -> str:
    file = url.startswith("sqlite:///") and url != "sqlite:///"
    if not file and not re.match(r"postgresql://[^\s/]*/[^\s/]", url):
        raise ValueError(
            "a database is named as sqlite:///FILE, with four slashes where the path begins at the root, "
            "or as postgresql://USER:PASSWORD@HOST/NAME"
        )
    return url


def _known_shards(text: str) -> str:
    if text:
        found = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?/(\d{1,4})", text)
        if found is None or not int(found[1]) <= int(found[2] or found[1]) < int(found[3]):
            raise ValueError("shards are named as FIRST-LAST/COUNT, counted from 0")
    return text


def _web_address(url: str) -> str:
    if url and not re.match(r"(?:https?|wss?)://[^\s/]+", url):
        raise ValueError("this is not a web address")
    return url


def _telegram_address(url: str) -> str:
    if url and not re.fullmatch(r"https?://[^\s/]+(?:/[^\s?#]*)?", url):
        raise ValueError("this is no web address that a server could have")
    return url


def _webhook(url: str) -> str:
    if url and not re.fullmatch(r"https?://[^\s/]+/[^\s?#{}]+", url):
        raise ValueError("a webhook is a web address with a path, the one that Telegram is to call")
    return url


class Settings(BaseSettings):
    """Every choice of the operator; a field's description is its sentence in `.env.example`.

    The environment wins over `.env`. A secret may also be given as a file: `MATINEE_PROVIDER_KEY_FILE` names one.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    provider: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="Addresses and keys of providers, which the catalogue asks for by these names; "
        "more may follow the same pattern.",
        examples=["MATINEE_PROVIDER_URL=https://api.example.com/v1", "MATINEE_PROVIDER_KEY=…"],
    )
    discord_token: SecretStr | None = Field(
        default=None,
        description="The bot's token at Discord, from the Bot page of its application; empty: no Discord.",
        examples=["MTIz…"],
    )
    discord_shards: Annotated[str, AfterValidator(_known_shards)] = Field(
        default="",
        description="Which shards this process serves, of how many; empty: all of them. All processes under one token "
        "share one database, beside which they also take turns at Discord's gateway.",
        examples=["0-1/4"],
    )
    discord_api_url: Annotated[str, AfterValidator(_web_address)] = Field(
        default="",
        description="Where Discord's API is, for hosts with a proxy before it.",
        examples=["https://proxy.example.com/api/v10"],
    )
    discord_gateway_url: Annotated[str, AfterValidator(_web_address)] = Field(
        default="",
        description="Where Discord's gateway is, for hosts with a proxy before it.",
        examples=["wss://proxy.example.com/"],
    )
    telegram_token: SecretStr | None = Field(
        default=None,
        description="The bot's token at Telegram, from @BotFather; empty: no Telegram.",
        examples=["123456789:AAH…"],
    )
    telegram_api_url: Annotated[str, AfterValidator(_telegram_address)] = Field(
        default="",
        description="Where the Bot API is, for hosts with a server of their own.",
        examples=["http://127.0.0.1:8081"],
    )
    telegram_file_url: Annotated[str, AfterValidator(_telegram_address)] = Field(
        default="",
        description="Where that server has its files; empty: under /file.",
        examples=["http://127.0.0.1:8081/file"],
    )
    telegram_local: bool = Field(
        default=False,
        description="Whether that server runs with --local, which takes films of up to 2000 MB.",
        examples=["true"],
    )
    telegram_storage_chat: int | None = Field(
        default=None,
        description="A private channel of the bot's, by its number, to which films are uploaded before they are shown; "
        "empty: they are uploaded where they are shown.",
        examples=["-1001234567890"],
    )
    telegram_webhook_url: Annotated[str, AfterValidator(_webhook)] = Field(
        default="",
        description="The address at which Telegram is to call us; it needs MATINEE_WEB_PORT. Empty: we ask Telegram.",
        examples=["https://bot.example.com/telegram"],
    )
    web_host: str = Field(
        default="127.0.0.1",
        description="At which of this host's addresses the web server listens.",
        examples=["192.168.0.7"],
    )
    web_port: int = Field(
        default=0,
        ge=0,
        le=65_535,
        description="At which port it listens, for webhooks and GET /healthz; 0: there is no web server.",
        examples=["8080"],
    )
    catalogue: Path = Field(
        default=Path("catalogue.toml"),
        description="The models on offer and their prices.",
        examples=["catalogue.toml"],
    )
    database_url: Annotated[str, AfterValidator(_known_database)] = Field(
        default="sqlite:///data/matinee.sqlite",
        description="Where jobs and credits are kept: a file, with four slashes where the path begins at the root; or "
        "a PostgreSQL server, which several processes can share.",
        examples=["sqlite:////var/lib/matinee/matinee.sqlite", "postgresql://matinee:…@127.0.0.1/matinee"],
    )
    videos: Path = Field(
        default=Path("data/videos"), description="The folder where finished videos are kept.", examples=["data/videos"]
    )
    keep_days: int = Field(
        default=30, ge=1, le=3650, description="After how many days a delivered video is removed.", examples=["30"]
    )
    credits_per_day: int = Field(
        default=5, ge=0, le=1_000_000, description="How many credits each person may use in a day.", examples=["5"]
    )
    credits_per_day_most: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="How many credits each person may use in a day at most, in all communities together and whatever "
        "their moderators set or give; 0: that is theirs to say.",
        examples=["20"],
    )
    credits_per_community: int = Field(
        default=0,
        ge=0,
        le=100_000_000,
        description="How many credits each community may use in a month; 0: as many as its people may.",
        examples=["500"],
    )
    budget_per_month: int = Field(
        default=0,
        ge=0,
        le=2_000_000_000,
        description="What all videos of a month may cost you, by the catalogue's cost_minor and in the same smallest "
        "unit of the currency; nothing more is begun then, and you are told at 50, 80, 95 and 100 %. 0: no limit.",
        examples=["5000"],
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="UTC", description="Where a day begins and ends.", examples=["Europe/Berlin"]
    )
    waiting_per_person: int = Field(
        default=3, ge=1, le=1000, description="How many unfinished videos each person may have.", examples=["3"]
    )
    waiting_total: int = Field(
        default=60, ge=1, le=100_000, description="How many videos may wait in line altogether.", examples=["60"]
    )
    at_once: int = Field(
        default=4,
        ge=1,
        le=10_000,
        description="How many videos are made at the same time, by all workers.",
        examples=["4"],
    )
    running_per_person: int = Field(
        default=0, ge=0, le=10_000, description="How many of these may be one person's; 0: no limit.", examples=["2"]
    )
    running_per_community: int = Field(
        default=0, ge=0, le=10_000, description="How many of these may be one community's; 0: no limit.", examples=["3"]
    )
    relaxed_after: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="From how many credits lately on somebody's next videos wait until nobody else of their community "
        "does; lately: half of what they had counts no more after six hours. 0: never.",
        examples=["4"],
    )
    drain_seconds: float = Field(
        default=30,
        ge=0,
        le=3600,
        allow_inf_nan=False,
        description="How long a stop waits for running videos; what is then unfinished goes on at the next start.",
        examples=["30"],
    )
    lease_seconds: float = Field(
        default=15,
        ge=1,
        le=300,
        allow_inf_nan=False,
        description="After how many seconds without a word from a process others take over what it had. One that is "
        "asked to leave (SIGTERM) hands over at once.",
        examples=["15"],
    )
    language: Literal["en"] = Field(
        default="en",
        description="The language of the terminal, and of people whose own is none of ours.",
        examples=["en"],
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged: debug, info, warning or error.", examples=["info"]
    )
    log_format: Literal["auto", "pretty", "json"] = Field(
        default="auto",
        description="How it is logged: pretty for people, json for machines, auto by whether a terminal is there.",
        examples=["json"],
    )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which a day begins and ends."""
        return ZoneInfo(self.time_zone)

    def named(self) -> Mapping[str, str]:
        """The provider settings by their full names, as the catalogue speaks of them."""
        return {f"{PREFIX}PROVIDER_{name.upper()}": value.get_secret_value() for name, value in self.provider.items()}

    def secrets(self) -> list[str]:
        """Every value that must never be seen: in a log, in a traceback, in a chat."""
        keys = [value for name, value in self.named().items() if value and not name.endswith(("_URL", _FILE))]
        tokens = [token.get_secret_value() for token in (self.discord_token, self.telegram_token) if token is not None]
        password = urlsplit(self.database_url).password
        return [*keys, *tokens, *((password,) if password else ())]

    @classmethod
    def load(cls, env_file: Path = Path(".env")) -> Self:
        """Read and check the settings. Raises `ConfigurationError`: one line a fault, with the name and an example."""
        given = _given(env_file)
        faults = [*_unknown(given, cls.model_fields), *_readable_by_others(env_file)]
        keys: dict[str, str] = {}
        others = {"database_url": given[_BEFORE]} if _BEFORE in given and _NOW not in given else {}
        for name, path in given.items():
            if _is_secret_file(name):
                try:
                    secret = Path(path).read_text("utf-8").strip()
                    if name.startswith(_PROVIDER):
                        keys[name.removeprefix(_PROVIDER).removesuffix(_FILE).lower()] = secret
                    else:
                        others[name.removeprefix(PREFIX).removesuffix(_FILE).lower()] = secret
                except (OSError, UnicodeDecodeError) as error:
                    why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
                    faults.append(
                        f"{name}: {path} cannot be read ({why}); for example {name}=/run/secrets/provider_key"
                    )
        if faults:
            raise ConfigurationError(*faults)
        values: dict[str, Any] = {"_env_file": env_file, "provider": keys, **others}
        try:
            settings = cls(**values)
        except ValidationError as error:
            raise ConfigurationError(*(_fault(cls.model_fields, detail) for detail in error.errors())) from error
        if settings.telegram_webhook_url and not settings.web_port:
            raise ConfigurationError(
                "MATINEE_WEB_PORT: MATINEE_TELEGRAM_WEBHOOK_URL needs a port to be called at; for example "
                "MATINEE_WEB_PORT=8080"
            )
        return settings


def _is_secret_file(name: str) -> bool:
    return name.endswith(_FILE) and (name.startswith(_PROVIDER) or name.removesuffix(_FILE) in _TOKENS)


def _given(env_file: Path) -> dict[str, str]:
    """All that bears our prefix and is not empty; the environment wins."""
    try:
        if env_file.is_file():
            _require_every_line_to_be_read(env_file)
        named = {**dotenv_values(env_file), **os.environ}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{env_file}: cannot be read as text ({error}); see .env.example") from error
    return {name.upper(): value for name, value in named.items() if name.upper().startswith(PREFIX) and value}


def _require_every_line_to_be_read(env_file: Path) -> None:
    """A line that the reader of such files would skip must not pass for one that was read."""
    with env_file.open(encoding="utf-8") as lines:
        broken = [binding.original for binding in parse_stream(lines) if binding.error]
    if broken:
        raise ConfigurationError(
            *(
                f"{env_file}:{part.line}: {part.string.strip()[:20]}… is no NAME=value, or a quotation mark in it "
                "does not end; for example MATINEE_LOG_LEVEL=info"
                for part in broken
            )
        )


def _unknown(given: Mapping[str, str], fields: Mapping[str, FieldInfo]) -> Iterator[str]:
    """A typing error must not pass for a choice."""
    known = [PREFIX + field.upper() for field in fields if field != "provider"]
    for name in given:
        if name not in (*known, _BEFORE) and not name.startswith(_PROVIDER) and not _is_secret_file(name):
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
            yield f"{name}: there is no such setting; {f'did you mean {near[0]}?' if near else 'see .env.example'}"


def _readable_by_others(env_file: Path) -> Iterator[str]:
    """A file that holds a key is for its owner's eyes."""
    if os.name != "posix" or not env_file.is_file():
        return
    keys = [
        name
        for name, value in dotenv_values(env_file).items()
        if value and (name.upper().endswith(("_KEY", "_TOKEN")) or (name.upper() == _NOW and urlsplit(value).password))
    ]
    if keys and stat.S_IMODE(env_file.stat().st_mode) & 0o077:
        yield f"{keys[0]}: other users can read {env_file}, which holds it; for example: chmod 600 {env_file}"


def _fault(fields: Mapping[str, FieldInfo], detail: Any) -> str:
    field = str(detail["loc"][0])
    said = detail["msg"].removeprefix("Value error, ")
    name = PREFIX + field.upper()
    return f"{name}: {said[:1].lower()}{said[1:]}; for example {name}={(fields[field].examples or [''])[0]}"
