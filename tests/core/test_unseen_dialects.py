"""Streams that nobody recorded: each dialect's manner, with other ids, hosts and words."""

from typing import Final

import pytest

from core.errors import ErrorKind
from tests.written_streams import (
    DONE,
    END,
    FILM,
    SHARE,
    TASK,
    Case,
    body,
    completes,
    delta,
    done,
    event,
    fails,
    head,
    is_cut,
    read,
    said,
    stop,
    thought,
)

OTHER: Final = "https://media.elsewhere.example/a/b/0ther.mp4"
BARE: Final = "https://v3.elsewhere.example/abc?sig=1&e=2"  # nothing in it says film
PICTURE: Final = "https://img.elsewhere.example/p.webp"
UUID: Final = "3f2b8c1e-7a55-4d0b-9c3e-1a2b3c4d5e6f"
PLAN: Final = (
    '```json\n{"prompt": "55..66.. ❌ 错误 https://elsewhere.example/old.mp4", "sid": "s_' + "ff" * 16 + '"}\n```\n'
)


VEO: Final = (
    f"> Video generation task created\n> Task ID: `veo3.1-fast:{UUID}`\n> To prevent task interruption, you can "
    "continuously track progress from the following links:\n> Waiting for processing.."
)
PREVIEW: Final = f"\n\n> ✅ Preview video generated\n> [📺 Online Preview]({OTHER}) | [⏬ Download Video]({OTHER}?d)"

