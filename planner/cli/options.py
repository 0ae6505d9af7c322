"""Options and arguments that commands of ``planner`` share, and the language they speak."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from planner.words import Lang, Words


class Engine(StrEnum):
    """Engines a planner may ask for."""

    auto = "auto"
    assignment = "assignment"
    patterns = "patterns"
    core = "core"
    whole = "whole"


class Unit(StrEnum):
    """In what plans are told apart."""

    projects = "projects"
    m2 = "m2"


class ShareChoice(StrEnum):
    """For whom a file may be."""

    internal = "internal"
    meeting = "meeting"
    public = "public"


class LangChoice(StrEnum):
    """Languages a planner may ask for."""

    zh = "zh"
    en = "en"


def language(environment: dict[str, str] | os._Environ[str]) -> LangChoice:
    """Return the language of an environment: PLANNER_LANG, else LANG, else Chinese.

    Examples
    --------
    >>> [language(env).value for env in ({"PLANNER_LANG": "en"}, {"LANG": "en_GB.UTF-8"}, {"LANG": "C"}, {})]
    ['en', 'en', 'zh', 'zh']
    """
    for name in ("PLANNER_LANG", "LANG"):
        if (said := environment.get(name, "")[:2].lower()) in ("zh", "en"):
            return LangChoice(said)
    return LangChoice.zh


HERE = language(os.environ)


def helped(zh: str, en: str) -> str:
    """Return what the help says, in the language of the environment."""
    return Words(zh, en)(HERE.value)


LangOption = Annotated[LangChoice | None, typer.Option("--lang", help=helped("输出语言", "language of the output"))]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help=helped("只输出错误", "print errors only"))]
JsonOption = Annotated[bool, typer.Option("--json", help=helped("在标准输出打印 JSON", "print JSON, and nothing else"))]
DebugOption = Annotated[bool, typer.Option("--debug", help=helped("显示调用栈", "show the traceback of an error"))]
LayerOption = Annotated[
    str | None, typer.Option("--layer", help=helped("只查其中一个图层", "look at this one of its layers only"))
]
CsvOption = Annotated[Path | None, typer.Option("--csv", help=helped("把问题写成表格", "write the faults as a table"))]
FaultMapOption = Annotated[
    Path | None, typer.Option("--map", help=helped("把问题画成地图", "write a map of the faults"))
]
FixOption = Annotated[
    Path | None, typer.Option("--fix", help=helped("写出修复副本的文件夹", "folder for a repaired copy"))
]
FilesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        help=helped(
            "把方案写成 gpkg、geojson、shp、kml、dxf，可重复", "of a plan: gpkg, geojson, shp, kml, dxf; may repeat"
        ),
    ),
]
EncodingOption = Annotated[
    str, typer.Option("--encoding", help=helped("shp 的文字编码：utf-8 或 gbk", "of shp: utf-8 or gbk"))
]
FilesFolderOption = Annotated[
    Path | None, typer.Option("--out", help=helped("文件夹，默认 方案/export/", "folder of the files; PLAN/export/"))
]
CrsOption = Annotated[
    list[str] | None, typer.Option("--crs", help=helped("按此读取：parcels=GCJ-02", "read it as: parcels=GCJ-02"))
]
EngineOption = Annotated[
    Engine | None, typer.Option("--engine", help=helped("算法，默认按规模与结构", "search; by size and structure"))
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        help=helped("Dask：local 或 tcp://主机:端口", "on Dask: local, or tcp://host:port of a scheduler"),
    ),
]
FormOption = Annotated[
    str,
    typer.Option(
        "--format",
        help=helped(
            "gap：广义指派；pairs、rows、cap、tbed、diaz：单源选址；knapsack：多目标背包",
            "gap: assignment; pairs, rows, cap, tbed, diaz: single-source location; knapsack: several objectives",
        ),
    ),
]
MaximiseOption = Annotated[
    bool, typer.Option("--maximise", help=helped("gap 文件为收益而非成本", "a gap file is of gains, not of costs"))
]
LimitOption = Annotated[
    str | None, typer.Option("--time-limit", help=helped("时间上限（秒）", "most seconds of solving"))
]
StartOption = Annotated[
    Path | None,
    typer.Option("--start", help=helped("--solver 由此方案起步", "folder of a plan that --solver starts from")),
]
RandomOption = Annotated[
    int | None, typer.Option("--random", min=1, help=helped("随机算例的备选落位数", "options of a random instance"))
]
SeedOption = Annotated[int | None, typer.Option("--seed", min=0, help=helped("随机种子，默认 0", "seed; 0 by default"))]
EachGapOption = Annotated[
    str | None, typer.Option("--gap", help=helped("与上限差距，默认 0", "gap to stop at; 0 by default"))
]
EachLimitOption = Annotated[
    str | None,
    typer.Option(
        "--time-limit", help=helped("每个算例的时间上限，默认 60 s", "most seconds for each instance; 60 s by default")
    ),
]
WithinOption = Annotated[
    str, typer.Option("--within", help=helped("各方案与上限的最大差距", "most gap each plan is proved to"))
]
ApartOption = Annotated[
    float, typer.Option("--apart", min=0, help=helped("任两方案至少相差多少", "least that any two are apart"))
]
UnitOption = Annotated[Unit, typer.Option("--unit", help=helped("相差按项目数或面积", "apart in projects or m² asked"))]
CostOption = Annotated[
    bool, typer.Option("--cost", help=helped("求解移至他处或落位的代价", "what it costs elsewhere, or placed"))
]
EvenOption = Annotated[
    bool, typer.Option("--break-even", help=helped("各数值变动多少它才移动", "how far figures move before it does"))
]
CountOption = Annotated[int, typer.Option("--count", help=helped("方案数", "plans wanted"))]
FolderOption = Annotated[Path | None, typer.Option("--out", help=helped("结果文件夹", "folder of what is found"))]
ScenarioArgument = Annotated[Path, typer.Argument(help=helped("情景文件 (.yaml)", "scenario file (.yaml)"))]
ScenarioOrPlan = Annotated[
    Path, typer.Argument(help=helped("情景文件，或方案文件夹", "scenario file, or folder of a plan"))
]
AgainstOption = Annotated[
    list[Path] | None,
    typer.Option("--against", help=helped("与之比较的方案，可重复至三个", "a plan to compare with; up to three times")),
]
OtherOption = Annotated[
    Path | None, typer.Option("--against", help=helped("与之比较的方案", "folder of a plan to compare with"))
]
PdfOption = Annotated[bool, typer.Option("--pdf", help=helped("汇报册 report.pdf（A4）", "report.pdf, an A4 booklet"))]
HtmlOption = Annotated[bool, typer.Option("--html", help=helped("汇报网页 report.html", "the same as report.html"))]
SheetsOption = Annotated[
    bool, typer.Option("--sheets", help=helped("上会用两张 A3：sheets.pdf", "sheets.pdf, two A3 sheets for a meeting"))
]
AtlasOption = Annotated[
    bool, typer.Option("--atlas", help=helped("地块图集 atlas.pdf", "atlas.pdf, a page for each plot given"))
]
ModelArgument = Annotated[
    Path | None, typer.Argument(help=helped("模型文件，.lp 或 .mps", "file of the model: .lp or .mps"))
]
FourOption = Annotated[
    bool, typer.Option("--four", help=helped("“4个1”成果文件夹 four/", "four/: guidance, land table, database, atlas"))
]
ShareOption = Annotated[
    ShareChoice | None,
    typer.Option(
        "--share",
        help=helped(
            "internal 内部、meeting 会议、public 公开；默认按情景",
            "for whom: internal, meeting, public; as the scenario says",
        ),
    ),
]
HostOption = Annotated[
    str, typer.Option("--host", help=helped("监听的地址；本机以外须登录", "address; beyond this machine people log in"))
]
PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65535, help=helped("端口，0 为任意空闲", "port; 0 for any that is free"))
]
DatabaseOption = Annotated[
    str | None,
    typer.Option("--database", help=helped("SQLite 文件或 postgresql://…", "file of SQLite, or postgresql://…")),
]
BrowserOption = Annotated[
    bool, typer.Option("--browser/--no-browser", help=helped("是否打开浏览器", "open the browser"))
]
UserOption = Annotated[
    list[str] | None,
    typer.Option(
        "--user",
        help=helped(
            "准入 姓名:角色（viewer、planner、owner；none 为移除）",
            "let in NAME:viewer|planner|owner; no more: NAME:none",
        ),
    ),
]
CertificateOption = Annotated[
    Path | None, typer.Option("--certificate", help=helped("HTTPS 证书 (PEM)", "certificate for HTTPS (PEM)"))
]
KeyOption = Annotated[Path | None, typer.Option("--key", help=helped("证书的密钥 (PEM)", "its key (PEM)"))]
InstancesArgument = Annotated[
    list[Path] | None, typer.Argument(help=helped("算例文件，格式自动识别", "instances; their format shows in them"))
]
BaseOption = Annotated[
    list[str] | None,
    typer.Option(
        "--base",
        help=helped(
            "可选底图：tianditu、osm、[GCJ-02] 瓦片地址、WMS 地址；可重复",
            "a base map to switch on: tianditu, osm, [GCJ-02] address of tiles, WMS address; may be repeated",
        ),
    ),
]
KeepTokenOption = Annotated[
    bool,
    typer.Option(
        "--keep-token",
        help=helped(
            "把 PLANNER_TIANDITU_TOKEN 写入地图文件", "write PLANNER_TIANDITU_TOKEN into the file of the map"
        ),
    ),
]
PlanArgument = Annotated[Path, typer.Argument(help=helped("方案文件夹", "folder of a plan"))]


def as_level(choice: ShareChoice | None) -> Literal["internal", "meeting", "public"] | None:
    """Return the level of a choice; None for none."""
    if choice is None:
        return None
    return "internal" if choice is ShareChoice.internal else "meeting" if choice is ShareChoice.meeting else "public"


def as_lang(choice: LangChoice) -> Lang:
    """Return the language of a choice."""
    return "zh" if choice is LangChoice.zh else "en"
