"""Every sheet of the workbook, in its order: what it is called, its rows, its columns.

Adding a sheet: a function from a book to its rows, and an entry here.
"""

from __future__ import annotations

from planner.comparison import SUM_WORDS
from planner.maps.buildings import BUILDING_FIELDS
from planner.maps.scene import Field, field_of, fields
from planner.maps.texts import PAGE
from planner.projects import COLUMNS as PROJECT_COLUMNS
from planner.report import overview, tables
from planner.report.book import BROKEN, KEPT, LETTERS, POINTS, Book, Page
from planner.telling import CONFLICTS
from planner.words import GLOSSARY, Words

ASKED = {column.name: column for column in PROJECT_COLUMNS}
OF_BUILDING = {field.key: field for field in BUILDING_FIELDS}
NO_PLACEMENTS = Words("没有项目落位。", "No project is placed.")
NO_CHANGES = Words(
    "最小改变尚未求出：先运行 planner explain --plan 方案文件夹，再重写本工作簿",
    "The smallest changes are not known yet: run planner explain --plan PLAN, then write this workbook again",
)
NO_AUDIT = Words("没有核验结果。", "Nothing was audited.")
LOCAL = Words("松弛问题中每放宽一个单位可得的分", "points that one unit more would bring in the relaxation")


def _asked(*names: str) -> tuple[Field, ...]:
    """Return columns called as the table of projects calls them."""
    return tuple(field_of(ASKED[name]) for name in names)


def _named(key: str, form: str = "text", name: str = "") -> Field:
    """Return a column called as the glossary, a comparison or the map's page calls it."""
    name = name or key
    return Field(key, GLOSSARY.get(name) or SUM_WORDS.get(name) or PAGE[name], form)


PROJECT = (_named("project"), *_asked("name", "firm", "tier", "cluster"))
TAKEN = Field("taken_m2", OF_BUILDING["taken_m2"].words, "m2")
PLACED = Field("placed_m2", OF_BUILDING["placed_m2"].words, "m2")
FREE = Field("free_m2", OF_BUILDING["free_m2"].words, "m2")
FREE_SHARE = Field("free_share", Words("空置率", "free share"), "bar")
WHO = _named("who", "long")
RULE = (_named("rule"), Field("verdict", Words("核验", "audit"), "verdict"))
NEED = (Field("need", Words("需要", "needs"), "figure"), Field("offer", Words("提供", "offered"), "figure"))
UNIT = Field("unit", Words("单位", "unit"))
SIDES = (Words("A（本方案）", "A (this plan)"), *(Words(letter, letter) for letter in LETTERS[1:]))
OTHER = Field("other", Words("与之相比", "compared with"))
SOURCE = Field("source", PAGE["source"], "long")


def _left_out_note(book: Book) -> str:
    return "" if set(book.scene.left_out["project"]) <= set(book.told) else NO_CHANGES(book.lang)


def _conflict_note(book: Book) -> str:
    """Return how far the conflict is reduced, and whether anything is known that mends it."""
    told = book.conflict or {}
    if not told.get("demands"):
        return CONFLICTS["given"](book.lang)
    reduced = CONFLICTS["each" if told["reduced"] else "not_reduced"](book.lang)
    between = "" if book.lang == "zh" else " "
    return reduced if told["repairs"] else f"{reduced}{between}{CONFLICTS['no_repair'](book.lang)}"


