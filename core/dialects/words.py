"""What upstreams say, as tables: a new provider's words are an entry here, never a branch in the code.

Three tables. `MARKERS`: the words at the head of a line (behind `>`, `*`, emoji, or right after dots) and what they
say. `LINKS`: the text of a Markdown link and what its URL is for. `PICTURES`: the same for the text of an image. Words
stand in any case and width; they are folded once, when the tables are made. The longest entry that fits wins, so a
longer one takes a shorter one's words out of their meaning ("failed, trying again" is no failure).
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

from core.dialects.failures import fold


class Says(Enum):
    """What a line tells."""

    PLANNING = auto()
    SUBMITTED = auto()
    TICKET = auto()  # followed by the upstream's id for the job
    QUEUED = auto()
    GENERATING = auto()
    PROGRESS = auto()  # followed by numbers
    RETRYING = auto()
    UPLOADING = auto()
    PREVIEW_READY = auto()
    UPSCALING = auto()
    PUBLISHING = auto()
    CACHING = auto()
    COMPLETE = auto()
    ADDRESS = auto()  # followed by the result's URL, in plain text
    SHARE = auto()  # followed by the id that a remix names
    FAILURE = auto()  # followed by a message, or by nothing
    REASON = auto()  # why it failed; means nothing unless a failure came before


@dataclass(frozen=True, slots=True)
class Marker:
    """What some words at the head of a line say, and how the rest of that line is to be read."""

    says: Says
    quoted: bool = False
    """Counts only behind a `>`."""
    estimate: bool = False
    """Its numbers are guesses by the clock."""
    many: bool = False
    """Several numbers follow on one line."""
    again_means_retry: bool = False
    """Said a second time, it is another try."""


SUBMITTED = Marker(Says.SUBMITTED)
QUEUED = Marker(Says.QUEUED)
GENERATING = Marker(Says.GENERATING, many=True)
STARTING = Marker(Says.GENERATING, again_means_retry=True)
PROGRESS = Marker(Says.PROGRESS)
COUNTING = Marker(Says.PROGRESS, many=True)
ESTIMATE = Marker(Says.PROGRESS, estimate=True)
RETRYING = Marker(Says.RETRYING)
UPLOADING = Marker(Says.UPLOADING)
PREVIEW_READY = Marker(Says.PREVIEW_READY)
UPSCALING = Marker(Says.UPSCALING)
PUBLISHING = Marker(Says.PUBLISHING)
CACHING = Marker(Says.CACHING)
COMPLETE = Marker(Says.COMPLETE)
FAILURE = Marker(Says.FAILURE)
REASON = Marker(Says.REASON)

# D1 … D10 are the dialects of the shared grammar.
_MARKERS: tuple[tuple[Marker, tuple[str, ...]], ...] = (
    (Marker(Says.PLANNING), ("Analyzing input prompt", "分析输入提示")),
    # D1, D3: the line that only the relay can write, because it names the job.
    (Marker(Says.TICKET, quoted=True), ("ID",)),
    (Marker(Says.TICKET), ("Task ID", "task_id", "任务ID", "任务 ID", "任务编号", "Job ID")),
    (Marker(Says.SHARE), ("sid", "Post ID", "Video published successfully. Post ID")),
    (
        SUBMITTED,
        (
            "Video generation task created",  # D3
            "视频生成任务已创建",
            "Task submitted successfully",  # D6, a fork
            "Generation Process Begins",
            "视频生成任务已启动",  # D7
            "视频生成中，请稍候",  # D9
            "成功创建视频任务",  # D1b, pika
            "提交任务",  # D1b, mj
            "已接收到参数",  # D1b, domo
            "Task created",
            "任务已提交",
        ),
    ),
    (
        QUEUED,
        (
            "Queuing",
            "Queueing",
            "Queued",
            "In queue",
            "排队中",
            "正在排队",
            "Waiting for processing",  # D3
            "等待处理中",
            "任务正在队列中",  # D5
            "Task is in the queue",
            "Task is queued",
            "The task is in the queue",
            "排隊中",
        ),
    ),
    (
        GENERATING,
        (
            *("Generating", "Rendering", "Processing", "Generating video"),
            *(
                "生成中",
                "视频生成中",
                "视频生成已开始",
                "提交视频生成任务",
                "渲染中",
                "处理中",
                "正在生成",
                "正在生成视频",
            ),
        ),
    ),
    (STARTING, ("Starting video generation", "开始生成视频")),
    (
        COUNTING,
        (
            *("Progress", "Generation progress", "Rendering progress", "Video progress", "Task progress"),
            *("进度", "当前进度", "渲染进度", "任务进度", "視頻進度", "進度"),
        ),
    ),
    (
        COUNTING,
        (
            "正在生成视频中，当前进度",  # D8, February
            "视频正在生成",  # D8, April: said again with each number, with no line feed between
            "视频已生成",  # D8, October
        ),
    ),
    (PROGRESS, ("Video Generation Progress", "Image Generation Progress", "视频生成进度")),  # D6
    (ESTIMATE, ("Generation in progress", "生成进度")),  # D6's guess at 90; D7 counts its polls
    (
        RETRYING,
        (
            "生成失败，正在重试",  # D6: these hold the words of failure and are none
            "检测到401错误",
            "检测到",
            "Generation failed, retrying",
            "Retrying",
            "正在重试",
            "重试中",
        ),
    ),
    (
        UPLOADING,
        (
            "Image Upload Begins",
            "Uploading image",
            "上传首帧图片",  # D7
            "上传尾帧图片",
            "上传参考图片",
            "上传图片",
            "Processing images",  # D3
            "处理图片",
            "正在处理图片",
        ),
    ),
    (PREVIEW_READY, ("Preview video generated", "预览视频已生成", "预览视频生成完成")),
    (
        UPSCALING,
        (
            "Optimizing video quality",
            "正在优化视频质量",
            "视频生成完成，开始",  # D7: complete, and then the upscale begins
            "放大任务已提交",
            "正在对视频进行超分辨率",  # D8
            "Upscaling",
        ),
    ),
    (PUBLISHING, ("Watermark-free mode enabled", "Publishing video")),
    (
        CACHING,
        (
            "Now caching watermark-free video",
            "Now preparing watermark-free video",
            "Watermark-free video cached successfully",
            "Video generation successful. Now caching",
            "Now caching",
            "正在缓存视频文件",
            "视频缓存成功",
        ),
    ),
    (
        COMPLETE,
        (
            "Generation complete",
            "Generating complete",
            "Generation completed",
            "Video generated successfully",  # D5
            "Video generation complete",
            "High-quality video generated",  # D3
            "生成完成",
            "视频生成完成",
            "视频生成成功",
            "视频生成成功啦",
            "高质量视频已生成",
            "视频已生成完成",
            "生成成功",
            "生成完毕",
            "生成完畢",
            # D6 says it in its reasoning, five events before the result; there it has no meaning.
            "Video Generation Completed",
        ),
    ),
    (
        Marker(Says.ADDRESS),
        (
            *("Video URL", "Video link", "Result URL", "Download URL", "Download link", "Play URL"),
            *("视频链接", "视频地址", "下载链接", "下载地址", "播放链接", "播放地址"),
        ),
    ),
    (
        FAILURE,
        (
            "Generation failed",
            "Video generation failed",
            "Generate action failed",  # D1b
            "Task failed",
            "生成失败",
            "视频生成失败",
            "生成视频失败",  # D9
            "生成失敗",
            "任务失败",
            "视频生成过程中遇到问题",  # D9
            "视频生成超时",  # D10
            "请上传图片链接",  # D1b, runway
            "Content Policy Violation",  # D6: a heading, the reason is the next line
            "Service error",
            "Error",
            "错误",
            "出错了",
        ),
    ),
    (REASON, ("Failure reason", "Reason", "失败原因", "失敗原因", "错误原因", "原因")),
)


class LinkRole(Enum):
    """What a link's own text says that its URL is for."""

    FINAL = auto()
    DOWNLOAD = auto()  # the same file under a download path; the result where there is nothing better
    INTERMEDIATE = auto()
    PREVIEW_PAGE = auto()
    SOURCE = auto()  # where the job can be asked for by its ticket
    POSTER = auto()


