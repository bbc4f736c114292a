"""A small bot on the real discord.py that the emulator's own tests drive."""

from typing import Any

import discord
from discord import app_commands, ui
from typing_extensions import override


class Cancel(ui.DynamicItem[ui.Button[Any]], template=r"cancel:(?P<job>[0-9]+)"):
    """A button that works however often the bot has been restarted."""

    def __init__(self, job: int) -> None:
        super().__init__(ui.Button(label="Cancel", custom_id=f"cancel:{job}"))
        self.job = job

    @override
    @classmethod
    async def from_custom_id(cls, interaction: Any, item: Any, match: Any, /) -> "Cancel":
        return cls(int(match["job"]))

    @override
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.edit_message(content=f"cancelled {self.job}", view=None)


class Bot(discord.Client):
    """A client with a command tree; `errors` is what its commands have let escape."""

    def __init__(self, **choices: Any) -> None:
        choices.setdefault("intents", discord.Intents(guilds=True))
        super().__init__(max_messages=None, **choices)
        self.tree = app_commands.CommandTree(self)
        self.errors: list[Exception] = []

        @self.tree.error
        async def note(interaction: discord.Interaction[Any], error: Exception) -> None:
            self.errors.append(getattr(error, "original", error))

    @override
    async def setup_hook(self) -> None:
        self.add_dynamic_items(Cancel)
        await self.tree.sync()


def cancel_view(job: int) -> ui.View:
    """The button alone."""
    view = ui.View(timeout=None)
    view.add_item(Cancel(job))
    return view


class Status(ui.LayoutView):
    """A status in Components V2: a text, maybe a film, the button."""

    def __init__(self, text: str, film: str | None = None, *, job: int = 7) -> None:
        super().__init__(timeout=None)
        parts: list[Any] = [ui.TextDisplay(text)]
        if film is not None:
            parts.append(ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{film}")))
        row: ui.ActionRow[Any] = ui.ActionRow()
        row.add_item(Cancel(job))
        self.add_item(ui.Container(*parts, row))
