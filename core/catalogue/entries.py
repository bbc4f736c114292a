"""One provider and one model, as the host describes them: frozen, checked, each field with an example."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from core.errors import Refusal, RefusalReason
from core.model import GenerationRequest, Shape

SETTING = "setting:"
"""What a `base_url` begins with when it names a setting instead of being an address."""

_SETTING_NAME = r"^MATINEE_PROVIDER_[A-Z0-9_]+$"

_Seconds = Annotated[float, Field(gt=0, le=86_400)]
_Length = Annotated[int, Field(ge=1, le=600)]
_Whole = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")]
_Hosts = tuple[Annotated[str, Field(pattern=r"^[^\s/@]+$")], ...]


class ProviderEntry(BaseModel):
    """One upstream: how it is spoken to, where, with which key, and how long it is waited for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    kind: Literal["chat_stream"] = Field(examples=['kind = "chat_stream"'])
    base_url: str = Field(examples=['base_url = "https://api.example.com/v1"'])
    """What `/chat/completions` is hung on; in the file it may be `setting:NAME`, which `Catalogue.load` resolves."""
    key_setting: Annotated[str, Field(pattern=_SETTING_NAME)] | None = Field(
        default=None, examples=['key_setting = "MATINEE_PROVIDER_KEY"']
    )
    """The setting that holds the key; None where the upstream asks for none."""
    result_hosts: _Hosts = Field(default=(), examples=['result_hosts = ["filesystem.site"]'])
    """Hosts whose videos are believed; none named means any public host."""
    source_hosts: _Hosts = Field(default=(), examples=['source_hosts = ["asyncdata.net"]'])
    """Hosts that may be asked about a generation whose stream was cut; none named means that none is."""
    private_hosts: _Hosts = Field(default=(), examples=['private_hosts = ["127.0.0.1:8081"]'])
    """`host` or `host:port`: only these may be private addresses or speak plain http."""

    # Seconds; the defaults are those of the dialects' contract, rule 10.
    connect_seconds: _Seconds = Field(default=15, examples=["connect_seconds = 15"])
    first_byte_seconds: _Seconds = Field(default=180, examples=["first_byte_seconds = 180"])
    idle_seconds: _Seconds = Field(default=180, examples=["idle_seconds = 180"])
    """Without a byte; comments count as life."""
    quiet_seconds: _Seconds = Field(default=900, examples=["quiet_seconds = 900"])
    """Without news; comments do not count. Long, because some dialects say nothing until the link."""
    total_seconds: _Seconds = Field(default=2100, examples=["total_seconds = 2100"])
    poll_seconds: _Seconds = Field(default=10, examples=["poll_seconds = 10"])
    poll_total_seconds: _Seconds = Field(default=1800, examples=["poll_total_seconds = 1800"])

    at_once: Annotated[int, Field(strict=True, gt=0)] | None = Field(default=None, examples=["at_once = 8"])
    """How many generations it takes at the same time, over all workers; None: as many as run at all."""
    max_result_bytes: Annotated[int, Field(strict=True, gt=0)] = Field(
        default=512 * 1024 * 1024, examples=["max_result_bytes = 536_870_912"]
    )

    @model_validator(mode="after")
    def _is_reached_safely(self) -> Self:
        if self.base_url.startswith(SETTING):
            if not re.match(_SETTING_NAME, self.base_url.removeprefix(SETTING)):
                raise _wrong("base_url", "a setting that holds an address is named MATINEE_PROVIDER_…")
            return self
        try:
            parts = urlsplit(self.base_url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise _wrong("base_url", "this is not a web address") from None
        if parts.scheme not in {"http", "https"} or not host or parts.username or parts.query or parts.fragment:
            raise _wrong("base_url", "this is not a plain web address")
        if parts.scheme == "http" and not {host, f"{host}:{port or 80}"} & set(self.private_hosts):
            raise _wrong("base_url", f'plain http is only for hosts in private_hosts; add "{host}" there, or use https')
        return self


class ModelEntry(BaseModel):
    """One model as people see it. The first of `lengths` and of `shapes` is what they get when they name none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    label: Annotated[str, Field(min_length=1, max_length=40)] = Field(examples=['label = "standard"'])
    provider: str = Field(examples=['provider = "simulator"'])
    upstream_model: str | Mapping[str, str] = Field(
        examples=[
            'upstream_model = "sora-2"',
            'upstream_model = { portrait = "sora2-portrait", "portrait 15" = "…-15s" }',
        ]
    )
    """Its name upstream; or a table of names by shape, by seconds, or by `"shape seconds"`: the narrowest wins."""
    options_in: Literal["fields", "prompt", "name"] = Field(default="fields", examples=['options_in = "prompt"'])
    """How the upstream is told shape and length: in body fields, in words after the prompt, or by its name alone."""
    lengths: Annotated[Mapping[_Length, _Whole], Field(min_length=1)] = Field(examples=["lengths = { 5 = 1, 10 = 2 }"])
    """Seconds to credits."""
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1)] = Field(
        default=(Shape.LANDSCAPE,), examples=['shapes = ["landscape", "portrait", "square"]']
    )
    styles: Mapping[_Name, Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default_factory=dict, examples=['styles = { anime = "in the style of hand-drawn anime" }']
    )
    """Names that people can choose, to the words that are then put behind their prompt."""
    takes_image: Annotated[bool, Field(strict=True)] = Field(default=False, examples=["takes_image = true"])
    cost_minor: Mapping[_Length, _Whole] = Field(default_factory=dict, examples=["cost_minor = { 5 = 50, 10 = 100 }"])
    """Seconds to what the host pays, in the currency's smallest unit."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = Field(default="USD", examples=['currency = "EUR"'])
    retires_on: date | None = Field(default=None, examples=["retires_on = 2027-01-31"])
    """The first day on which it is no longer offered."""
    fallback: str | None = Field(default=None, examples=['fallback = "best"'])
    """The model to suggest in its place."""

    @property
    def default_seconds(self) -> int:
        """The length people get when they name none."""
        return next(iter(self.lengths))

    @property
    def default_shape(self) -> Shape:
        """The shape people get when they name none."""
        return self.shapes[0]

    def upstream_name(self, shape: Shape, seconds: int) -> str:
        """Its name upstream for a shape and a length that it offers."""
        if isinstance(self.upstream_model, str):
            return self.upstream_model
        return next(self.upstream_model[key] for key in _narrowest_first(shape, seconds) if key in self.upstream_model)

    def price(self, request: GenerationRequest) -> int:
        """Credits for this request. Raises `Refusal` for the length, shape, style or picture that it does not take."""
        if request.seconds not in self.lengths:
            raise Refusal(
                RefusalReason.LENGTH_UNKNOWN,
                {"model": self.label, "seconds": request.seconds, "lengths": ", ".join(map(str, self.lengths))},
            )
        if request.shape not in self.shapes:
            raise Refusal(
                RefusalReason.SHAPE_UNKNOWN,
                {"model": self.label, "shape": request.shape.value, "shapes": ", ".join(self.shapes)},
            )
        if request.style is not None and request.style not in self.styles:
            raise Refusal(
                RefusalReason.STYLE_UNKNOWN,
                {"model": self.label, "style": request.style[:40], "styles": ", ".join(self.styles)},
            )
        if request.image is not None and not self.takes_image:
            raise Refusal(RefusalReason.IMAGE_NOT_TAKEN, {"model": self.label})
        return self.lengths[request.seconds]

    @model_validator(mode="after")
    def _every_offer_has_a_name_upstream(self) -> Self:
        table = {"": self.upstream_model} if isinstance(self.upstream_model, str) else self.upstream_model
        if not all(table.values()):
            raise _wrong("upstream_model", "a name is empty")
        if not isinstance(self.upstream_model, str):
            for shape in self.shapes:
                for seconds in self.lengths:
                    if not any(key in table for key in _narrowest_first(shape, seconds)):
                        raise _wrong(
                            "upstream_model", f'no name for {shape}, {seconds} s; add "{shape} {seconds}" = "…"'
                        )
        return self


def _narrowest_first(shape: Shape, seconds: int) -> tuple[str, str, str]:
    return f"{shape} {seconds}", shape.value, str(seconds)


def _wrong(field: str, message: str) -> PydanticCustomError:
    return PydanticCustomError("catalogue", "{message}", {"message": message, "field": field})
