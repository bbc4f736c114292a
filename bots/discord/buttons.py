"""The buttons under a status message: known by what stands in their ids, so that they outlive every restart."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final, Protocol, Self, cast

import discord
from discord import ui
from typing_extensions import override

from core.model import JobId
from core.texts import say


class Press(StrEnum):
    """What somebody can ask for by pressing."""

    CANCEL = "cancel"
    REMIX = "remix"
    EDIT = "edit"
    AGAIN = "again"
    RETRY = "retry"
    PRIVATE = "private"
    REPORT = "report"
    DELETE = "delete"
    SHOW = "show"
    """Go on under this very message, by the token that the press brings."""
    FETCH = "fetch"
    """Bring a film to its person, privately."""
    OUTDATED = "outdated"
    """A button of an older version, which nobody draws any more."""


class Hears(Protocol):
    """The client of a platform that has such buttons."""

    async def pressed(self, interaction: discord.Interaction[Any], press: Press, job: JobId) -> None:
        """Somebody pressed it: whether they may, and whether it still makes sense, is looked at there."""
        ...


_STYLES: Final = {
    Press.CANCEL: discord.ButtonStyle.secondary,
    Press.DELETE: discord.ButtonStyle.danger,
    Press.REMIX: discord.ButtonStyle.primary,
    Press.SHOW: discord.ButtonStyle.primary,
    Press.FETCH: discord.ButtonStyle.primary,
    Press.RETRY: discord.ButtonStyle.primary,
}


class JobButton(ui.DynamicItem[ui.Button[Any]], template=r"matinee:(?P<press>[a-z]+):(?P<job>[0-9A-Z]{8})"):
    """One button of one job. What is stored in Discord is its id; everything else is looked up when it is pressed."""

    def __init__(self, press: Press, job: JobId, *, of_several: bool = False, free: bool = False) -> None:
        """`of_several`: it says which job it is for, since others stand beside it; `free`: that trying again is."""
        label = say(f"button-{press}") if press is not Press.OUTDATED else press.value
        if free and press is Press.RETRY:
            label = say("button-retry-free")
        super().__init__(
            ui.Button(
                label=f"{label} {job}" if of_several else label,
                style=_STYLES.get(press, discord.ButtonStyle.secondary),
                custom_id=f"matinee:{press}:{job}",
            )
        )
        self.press = press
        self.job = job

    @classmethod
    @override
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        press = Press(match["press"]) if match["press"] in set(Press) else Press.OUTDATED
        return cls(press, JobId(match["job"]))

    @override
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await cast("Hears", interaction.client).pressed(interaction, self.press, self.job)


def ids_of(components: Iterable[Any]) -> set[str]:
    """The ids of all buttons of ours among these, however deep they stand."""
    found = (getattr(component, "custom_id", None) for component in _all_components(components))
    return {custom_id for custom_id in found if custom_id is not None}


def job_of(message: discord.Message) -> JobId | None:
    """The job that a message of ours shows, by the ids of its buttons."""
    for component in _all_components(message.components):
        custom_id = getattr(component, "custom_id", None)
        found = JobButton.__discord_ui_compiled_template__.fullmatch(custom_id) if custom_id else None
        if found is not None:
            return JobId(found["job"])
    return None


def _all_components(components: Iterable[Any]) -> Iterable[Any]:
    for component in components:
        yield component
        yield from _all_components(getattr(component, "children", ()))