SORA: Final = (  # D1
    completes(
        "another host of the lineage, a UUID, a poster",
        said(head(UUID, "https://pro.asyncdata.net"), "\n\n>🏃 Progress 5..10..")
        + said(f"\n> Generation Complete ✅ \n> sid: `{SHARE}`\n\n![{PICTURE}]({PICTURE})\n[Play Online▶️]({FILM})")
        + END,
        task_id=UUID,
        share_id=SHARE,
        progress=(5, 10),
    ),
    completes("no backticks", said(head().replace("`", ""), done("Online Play▶️")) + END, task_id=TASK),
    completes("a task with its model", said(head(f"sora-2:{UUID}"), done()) + END, task_id=f"sora-2:{UUID}"),
    completes("Generating Complete", said(head(), done(words="Generating Complete ✅")) + END, task_id=TASK),
    completes(
        "other emoji", said(head(), "\n>🚀 Progress 12..", done("🎬 Play online", "✔️ Generation complete 🎉")) + END
    ),
    completes("bold", said(head(), f"\n> **Generation complete** ✅\n\n**[Play online▶️]({FILM})**") + END),
    completes("a colon of full width", said(head().replace(":", "：", 1), done()) + END, task_id=TASK),
    completes(
        "traditional characters",
        said(f"\n> ID: `{TASK}`\n> 排隊中..\n>🏃 進度 36..44..\n> 生成完畢 ✅\n\n[線上播放▶️]({BARE})\n") + END,
        BARE,
        progress=(36, 44),
    ),
    completes(
        "a reseller's footer glued to the link",
        said(head(), done() + '<p align="center"><small>© 2025 <a href="https://r.example/x.mp4">R</a></small></p>')
        + END,
    ),
    completes(
        "a reseller's footer of links",
        said(head(), done() + "\n\n---\n[Home](https://r.example) | [Docs](https://r.example/d.mp4)\n") + END,
    ),
    completes(
        "the planner's thoughts first", said("**Analyzing input prompt**\nit failed\n\n", PLAN, head(), done()) + END
    ),
    completes(
        "a remix: the plan holds the old film's id", said(PLAN, head(), done()) + END, share_id=SHARE, progress=()
    ),
    completes("the plan's end and the task on one line", said(PLAN.rstrip() + head().strip() + "\n", done()) + END),
    completes("only a download link", said(head(), done("Download video")) + END, task_id=TASK),
    completes("a twin to download", said(head(), f"{done()} | [Download]({OTHER})") + END),
    completes("the result as a tag", said(head(), f"\n> Generation complete\n\n<video src='{FILM}'></video>") + END),
    completes("the result as a line", said(head(), f"\n> Generation complete ✅\n\n<{FILM}>\n") + END),
    completes("the result behind a label", said(head(), f"\n> Generation complete ✅\nDownload link: {FILM}\n") + END),
    fails("nothing after complete", said(head(), "\n> Generation complete ✅\n") + END, "no_result", recoverable=True),
    fails("a link cut in its middle", said(head(), done()[:-12]) + END, "no_result"),
    fails("a link before complete", said(head(), f"\n[Play online▶️]({FILM})\n") + END, "no_result"),
    completes("two films, written alike", said(head(), f"{done()}\n[Play online▶️]({FILM}?2)") + END, FILM, f"{FILM}?2"),
    fails("two films on two hosts", said(head(), f"{done()}\n[Play online▶️]({BARE})") + END, "no_result"),
    fails("two films, not written alike", said(head(), f"{done()}\n[Play online]({FILM}?2)") + END, "no_result"),
    fails(
        "two downloads where there can be one",
        said(head(), f"{done('Download')}\n[Download]({OTHER})") + END,
        "no_result",
    ),
    fails("an error as a delta", said(head()) + delta(error="timeout") + END, "timeout", task_id=TASK),
    fails("an error object as a delta", said(head()) + delta(error={"message": "429"}) + END, "rate_limited"),
    fails(
        "a reason",
        said(head(), "\n> Generating...Generation failed\n> Failure reason: not allowed by our safety system\n") + END,
        "moderation",
    ),
    fails("失败原因", said(head(), "\n\n> 生成失败 ❌\n> 失败原因：网络波动\n") + END, "upstream_error"),
    fails("a refusal in plain words", said("非常抱歉，该提示可能违反了OpenAI的内容政策。") + END, "moderation"),
    fails(
        "a film before the task's own line", said(done(), head(), "\n> Generating..") + END, "no_result", share_id=None
    ),
    fails(
        "a film of the planner's, and none of the relay's", said(PLAN, done("Play online"), head()) + END, "no_result"
    ),
    completes(
        "a failure before the task's own line",
        said("> Generation failed\n> ID: `task_00000000000000000000000000`\n>🏃 Progress 99..\n", head(), done()) + END,
        task_id=TASK,
        progress=(),
    ),
    is_cut("cut while it renders", said(head(), "\n>🏃 Progress 36.."), task_id=TASK, recoverable=True, progress=(36,)),
    is_cut("cut in the link", said(head(), done()[:-12])),
    is_cut("a relay's own [DONE] after a cut", said(head(), "\n> Generating..") + DONE, recoverable=True),
)
SIBLINGS: Final = (  # D1b
    completes(
        "runway",
        said("\n\n> 排队中.", "\n> 生成中..", "\n> 生成完成 ✅")
        + said(f"\n> 视频信息 1280x768 24fps\n\n![{PICTURE}]({PICTURE})\n[在线播放▶️]({FILM})")
        + END,
    ),
    completes(
        "domo",
        said("✅已接收到参数\n", "✅已设置变化强度：low\n", "⏳生成中，请稍等...", ".", "\n✅生成完成\n")
        + said(f"[在线播放]({FILM})\n", f"⏬[下载]({FILM}?d)\n")
        + END,
    ),
    *(
        completes(
            f"pika, whose link's text is the prompt: {kind}",
            said("✅成功创建视频任务：9911\n\n", "⌛️视频生成中...", "✅视频生成成功\n\n")
            + said(f"[{prompt}]({FILM})\n", f"[⏬下载]({FILM}?d)")
            + END,
        )
        for kind, prompt in {
            "plain": "a fox",
            "with brackets": "the [red] fox",
            "long": "x" * 900,
            "over two lines": "one\ntwo",
        }.items()
    ),
    completes(
        "midjourney",
        said("> 提交任务✅ \n> task_id: `1712345678901234`\n> 生成中.", "12%", ".", "45%")
        + said(f"\n> 生成完成 ✅\n\n![image]({PICTURE})\n")
        + END,
        PICTURE,
        progress=(12, 45),
    ),
    fails("glued to the dots", said("\n> 生成中...", ".", "生成失败") + END, "unknown"),
    fails("原因", said("\n> 生成中...", "\n生成失败, 原因: 余额不足") + END, "insufficient_credit"),
    fails("no picture", said("请上传图片链接，才能开始生成视频") + END, "bad_request"),
    fails(
        "a fence",
        said('生成失败: no\nReason:\n```json\n{"code":"content_policy_violation"}\n```\n') + END,
        "moderation",
    ),
    fails(
        "a fence that knows more than the number before it",
        said('生成失败: Request failed with status code 400\nReason:\n```json\n{"error":"moderation"}\n```\n') + END,
        "moderation",
    ),
    fails("an empty fence", said("生成失败: timeout of 30 s\nReason:\n```json\nundefined\n```\n") + END, "timeout"),
    fails("complete, then failed", said("\n> 生成完成 ✅", "生成失败: 未找到视频地址") + END, "no_result"),
)
VEO3: Final = (  # D3
    completes(
        "two starts, a preview, the film",
        said(
            VEO,
            *["\n\n> Type: text\n> 🎬 Starting video generation.."] * 2,
            PREVIEW,
            "\n\n> 🔄 Optimizing video quality..",
        )
        + said(f"\n\n> 🎉 High-quality video generated\n\n[▶️ Watch Online]({FILM}) | [⏬ Download Video]({FILM}?d)")
        + END,
        task_id=f"veo3.1-fast:{UUID}",
        progress=(),
        other_urls=(OTHER, f"{OTHER}?d", f"{FILM}?d"),
    ),
    completes(
        "two films",
        said(VEO, f"\n\n> 🎉 High-quality video generated\n\n[▶️ Watch Online]({FILM})\n[▶️ Watch Online]({OTHER})")
        + END,
        FILM,
        OTHER,
    ),
    fails("only the preview", said(VEO, PREVIEW) + END, "no_result"),
    fails(
        "a preview under another label",
        said(VEO, f"\n\n> ✅ Preview video generated\n> [video]({OTHER})\n![video]({OTHER})") + END,
        "no_result",
        other_urls=(OTHER,),
    ),
    is_cut("cut after the preview", said(VEO, PREVIEW)),
    is_cut(
        "an acknowledgement and no more",
        said(f"I'll help you.\n\n**Task ID: `veo3-pro:{UUID}`**\n\n**Estimated completion time**: 2-5 minutes") + DONE,
        "pending_poll_required",
        task_id=f"veo3-pro:{UUID}",
        recoverable=True,
    ),
    completes(
        "not streamed",
        body(
            f"> 视频生成任务已创建\n> 任务ID: `{UUID}`\n> 等待处理中.\n\n> 🎉 高质量视频已生成\n\n[▶️ 在线观看]({FILM})"
        ),
        task_id=UUID,
    ),
)
PICTURES: Final = (  # D4
    completes(
        "a percentage that is a link",
        said(f">🕐 Queuing...\n\n>⚡ Generating..\n\n>🏃 Progress 7....13....[100]({PICTURE}?x=%3A22..33..)")
        + said(f"\n\n> ✅ Generation complete\n\n\n![gen_01abc]({PICTURE})\n\n[Click to download]({PICTURE}?d)\n\n")
        + END,
        PICTURE,
        progress=(7, 13, 100),
        media_id="gen_01abc",
    ),
)
FOAI: Final = (  # D5
    completes(
        "a plan and percentages",
        delta(role="assistant")
        + said(PLAN, "> ⌛️ 任务正在队列中，请耐心等待...\n\n", "> 🏃 进度：8.5%\n\n", "> 🏃 进度：99.0%\n\n")
        + said(f"> ✅ 视频生成成功，[点击这里]({BARE}) 查看视频~~~\n\n")
        + event({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"total_tokens": 9}})
        + DONE,
        BARE,
        progress=(8.5, 99.0),
        usage={"total_tokens": 9},
    ),
    completes(
        "in English, no end at all", said(f"> ✅ Video generated successfully, [click here]({FILM}) to view video~~~\n")
    ),
    completes(
        "an event that is no JSON",
        b'data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}]]}\n'
        + said(f"> ✅ 视频生成成功，[点击这里]({FILM}) 查看视频~~~\n\n")
        + END,
        malformed_events=1,
    ),
    completes("not streamed", body(f"[下载视频]({FILM})\n\n")),
    fails(
        "❌",
        said("> 🏃 进度：36.0%\n\n> ❌ 视频生成失败：图片检测系统认为内容可能违反相关政策\n\n") + END,
        "moderation",
    ),
    fails("错误", said("> ⌛️ 任务正在队列中\n\n错误：服务繁忙，请稍后再试\n") + END, "capacity"),
    is_cut("cut", said("> 🏃 进度：36.0%\n\n"), recoverable=False, task_id=None),
    is_cut("cut in its link", said(f"> ✅ 视频生成成功，[点击这里]({FILM}?si")),
    is_cut("cut in its link, and a relay's own [DONE]", said(f"> ✅ 视频生成成功，[点击这里]({FILM}?si") + DONE),
)
SELF_HOSTED: Final = (  # D6, D7
    completes(
        "sora2api",
        thought("**Generation Process Begins**\n\nInitializing…\n", "\n**Video Generation Progress**: 5% (queued)\n")
        + said(f"```html\n<video src='{FILM}' controls></video>\n```")
        + stop("STOP")
        + DONE,
        progress=(5,),
        finish_reason="STOP",
    ),
    completes("its result in another fence", said(f"```\n<VIDEO CONTROLS SRC='{FILM}'></VIDEO>\n```\n") + END),
    completes(
        "its retries are no failure",
        thought("**生成失败，正在重试**\n\n第 1 次重试（共 2 次）...\n\n失败原因：heavy_load\n")
        + thought("**检测到401错误，已自动禁用Token 3**\\n\\n正在重试")
        + said(f"<video src='{FILM}'></video>")
        + END,
    ),
    completes(
        "a fork: stages and outputs",
        thought("[generating] (processing) 45% rendering 45%\n", "[cache] (error) could not\n")
        + delta(reasoning_content="Task submitted.\n", output=[{"task_id": TASK}])
        + delta(output=[{"url": FILM, "type": "video"}])
        + END,
        task_id=TASK,
        progress=(45,),
    ),
    fails("a fork: a fatal stage", thought("[error] (error) moderation blocked\n") + END, "moderation"),
    fails(
        "None", thought("**Content Policy Violation**\n\nno\n") + said("❌ 生成失败: None") + stop("STOP"), "moderation"
    ),
    fails("a character card", said('{"cameo_id":"ch_1","username":"abc.def"}') + END, "no_result"),
    fails(
        "the end in sixteen characters",
        said("❌ Generation failed: Cloudflare challenge or rate limit (429) triggered.")
        + stop("STOP")
        + b"data: [DONE]\\n\\n",
        "rate_limited",
        done_seen=True,
    ),
    completes(
        "flow2api: an estimate that begins again",
        thought(
            "✨ 视频生成任务已启动\n", "生成进度: 3%\n", "\n视频生成完成，开始 1080P 放大处理...\n", "生成进度: 0%\n"
        )
        + said(f"<video src='{BARE}' data-media-id='CAUS-1' controls></video>")
        + END,
        BARE,
        progress=(3, 0),
        progress_is_estimate=True,
        media_id="CAUS-1",
    ),
    fails(
        "flow2api: an error after its line",
        thought("错误: 视频生成失败: PUBLIC_ERROR_UNSAFE_GENERATION，请重试\n")
        + event(
            {"error": {"message": "PUBLIC_ERROR_UNSAFE_GENERATION", "code": "generation_failed", "status_code": 502}}
        )
        + DONE,
        "moderation",
    ),
)
THINKERS: Final = (  # D8, D9, D10
    completes(
        "grok: rounds, and a URL alone",
        said("<think>\n[round=1/2] progress=36%\n[round=2/2] progress=36.5%\n\n</think>\n", f"{FILM}\n") + END,
        progress=(36, 36.5),
    ),
    completes("grok: no line feeds", thought("视频正在生成 0%", "视频正在生成 5%") + said(FILM) + END, progress=(0, 5)),
    completes(
        "grok: a path", thought("视频正在生成 36%") + said("/v1/files/video?id=abc1") + END, "/v1/files/video?id=abc1"
    ),
    completes(
        "grok: escapes",
        said('<video controls src="https://a.example/v.mp4?a=1&amp;b=2"></video>') + END,
        "https://a.example/v.mp4?a=1&b=2",
    ),
    is_cut("grok: cut in its path", thought("视频正在生成 36%") + said("/v1/files/video?i")),
    is_cut("grok: cut in its URL", thought("视频正在生成 36%") + said(f"{FILM}?si")),
    fails("grok: all of it and no film", said("<think>\n正在生成视频中，当前进度100%\n</think>\n") + END, "no_result"),
    fails("a film only in its thoughts", said(f"<think>\n[Play online]({FILM})\n</think>\n") + END, "no_result"),
    fails(
        "grok: an error event",
        event({"error": {"message": "missing final video_url"}}, name="error") + DONE,
        "no_result",
    ),
    completes(
        "jimeng: a stop in the middle, other choices, help pages",
        said("🎬 视频生成中，请稍候...\n", ".")
        + event({"choices": [{"index": 1, "delta": {"content": "\n\n还在生成"}, "finish_reason": "stop"}]})
        + event({"choices": [{"index": 1, "delta": {"content": f"\n\n✅ 视频生成完成！\n\n![video]({BARE})\n\n"}}]})
        + said("您可以：\n1. 查看 https://help.example/how.mp4\n")
        + END,
        BARE,
    ),
    fails(
        "jimeng: a number",
        said("🎬 视频生成中，请稍候...", "\n\n⚠️ 视频生成过程中遇到问题: 生成失败: 2038\n") + END,
        "moderation",
    ),
    completes(
        "qwen",
        b": keep-alive\n\n" * 3 + said(f"\n<video controls>\n{BARE}\n</video>\n\n[Download Video]({BARE})\n") + END,
        BARE,
    ),
    is_cut("qwen: cut in its URL", said("\n<video controls>\nhttps://v3.else")),
    fails("qwen: a sentence", said("Service error, please try again later") + END, "upstream_error"),
)
CASES: Final = (*SORA, *SIBLINGS, *VEO3, *PICTURES, *FOAI, *SELF_HOSTED, *THINKERS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_stream_that_nobody_recorded_is_read_right(case: Case) -> None:
    reading = read(case.stream)
    assert {name: getattr(reading, name) for name in case.expected} == case.expected
    assert read(case.stream, cut=1) == reading
    assert read(case.stream, prompt="a dog on the beach", cut=9).outcome == reading.outcome


def test_once_the_echo_is_over_the_same_words_are_the_upstreams() -> None:
    words = "生成失败: 余额不足"
    assert read(said(f"> {words}\n") + END, prompt=words).error_kind is ErrorKind.NO_RESULT
    told = said(f'```json\n{{"prompt": "{words}"}}\n```\n', f"> {words}\n") + END
    assert read(told, prompt=words).error_kind is ErrorKind.INSUFFICIENT_CREDIT


def test_progress_that_a_person_wrote_is_not_told_while_its_line_grows() -> None:
    echo, own = said("> Progress 44..", "61..", "\n"), said("> Progress 5..", "7..\n")
    assert read(echo + own + END, prompt="Progress 44..61..81..").progress == (5, 7)


def test_a_fence_in_an_unknown_prompt_does_not_end_the_plan() -> None:
    plan = f'```json\n{{"prompt": "a\n```\n[video]({OTHER})\n"}}\n```\n'
    reading = read(said(plan, "> ❌ 视频生成失败: 余额不足\n") + END)
    assert (reading.outcome, reading.error_kind) == ("failed", ErrorKind.INSUFFICIENT_CREDIT)
