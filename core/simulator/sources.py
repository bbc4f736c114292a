"""What the asyncdata lineage answers to a ticket: JSON at `/source` and `/api/share`, a page at `/web`."""

import html
import json
from datetime import timedelta
from typing import Any

from core.simulator.jobs import Job
from core.simulator.story import FAILED, FINISHED, Turn


def source_answer(job: Job, turn: Turn) -> bytes:
    """The JSON of `/source/{id}` in the form of the job's lineage."""
    if job.order.script.source == "veo":
        return json.dumps(_veo(job, turn), ensure_ascii=False).encode()
    # Written by PHP, which escapes slashes.
    return json.dumps(_sora(job, turn), ensure_ascii=False).replace("/", "\\/").encode()


def _film(job: Job, turn: Turn) -> str | None:
    """The film's address, once there is one."""
    there = turn.status == FINISHED and not job.order.faults.get("no_video")
    return job.values["video"] if there else None


def _sora(job: Job, turn: Turn) -> dict[str, Any]:
    url = _film(job, turn)
    progress = (turn.percent or 0) / 100
    item = {"kind": "sora_draft", "url": url, "encodings": {"source": {"path": url}}}
    return {
        "id": job.ticket,
        "status": turn.status,
        "progress": progress,
        "is_completed": turn.status == FINISHED,
        "url": url,
        "error": job.telling.reason if turn.status == FAILED else None,
        "content": {
            "status": turn.status,
            "progress": progress,
            "url": url,
            "downloadable_url": url,
            "items": [item] if url else [],
        },
    }


def _veo(job: Job, turn: Turn) -> dict[str, Any]:
    url = _film(job, turn)
    preview = job.values["preview"] if url or turn.status.startswith("video_upsampling") else None
    changed = job.created + timedelta(seconds=turn.at)
    over = turn.status in {FINISHED, FAILED}
    return {
        "id": job.ticket,
        "status": turn.status,
        "running": not over,
        "retry_count": 1 if job.order.faults.get("retry") else 0,
        "max_retries": 3,
        "status_update_time": int(changed.timestamp() * 1000),
        "created_at": int(job.created.timestamp()),
        "completed_at": int(changed.timestamp()) if over else None,
        "video_generation_status": "MEDIA_GENERATION_STATUS_SUCCESSFUL" if preview else None,
        "upsample_status": "MEDIA_GENERATION_STATUS_SUCCESSFUL" if url else None,
        "video_url": preview,
        "upsample_video_url": url,
        "images": [],
        "req": {"prompt": job.order.prompt},
        "error_message": job.telling.reason if turn.status == FAILED else None,
    }


def page(job: Job, turn: Turn) -> str:
    """The page that a person sees behind "Data Preview"."""
    url = _film(job, turn)
    again = "" if turn.status in {FINISHED, FAILED} else '<meta http-equiv="refresh" content="2">'
    reason = f"<p>{html.escape(job.telling.reason or '')}</p>" if turn.status == FAILED else ""
    film = f'<video src="{html.escape(url)}" controls autoplay muted loop></video>' if url else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{again}<title>A simulated generation</title>'
        f"</head><body><h1>{html.escape(turn.status)}</h1><p>{html.escape(job.order.prompt)}</p>{reason}{film}</body></html>"
    )
