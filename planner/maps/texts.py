"""What the page itself says, in both languages: headings, buttons, states. Words of layers come with their columns."""

from __future__ import annotations

from collections.abc import Mapping

from planner.words import GLOSSARY, ILLUSTRATIVE, LET, NOT_GIVEN, STATE, Words

PAGE: Mapping[str, Words] = {
    "language": Words("English", "中文"),
    "language_hint": Words("Switch to English", "切换为中文"),
    "search": Words("搜索项目、单位、地块、厂房、园区", "Search project, firm, parcel, building, park"),
    "search_hint": Words("按 / 聚焦，↑↓ 选择，回车打开", "Press / to search, arrows to choose, Enter to open"),
    "nothing_found": Words("没有找到", "Nothing found"),
    "found": Words("个结果", "results"),
    "layers": Words("图层与图例", "Layers and legend"),
    "title": Words("方案概况", "Overview"),
    "hide": Words("收起", "Hide"),
    "show": Words("展开", "Show"),
    "whole": Words("全区", "Whole district"),
    "north": Words("北", "N"),
    "zoom_in": Words("放大", "Zoom in"),
    "zoom_out": Words("缩小", "Zoom out"),
    "close": Words("关闭", "Close"),
    "no_plan": Words("空间底数（尚无方案）", "Territory (no plan yet)"),
    "score": GLOSSARY["score"],
    "bound": GLOSSARY["bound"],
    "gap": Words("已证差距", "Proven gap"),
    "status": Words("求解状态", "Status"),
    "placed": Words("已落位", "Placed"),
    "left_out": GLOSSARY["left_out"],
    "projects": Words("个项目", "projects"),
    "asked": Words("申请项目", "Projects asked"),
    "years": Words("规划期", "Years"),
    "data_date": Words("资料最新日期", "Latest source"),
    "not_given": NOT_GIVEN,
    "illustrative": ILLUSTRATIVE,
    "left_out_title": Words("未落位项目及原因", "Projects left out, and why"),
    "all": Words("全部", "All"),
    "more": Words("显示其余", "Show the other"),
    "nearest": Words("最近的落位空间", "Nearest place"),
    "reason": Words("原因", "Reason"),
    "figures": Words("公布数据", "Published figures"),
    "source": Words("来源", "Source"),
    "confidence": Words("可信度", "confidence"),
    "supply": Words("供应能力（对新增项目，逐年累计）", "Supply (for new projects, cumulative)"),
    "plan_here": Words("本方案落位", "In this plan"),
    "stack": Words("楼层剖面", "Floor stack"),
    "stack_scale": Words(
        "楼层高、宽按层高和建筑面积成比例；右列为建筑面积、荷载、净高",
        "Floors to scale of storey and area; at right floor area, load, clear height",
    ),
    "stack_row": Words("m² · kN/m² · 净高 m", "m² · kN/m² · clear m"),
    "families": Words("集群颜色（已落位项目数）", "Colour of clusters (projects placed)"),
    "strongest": Words("黑边加粗", "black edge"),
    "floor": GLOSSARY["floor"],
    "free": Words("空置", "free"),
    "let": LET,
    "committed": STATE["committed"],
    "occupied": STATE["occupied"],
    "who": Words("落位项目", "Who sits where"),
    "other_parts": Words("同项目其他分项", "Other parts of the project"),
    "project": GLOSSARY["project"],
    "parcel": GLOSSARY["parcel"],
    "building": GLOSSARY["building"],
    "park": GLOSSARY["park"],
    "go": Words("在图上查看", "Show on the map"),
    "units": Words(
        "单位：用地 公顷；建筑面积 万 m²；荷载 kN/m²；净高 m；用电 kVA",
        "Units: land ha; floor space m²; load kN/m²; clear height m; power kVA",
    ),
    "ring": Words(
        "环：楼内面积构成（灰 已占用，白 空置，彩 落位）", "Ring: floor area (grey taken, white free, colour placed)"
    ),
    "floors_none": Words("未提供楼层数据", "Floors not given"),
    "base_maps": Words("底图", "Base map"),
    "base_none": Words("无（仅示意底图，不联网）", "none (schematic backdrop, no network)"),
    "base_hint": Words("选中后才向该网站请求瓦片", "Tiles are asked of that host only once it is chosen"),
    "base_token": Words("天地图密钥（tk），不写入文件", "Your Tianditu key (tk); not kept in the file"),
    "too_old": Words(
        "此浏览器无法展开大图层（需 Chrome 80、Edge 80、Firefox 113 或更新版本）",
        "This browser cannot unpack the large layers (it takes Chrome 80, Edge 80, Firefox 113 or later)",
    ),
    "points": Words("得分贡献", "Points"),
    "colour_by": Words("着色", "Colour by"),
    "frames": Words("此时落位用地只画边框", "Plots given are drawn as frames meanwhile"),
    "surface": Words(
        "每 100 m 格：500 m 内可供地块地价的平均，近者、大者为重",
        "Per 100 m cell: mean price of parcels within 500 m, near and large ones first",
    ),
    "supply_of": Words("供应", "Supply of"),
    "bars": Words(
        "框：供应能力；填色与下方数字：方案所用（核验值）",
        "Frame: supply; filled and below: drawn by the plan, as audited",
    ),
    "chain": Words("产业链（已落位）", "Chain (placed)"),
    "supplies": Words("本项目供应", "supplied by this"),
    "supplied_by": Words("供应本项目", "supplies this"),
    "tools": Words("工具", "Tools"),
    "measure": Words("量测", "Measure"),
    "measure_hint": Words("点选各点；退格撤回，Esc 结束", "Click points; Backspace takes one back, Esc ends"),
    "distance": Words("距离", "Distance"),
    "perimeter": Words("周长", "Perimeter"),
    "area": Words("面积", "Area"),
    "full": Words("全屏", "Full screen"),
    "print": Words("打印本图（A4 横向）", "Print this view (A4 across)"),
    "link": Words("此视图的链接", "Link to this view"),
    "link_hint": Words("在同一文件上打开，即为此视图", "Opened on the same file, it shows this view"),
    "copy": Words("复制", "Copy"),
    "copied": Words("已复制", "Copied"),
    "year": Words("年份", "Year"),
    "stacks": Words("工业上楼厂房一览", "All industry-upstairs buildings"),
    "stacks_open": Words("厂房一览", "All buildings"),
    "sort_by": Words("排序", "Sort by"),
    "by_vacancy": Words("空置率", "vacancy"),
    "by_pole": Words("增长极与园区", "growth pole, park"),
    "by_delivery": Words("交付年份", "delivery year"),
    "by_name": Words("名称", "name"),
    "all_poles": Words("各增长极", "Growth poles"),
    "no_park": Words("不在园区内", "in no park"),
    "no_building": Words("没有符合条件的厂房", "No building here"),
    "one_scale": Words("同一比例，每层", "One scale; each floor"),
    "area_in_all": Words("建筑面积", "Floor area"),
    "vacant": Words("空置", "Vacant"),
    "by_year": Words("至 {year} 年：", "By {year}:"),
    "play": Words("逐年播放", "Play year by year"),
    "pause": Words("暂停", "Pause"),
    "land_placed": Words("用地 {n}", "{n} placed"),
    "floor_placed": Words("厂房 {n}", "{n} upstairs"),
    "power_used": Words("增长极等园区用电 {a} / 供电 {b}", "power in parks with a supply {a} of {b}"),
    "land_ready": Words("可供地 {n}", "{n} of land ready"),
    "paper_scale": Words("比例尺约", "Scale about"),
    "centre": Words("图幅中心", "Centre"),
    "printed": Words("打印日期", "Printed"),
    "fault": Words("数据问题", "Fault"),
    "unplaced": Words("不在图上的数据问题", "Faults with no place on the map"),
    "restriction": Words("限制", "Restriction"),
    "remedy": Words("处理", "Remedy"),
    "tests": Words("适配检验", "Tests of fit"),
    "passed": Words("项通过", "passed"),
    "asked_for": Words("要求", "asked"),
    "found_as": Words("实测", "found"),
}

