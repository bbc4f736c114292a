"""The seal on buttons: what we drew is read again, whatever else is tried is not believed."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.telegram.signing import CALLBACK_BYTES, ForgedButtonError, OutdatedButtonError, Pressed, Signer, Verb, short

SIGNER = Signer(bytes(range(32)))
SUBJECTS = st.text(string.ascii_uppercase + string.digits, max_size=13)
PEOPLE = st.integers(-(10**14), 2**52)
NAMES = st.text(max_size=40).map(short) | st.integers(0, 600).map(str) | st.just("")


@given(st.sampled_from(Verb), SUBJECTS, PEOPLE, NAMES)
def test_what_was_sealed_fits_and_is_read_again(verb: Verb, subject: str, person: int, value: str) -> None:
    data = SIGNER.seal(verb, subject, person, value)
    assert len(data.encode()) <= CALLBACK_BYTES
    assert SIGNER.read(data) == Pressed(verb, subject, person, value)


@given(st.integers(0, 45), st.sampled_from(string.ascii_letters + string.digits + "-_."))
def test_a_button_with_any_letter_changed_is_not_believed(at: int, letter: str) -> None:
    data = SIGNER.seal(Verb.CANCEL, "7F3K9QXA", 4_200_000_001, "portrait")
    at %= len(data)
    changed = data[:at] + letter + data[at + 1 :]
    if changed != data:
        with pytest.raises((ForgedButtonError, OutdatedButtonError)):
            SIGNER.read(changed)


def test_a_seal_of_another_house_is_not_believed() -> None:
    with pytest.raises(ForgedButtonError):
        Signer(bytes(32)).read(SIGNER.seal(Verb.CANCEL, "7F3K9QXA", 4))


@pytest.mark.parametrize(
    "data", ["", "cancel:7F3K9QXA", "0c7F3K9QXA.4..AAAAAAAAAAAA", "1z7F3K9QXA.4..AAAAAAAAAAAA", "ａ"]
)
def test_what_no_version_of_ours_draws_is_called_outdated(data: str) -> None:
    with pytest.raises(OutdatedButtonError):
        SIGNER.read(data)


@pytest.mark.parametrize("subject", ["has.dots", "ÄÖÜ", "longer than anything that fits"])
def test_what_could_not_be_read_again_is_not_drawn(subject: str) -> None:
    with pytest.raises(ValueError, match="no button"):
        SIGNER.seal(Verb.CANCEL, subject, 4)