@dataclass(frozen=True, slots=True)
class LinkWords:
    """What some words as a link's text say."""

    role: LinkRole
    after_completion: bool = True
    """Counts only below a line that says complete (or on it, where `inline`)."""
    inline: bool = False
    many: bool = False
    """One line that says complete may be followed by several of them."""


_LINKS: tuple[tuple[LinkWords, tuple[str, ...]], ...] = (
    (
        LinkWords(LinkRole.FINAL),
        (
            *("Play online", "Online play", "Play video", "Play the video", "View your video", "Watch your video"),
            *("在线播放", "在線播放", "線上播放", "播放视频", "查看视频", "点击查看视频", "点击播放视频", "立即播放"),
        ),
    ),
    (LinkWords(LinkRole.FINAL, many=True), ("Watch online", "在线观看", "在線觀看", "線上觀看")),
    (LinkWords(LinkRole.FINAL, inline=True), ("click here", "点击这里", "点击查看", "点击播放", "点此查看")),
    (LinkWords(LinkRole.FINAL, after_completion=False), ("video", "视频", "Watch video", "View video", "观看视频")),
    (
        LinkWords(LinkRole.DOWNLOAD, after_completion=False),
        ("Download video", "Download", "Click to download", "下载视频", "下载", "点击下载"),
    ),
    (LinkWords(LinkRole.INTERMEDIATE), ("Online preview", "在线预览")),
    (LinkWords(LinkRole.PREVIEW_PAGE), ("Data preview", "数据预览", "數據預覽")),
    (LinkWords(LinkRole.SOURCE), ("Source data", "Raw data", "原始数据", "原始數據")),
)

_PICTURES: tuple[tuple[LinkWords, tuple[str, ...]], ...] = (
    (LinkWords(LinkRole.FINAL, after_completion=False), ("video", "视频")),  # D9 gives its video as an image
    (LinkWords(LinkRole.FINAL, after_completion=False, many=True), ("图片", "image")),  # D4's relatives
)

GENERATED_PICTURE = "gen_"
"""D4: an image whose text begins so is a result, and its text is the id that an edit names."""
GENERATED = LinkWords(LinkRole.FINAL, after_completion=False, many=True)
POSTER = LinkWords(LinkRole.POSTER)

STAGES: dict[str, Marker] = {
    "cache": CACHING,
    "upload": UPLOADING,
    "publish": PUBLISHING,
    "watermark": PUBLISHING,
    "queue": QUEUED,
    "error": FAILURE,
    "retry": RETRYING,
}
"""D6, a fork: the first word of `[stage] (status) 45% …`; any other stage is rendering."""


_Meaning = TypeVar("_Meaning")


def _table(rows: tuple[tuple[_Meaning, tuple[str, ...]], ...]) -> dict[str, _Meaning]:
    return {fold(word): meaning for meaning, words in rows for word in words}


MARKERS = _table(_MARKERS)
LINKS = _table(_LINKS)
PICTURES = _table(_PICTURES)