ROLE: Mapping[str, Words] = {
    "growth_pole": GLOSSARY["growth_pole"],
    "hq_zone": Words("总部集聚区", "headquarters zone"),
    "innovation_park": Words("创新园区", "innovation park"),
    "specialised": Words("专业园区", "specialised park"),
    "pilot": Words("试点", "pilot"),
    "outside": Words("飞地", "outside the district"),
    "other": Words("其他", "other"),
}
EFFECT: Mapping[str, Words] = {
    "forbids": Words("不得建设工业", "no industry inside"),
    "no_wet_process": Words("不得有湿法工艺", "no wet processes"),
    "height": Words("限制高度", "limits heights"),
    "inform": Words("提示", "for information"),
}
CONFIDENCE: Mapping[str, Words] = {
    "high": Words("高", "high"),
    "medium": Words("中", "medium"),
    "low": Words("低", "low"),
    "hi": Words("高", "high"),
    "med": Words("中", "medium"),
    "lo": Words("低", "low"),
}
UNITS: Mapping[str, Words] = {
    "ha": Words("公顷", "ha"),
    "ha/a": Words("公顷/年", "ha/year"),
    "m²/a": Words("m²/年", "m²/year"),
    "t/d": Words("吨/日", "t/day"),
    "亿元": Words("亿元", "CNY 100 m"),
    "CNY/m²/month": Words("元/m²·月", "CNY/m²·month"),
    "firms": Words("家", "firms"),
    "parcels": Words("宗", "parcels"),
    "plots": Words("宗", "plots"),
    "parks": Words("个园区", "parks"),
    "zones": Words("个片区", "zones"),
    "clusters": Words("个集群", "clusters"),
    "storeys": Words("层", "storeys"),
}
"""Units of published figures that are not written alike in both languages."""


def text(value: object) -> str:
    """Return a text; nothing for what is none.

    Examples
    --------
    >>> text("燕罗"), text(float("nan")), text(None)
    ('燕罗', '', '')
    """
    return value if isinstance(value, str) else ""


def either(zh: object, en: object) -> Words | None:
    """Return a text in both languages; one that is given in one language only stands in the other as well.

    Examples
    --------
    >>> either("约", "about"), either(None, "about"), either("", float("nan"))
    (Words(zh='约', en='about'), Words(zh='about', en='about'), None)
    """
    said_zh, said_en = text(zh), text(en)
    return Words(said_zh or said_en, said_en or said_zh) if said_zh or said_en else None


def said(table: Mapping[str, Words], key: object) -> Words | str | None:
    """Return the words for a code, the code itself where it has none, None where it is not given.

    Examples
    --------
    >>> from planner.words import BUILT
    >>> said(BUILT, "built").en, said(BUILT, "razed"), said(BUILT, "")
    ('built', 'razed', None)
    """
    if not isinstance(key, str):
        return None
    return table.get(key) or key or None
