"""Models as data: what is offered, what it costs, and what a fault in the file says."""

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.catalogue import Catalogue, ModelEntry, ProviderEntry
from core.errors import ConfigurationError, Refusal, RefusalReason
from core.model import GenerationRequest, Picture, Shape

SHIPPED = Path(__file__).parents[2] / "catalogue.toml"
URL = {"MATINEE_PROVIDER_URL": "http://127.0.0.1:8081/v1"}

GOOD = """\
default = "standard"

[providers.house]
kind = "chat_stream"
base_url = "https://api.example.com/v1"

[models.standard]
label = "standard"
provider = "house"
upstream_model = "sora-2"
lengths = { 10 = 2, 5 = 1 }
shapes = ["portrait", "landscape"]

[models.old]
label = "the old one"
provider = "house"
upstream_model = "sora-1"
lengths = { 5 = 1 }
retires_on = 2026-09-24
fallback = "standard"
"""


def loaded(folder: Path, text: str = GOOD, today: date = date(2026, 9, 23)) -> Catalogue:
    """The catalogue that a file with this text makes."""
    path = folder / "catalogue.toml"
    path.write_text(text)
    return Catalogue.load(path, today=lambda: today)


def faults(folder: Path, text: str) -> list[str]:
    """What is wrong with a file, each line without the folder before it."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(folder, text)
    return [line.removeprefix(f"{folder}/") for line in caught.value.lines]


def request(
    *, model: str = "standard", seconds: int = 10, shape: Shape = Shape.PORTRAIT, image: Picture | None = None
) -> GenerationRequest:
    """A request that the good catalogue takes."""
    return GenerationRequest(prompt="a dog", model=model, seconds=seconds, shape=shape, image=image)


def refusal(catalogue: Catalogue, asked: GenerationRequest) -> Refusal:
    """Why the catalogue does not take it."""
    with pytest.raises(Refusal) as caught:
        catalogue.price(asked)
    return caught.value


def test_the_shipped_catalogue_is_sound() -> None:
    catalogue = Catalogue.load(SHIPPED, named=URL)
    assert catalogue.default.label == "standard"
    assert catalogue.provider_of(catalogue.default).base_url == URL["MATINEE_PROVIDER_URL"]


def test_the_example_in_the_shipped_catalogue_is_sound_once_uncommented(tmp_path: Path) -> None:
    text = SHIPPED.read_text()
    begin = text.index("# [providers.example]")
    path = tmp_path / "catalogue.toml"
    path.write_text(text[:begin] + re.sub(r"^# ?", "", text[begin:], flags=re.MULTILINE))
    cinema = Catalogue.load(path, named=URL).models["cinema"]
    assert cinema.upstream_name(Shape.PORTRAIT, 15) == "sora2-portrait-15s"
    assert cinema.upstream_name(Shape.PORTRAIT, 10) == "sora2-portrait"
    assert cinema.upstream_name(Shape.LANDSCAPE, 15) == "sora2-landscape"


def test_the_shipped_catalogue_says_which_setting_it_needs() -> None:
    with pytest.raises(ConfigurationError, match=r"catalogue.toml:\d+: .*MATINEE_PROVIDER_URL is not set; for example"):
        Catalogue.load(SHIPPED)


def test_an_address_from_a_setting_must_be_one_too() -> None:
    with pytest.raises(ConfigurationError, match=r"from the setting MATINEE_PROVIDER_URL: plain http is only for"):
        Catalogue.load(SHIPPED, named={"MATINEE_PROVIDER_URL": "http://api.example.com/v1"})


def test_people_get_what_stands_first_when_they_name_nothing(tmp_path: Path) -> None:
    standard = loaded(tmp_path).default
    assert (standard.default_seconds, standard.default_shape) == (10, Shape.PORTRAIT)


def test_the_price_goes_by_length(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path)
    assert [catalogue.price(request(seconds=seconds)) for seconds in (5, 10)] == [1, 2]


def test_what_is_not_offered_is_refused_with_what_is(tmp_path: Path) -> None:
    catalogue = loaded(tmp_path)
    refused = refusal(catalogue, request(seconds=15))
    assert (refused.reason, refused.details["lengths"]) == (RefusalReason.LENGTH_UNKNOWN, "10, 5")
    refused = refusal(catalogue, request(shape=Shape.SQUARE))
    assert (refused.reason, refused.details["shapes"]) == (RefusalReason.SHAPE_UNKNOWN, "portrait, landscape")
    refused = refusal(catalogue, request(model="x" * 1000))
    assert (refused.reason, refused.details["models"]) == (RefusalReason.MODEL_UNKNOWN, "standard, old")
    assert len(str(refused.details["model"])) <= 40
    refused = refusal(catalogue, request(image=Picture("image/png", b"")))
    assert refused.reason is RefusalReason.IMAGE_NOT_TAKEN


def test_a_model_retires_on_its_day(tmp_path: Path) -> None:
    before, after = loaded(tmp_path, today=date(2026, 9, 23)), loaded(tmp_path, today=date(2026, 9, 24))
    assert before.price(request(model="old", seconds=5, shape=Shape.LANDSCAPE)) == 1
    assert after.offered() == ["standard"]
    refused = refusal(after, request(model="old", seconds=5, shape=Shape.LANDSCAPE))
    assert refused.reason is RefusalReason.MODEL_RETIRED
    assert refused.details == {"model": "the old one", "retired_on": "2026-09-24", "fallback": "standard"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "chat_stream"', 'kind = "telex"', "catalogue.toml:4: providers.house.kind: "),
        ('kind = "chat_stream"', "", "catalogue.toml:3: providers.house.kind: is missing; for example kind = "),
        (
            "https://api",
            "http://api",
            "catalogue.toml:5: providers.house.base_url: plain http is only for hosts in private",
        ),
        ("https://api.example.com", "ftp://x", "catalogue.toml:5: providers.house.base_url: this is not a plain web"),
        (
            "https://api.example.com",
            "https://key@x",
            "catalogue.toml:5: providers.house.base_url: this is not a plain web",
        ),
        (
            "https://api.example.com",
            "https://[x",
            "catalogue.toml:5: providers.house.base_url: this is not a web address",
        ),
        (
            "https://api.example.com/v1",
            "setting:HOME",
            "catalogue.toml:5: providers.house.base_url: a setting that holds",
        ),
        (
            '"house"\nupstream_model = "sora-2"',
            '"home"\nupstream_model = "x"',
            "catalogue.toml:9: models.standard.provider: ",
        ),
        (
            'upstream_model = "sora-2"',
            "upstream_model = { portrait = 'p' }",
            "catalogue.toml:10: models.standard.upstream",
        ),
        (
            'upstream_model = "sora-2"',
            'upstream_model = ""',
            "catalogue.toml:10: models.standard.upstream_model: a name",
        ),
        ("10 = 2", "10 = 2.5", "catalogue.toml:11: models.standard.lengths: "),
        ("10 = 2", "10 = -2", "catalogue.toml:11: models.standard.lengths: "),
        ("10 = 2", "0 = 2", "catalogue.toml:11: models.standard.lengths: "),
        ("{ 10 = 2, 5 = 1 }", "{}", "catalogue.toml:11: models.standard.lengths: "),
        ('["portrait", "landscape"]', '["round"]', "catalogue.toml:12: models.standard.shapes: "),
        ("shapes", "shape", "catalogue.toml:12: models.standard.shape: there is no such entry"),
        ("2026-09-24", '"soon"', "catalogue.toml:19: models.old.retires_on: "),
        (
            'fallback = "standard"',
            'fallback = "old"',
            "catalogue.toml:20: models.old.fallback: there is no other model 'old'",
        ),
        (
            'default = "standard"',
            'default = "best"',
            "catalogue.toml:1: default: there is no model 'best'; there are: ",
        ),
        ('default = "standard"', "default = standard", "catalogue.toml:1: this is not TOML ("),
        ('default = "standard"', "defalt = 'standard'", "catalogue.toml:1: defalt: there is no such entry"),
        ("[models.old]", "[models.OLD]", "catalogue.toml:14: models.OLD.name: "),
    ],
)
def test_a_fault_names_file_line_and_what_is_wrong(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    assert any(line.startswith(said) for line in faults(tmp_path, GOOD.replace(old, new, 1)))


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be read .*MATINEE_CATALOGUE=catalogue\.toml"):
        Catalogue.load(tmp_path / "nothing.toml")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
def test_whatever_the_file_holds_a_fault_is_a_configuration_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError):
        Catalogue.load(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_a_line_lost_anywhere_is_sound_or_a_configuration_error(tmp_path: Path, data: st.DataObject) -> None:
    lines = GOOD.splitlines()
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    try:
        loaded(tmp_path, "\n".join(lines))
        said = []
    except ConfigurationError as error:
        said = list(error.lines)
    assert all(re.match(r".*catalogue\.toml(:\d+)?: \S", line) for line in said)


def test_a_catalogue_can_be_made_without_a_file() -> None:
    provider = ProviderEntry(name="house", kind="chat_stream", base_url="https://x.example/v1")
    model = ModelEntry(name="standard", label="standard", provider="house", upstream_model="m", lengths={5: 1})
    assert Catalogue([model], [provider]).default is model
    with pytest.raises(ConfigurationError, match="there is no provider 'house'"):
        Catalogue([model], [])
    with pytest.raises(ConfigurationError, match="there is no model"):
        Catalogue([], [provider])


def test_a_default_that_is_retired_gives_way_to_its_fallback(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(GOOD.replace('default = "standard"', 'default = "old"'))
    today = date(2026, 9, 23)
    catalogue = Catalogue.load(file, today=lambda: today)
    assert catalogue.default.name == "old"
    today = date(2026, 9, 24)
    assert catalogue.default.name == "standard"


def test_where_every_model_is_retired_that_is_said_at_start(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(GOOD.replace("lengths = { 10 = 2, 5 = 1 }", "lengths = { 10 = 2, 5 = 1 }\nretires_on = 2026-01-01"))
    with pytest.raises(ConfigurationError, match="none is on offer any more"):
        Catalogue.load(file, today=lambda: date(2027, 1, 1))
