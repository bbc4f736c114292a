"""The forms that open over a chat: a prompt to change, a picture to set in motion, a report."""

from typing import Any, Final, cast

import discord
from discord import ui
from typing_extensions import override

from bots.discord.answers import Asked, requester_of, tell, think
from bots.discord.buttons import Hears
from bots.discord.desk import Desk, Wanted
from bots.discord.languages import speak_to
from core.errors import Refusal
from core.model import Job, JobId
from core.texts import say

PROMPT_MOST: Final = 1500
"""Characters of a prompt that Discord's form and option take from us."""
FORM_SECONDS: Final = 3600.0
"""So long a form is remembered that somebody has opened: nobody tells us that it was closed."""
_TITLE_MOST = 45


class _Form(ui.Modal):
    """A form that answers in its person's language, and tells them its failures as commands and buttons do."""

    @override
    async def interaction_check(self, interaction: Asked, /) -> bool:
        speak_to(interaction)
        return True

    @override
    async def on_error(self, interaction: Asked, error: Exception, /) -> None:  # type: ignore[override]
        # discord.py's own Modal narrows it in the same way
        await cast("Hears", interaction.client).stumbled(interaction, error)


class PromptForm(_Form):
    """Asks what a video should show; what comes of it is a new request."""

    def __init__(self, desk: Desk, title: str, *, prompt: str = "", before: Job | None = None, **more: Any) -> None:
        super().__init__(title=title[:_TITLE_MOST], timeout=FORM_SECONDS)
        self._desk = desk
        self._before = before
        self._more = more
        self._words: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, default=prompt[:PROMPT_MOST], max_length=PROMPT_MOST, min_length=1
        )
        self.add_item(ui.Label(text=say("form-prompt"), component=self._words))

    @override
    async def on_submit(self, interaction: Asked) -> None:
        before = self._before
        wanted = Wanted(self._words.value, **self._more)
        if before is not None:
            request = before.request
            wanted = Wanted(
                self._words.value,
                request.seconds,
                request.shape,
                request.model,
                request.style,
                before.wishes.visibility,
                picture=request.image,
                parent=before.id,
            )
        await self._desk.make(interaction, wanted)


class ReportForm(_Form):
    """Asks what is wrong with a video."""

    def __init__(self, desk: Desk, job_id: JobId) -> None:
        super().__init__(title=say("form-report")[:_TITLE_MOST], timeout=FORM_SECONDS)
        self._desk = desk
        self._job_id = job_id
        self._reason: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=500, required=False
        )
        self.add_item(ui.Label(text=say("form-reason"), component=self._reason))

    @override
    async def on_submit(self, interaction: Asked) -> None:
        await think(interaction, private=True)
        try:
            first = await self._desk.service.report(self._job_id, self._reason.value, by=requester_of(interaction))
        except Refusal as refusal:
            await tell(interaction, self._desk.refused(refusal))
            return
        await tell(interaction, say("reported") if first else say("reported-before"))