PAGES: tuple[Page, ...] = (
    Page(
        Words("概况", "Summary"), overview.summary,
        (
            Field("group", Words("类别", "group")), Field("item", Words("指标", "measure"), "long"),
            Field("value", Words("内容", "value"), "mixed"),
        ),
        lambda book: book.label, 0, filters=False,
    ),
    Page(
        Words("冲突", "Conflict"), tables.conflict,
        (
            Field("group", Words("类别", "group")), Field("what", Words("要求或改变", "demand or change"), "sentence"),
            Field("price", Words("代价（步）", "price (steps)"), "number"),
            Field("keys", Words("写入继承本情景的文件", "to write in a scenario that extends this one"), "long"),
        ),
        _conflict_note,
    ),
    Page(
        Words("落位", "Placements"), tables.placements,
        (
            *PROJECT, *_asked("part", "industry"), Field("kind", Words("空间类型", "kind")), _named("park"),
            _named("places", "long", "site"), Field("start_year", Words("开工年份", "start"), "year"),
            _named("land_m2", "ha"), *_asked("gfa_m2"), _named("power_kva", "kva"),
            Field("share", Words("份额", "share"), "percent"),
            Field("compartments", Words("防火分区", "fire compartments"), "count"),
            *_asked(*tables.ASKED), _named("points", "fine_points", "score"),
            Field(f"{POINTS}*", GLOSSARY["points"], "fine_points"),
        ),
        lambda book: "" if len(book.scene.placements) else NO_PLACEMENTS(book.lang), 2,
    ),
    Page(
        Words("未落位", "Left out"), tables.left_out,
        (
            _named("project"), *_asked("name", "tier", "cluster"), _named("cause", name="reason"),
            Field("by", Words("决定性检验或约束", "deciding test or rule")), *_asked("part"),
            _named("place", name="nearest"), *NEED, UNIT, Field("reason", Words("说明", "why"), "long"),
            Field("change", Words("使其落位的最小改变", "smallest change that places it"), "long"),
            Field("steps", Words("步数", "price"), "number"),
        ),
        _left_out_note, 2,
    ),
    Page(
        Words("解释", "Reasons"), tables.reasons,
        (
            Field("subject", Words("项目或分项", "project or part")), Field("kind", Words("种类", "kind")),
            Field("by", Words("决定性检验或约束", "deciding test or rule")),
            Field("place", Words("对象", "place"), "long"), *NEED, UNIT,
            Field("reason", Words("说明", "why"), "sentence"), Field("held_by", Words("现有项目", "held by"), "long"),
            Field("points", GLOSSARY["points"], "fine_points"), Field("price", Words("步数", "price"), "number"),
        ),
    ),
    Page(
        Words("园区", "Parks"), tables.parks,
        (
            *fields("parks", "park_id"), _named("name", name="park"), Field("roles", Words("角色", "roles")),
            _named("projects", "count"), _named("land_m2", "ha"), _named("floor_m2", "m2"), FREE,
            _named("power_kva", "kva"), Field("supply_year", Words("供应年份", "supply in"), "year"),
            Field("supply_kva", Words("供电", "power supplied"), "kva"),
            Field("power_share", Words("用电占供电", "power of supply"), "bar"),
            *fields("supply", "water_m3_day", "waste_water_m3_day", "gas_m3_day"),
        ),
        lambda book: PAGE["supply"](book.lang), 2,
    ),
    Page(
        Words("厂房", "Buildings"), tables.buildings,
        (
            *fields("buildings", "building_id"), _named("name", name="building"), _named("park"), OF_BUILDING["stage"],
            *fields("buildings", "delivery_year"), Field("storeys", OF_BUILDING["storeys"].words, "count"),
            *fields("buildings", "height_m"), Field("area_m2", OF_BUILDING["area_m2"].words, "m2"), TAKEN, PLACED,
            FREE, FREE_SHARE, *fields("buildings", "power_kva", "rent_cny_m2_month"), WHO,
        ),
        fixed=2,
    ),
    Page(
        Words("楼层", "Floors"), tables.floors,
        (
            Field("floor_id", Words("楼层编号", "floor id")), *fields("floors", "building_id"),
            Field("floor", GLOSSARY["floor"], "count"), *fields("floors", "area_m2"), TAKEN, PLACED, FREE, FREE_SHARE,
            *fields("floors", "load_kn_m2", "storey_height_m", "clear_height_m", "column_grid_m", "vibration_class"),
            WHO,
        ),
    ),
    Page(
        Words("目标", "Goals"), tables.goals,
        (
            _named("goal"), Field("weight", Words("权重", "weight"), "number"),
            Field("raw", Words("达到", "reached"), "amount"), Field("normaliser", Words("全部", "of all"), "amount"),
            UNIT, Field("share", Words("占比", "share"), "bar"), _named("points", "points", "score"),
        ),
        overview.proof_line,
    ),
    Page(
        Words("约束", "Rules"), tables.rules,
        (
            *RULE, Field("findings", Words("核验项数", "findings"), "count"),
            Field("kept", KEPT, "count"), Field("broken", BROKEN, "count"),
        ),
        lambda book: "" if len(book.plan.findings) else NO_AUDIT(book.lang),
    ),
    Page(
        Words("核验", "Audit"), tables.findings,
        (
            *RULE, Field("key", Words("对象", "key")), Field("asked", Words("要求", "asked"), "figure"),
            Field("found", Words("实测", "found"), "figure"), UNIT,
        ),
        lambda book: "" if len(book.plan.findings) else NO_AUDIT(book.lang),
    ),
    Page(
        Words("价格", "Prices"), tables.prices,
        (
            _named("rule"), Field("key", Words("对象", "key")),
            Field("price", Words("价格", "price"), "price"), UNIT,
        ),
        lambda book: LOCAL(book.lang),
    ),
    Page(
        Words("公布数据", "Published figures"), tables.figures,
        (
            Field("name", Words("对象", "subject")), Field("measure", Words("指标", "measure"), "long"),
            Field("value", Words("数值", "value"), "amount"), UNIT, SOURCE,
            Field("source_date", Words("日期", "date"), "date"), Field("confidence", PAGE["confidence"]),
            Field("note", Words("备注", "note"), "long"),
        ),
    ),
    Page(
        Words("输入文件", "Inputs"), tables.inputs,
        (
            Field("file", Words("文件", "file")), Field("sha256", Words("SHA-256", "SHA-256")),
            Field("since", Words("求解之后", "since the plan")),
        ),
    ),
    Page(
        Words("方案比较", "Comparison"), overview.totals,
        (
            Field("measure", Words("指标", "measure")),
            *(Field(letter.lower(), side, "mixed") for letter, side in zip(LETTERS, SIDES, strict=True)), UNIT,
        ),
        overview.verdict,
    ),
    Page(
        Words("移位", "Moves"), overview.moves,
        (
            OTHER, Field("change", Words("变化", "change")), _named("project"), *_asked("name"),
            Field("here", SIDES[0], "long"), Field("there", Words("该方案", "there"), "long"),
            Field("by", Words("原处来了", "who comes there")), Field("place", Words("落在", "and takes"), "long"),
        ),
        overview.sides, 3,
    ),
    Page(
        Words("谁牵动谁", "Chains"), overview.chains,
        (
            OTHER, Field("number", Words("序号", "number"), "count"),
            Field("count", Words("项目数", "projects"), "count"),
            Field("chain", Words("谁牵动谁", "who makes whom move"), "sentence"),
        ),
    ),
    Page(
        Words("园区比较", "Parks compared"), overview.compared_parks,
        (
            _named("name", name="park"),
            *(
                Field(f"{name}_{side}", Words(f"{words.zh} {side.upper()}", f"{words.en} {side.upper()}"), form)
                for name, words, form in (
                    ("projects", SUM_WORDS["projects"], "count"), ("land_m2", SUM_WORDS["land_m2"], "ha"),
                    ("floor_m2", SUM_WORDS["floor_m2"], "m2"), ("power_kva", SUM_WORDS["power_kva"], "kva"),
                )
                for side in LETTERS.lower()
            ),
        ),
        overview.sides,
    ),
)  # fmt: skip
"""Every sheet, in the order of its tabs."""
