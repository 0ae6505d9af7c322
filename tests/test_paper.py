"""What is printed of a plan: read back out of the PDF and the page, as a meeting would read it."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pandas as pd
import pypdfium2
import pytest
import shapely
from fontTools.ttLib import TTFont
from odd_plans import empty
from sample_plan import HOSTILE, sample_plan, sample_territory
from test_workbook import CONFLICT, completed

from planner.explain import Reason
from planner.intake.vector import layers_of
from planner.plan import Plan
from planner.report import Book, Chart, atlas, booklet, save_four, save_html, save_pdf, sheets
from planner.report.drawing import Frame
from planner.report.four import NAMES, guidance
from planner.report.labels import Label, lettered
from planner.report.landtable import land_table
from planner.report.measures import of_parks, reserve, side_by_side
from planner.report.paper import Beside, Block, Facts, Paper, Picture, Table, Text
from planner.report.printing import breakable
from planner.report.workbook import HEADER
from planner.territory import Territory
from planner.words import Words

TYPST = ("#panic[x]", "$x^2$ *bold* _it_ `code`", "@ref <label> // comment", "= heading \\ #let x = 1", "~ -- --- ...")
"""Names that would be orders, were they read as markup."""
BAD = (*HOSTILE, *TYPST, "🏭 \u202eright to left", "bell\x07 and null\x00", "x" * 200)
MAKERS: dict[str, Callable[[Book, Chart | None], Paper]] = {"booklet": booklet, "sheets": sheets, "atlas": atlas}
A3_PT = (1190.55, 841.89)


@pytest.fixture(scope="module")
def ground() -> Territory:
    return sample_territory()


@pytest.fixture(scope="module")
def plan(ground: Territory) -> Plan:
    return completed(sample_plan(ground))


@pytest.fixture(scope="module")
def book(plan: Plan, ground: Territory) -> Book:
    """Return a plan in Chinese beside another of fewer units, with projects and what would place one left out."""
    fewer = completed(sample_plan(ground, units=4))
    fewer = replace(fewer, summary={**fewer.summary, "score": 60.0})
    projects = pd.DataFrame(
        {"investment_yi": 3.0, "output_yi": 8.0, "tax_yi": 0.4, "jobs": 120.0, "chain_role": ["链主", *[""] * 15],
         "supplies": [(), ("P-000",), *[()] * 14]},
        index=[f"P-{k:03d}" for k in range(16)],
    )  # fmt: skip
    parts = pd.DataFrame({"land_m2": 30_000.0, "gfa_m2": 1_000.0, "water_m3_day": 5.0},
                         index=[f"P-{k:03d}/main" for k in range(16)])  # fmt: skip
    change = Reason("P-012", "smallest_change", Words("用地降至 4 公顷", "4 ha of land"), price=1.5)
    return Book(plan, ground, "zh", projects, told={"P-012": [change]}, parts=parts,
                others=(Book(fewer, ground, "zh", projects, parts=parts),))  # fmt: skip


@pytest.fixture(scope="module")
def printed(book: Book, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return the text of every page of every paper."""
    folder = tmp_path_factory.mktemp("printed")
    return {name: read(save_pdf(make(book, None), folder / f"{name}.pdf")) for name, make in MAKERS.items()}


def read(file: Path) -> list[str]:
    """Return the text of every page of a PDF, as a reader finds it: without breaks of lines."""
    with pypdfium2.PdfDocument(file) as pdf:
        return [re.sub(r"[\r\n\u200b\ufffe]+", "", page.get_textpage().get_text_bounded()) for page in pdf]


def blocks(paper: Paper) -> list[Block]:
    def opened(given: tuple[Block, ...]) -> list[Block]:
        return [each for block in given
                for each in ([b for column in block.columns for b in opened(column)]
                             if isinstance(block, Beside) else [block])]  # fmt: skip

    return [block for section in paper.sections for block in opened(section.blocks)]


# what stands in them


def test_the_report_says_all_that_a_meeting_needs(printed: dict[str, list[str]], ground: Territory) -> None:
    """**Proves** each can be searched in Chinese. **Sensitivity**: glyphs without text, a section left out."""
    every = "".join(printed["booklet"])
    for heading in ("概况", "落位总图", "方案比较", "方案 B：样板方案", "资源使用与余量", "燕罗", "用地信息表",
                    "未落位项目及原因", "目标与核验", "假设、资料与来源", "公布数据"):  # fmt: skip
        assert heading in every, heading
    assert "已证明与最优相差不超过 1.04%" in every
    assert "用地降至 4 公顷" in every
    assert "需要用地 5.2 公顷，最大可供地块 4 公顷" in every
    assert "small.yaml" in every
    assert ground.illustrative is not None
    for name, pages in printed.items():
        assert all(ground.illustrative.zh in page for page in pages), name
        assert [f"{k} / {len(pages)}" in page for k, page in enumerate(pages, 1)] == [True] * len(pages), name


def test_every_project_left_out_has_its_reason(printed: dict[str, list[str]], plan: Plan) -> None:
    for paper in ("booklet", "sheets"):
        said = "".join(printed[paper])
        assert [project for project in plan.left_out["project"] if project not in said] == []


def test_the_two_sheets_say_all_that_is_asked_of_them(printed: dict[str, list[str]]) -> None:
    """Map, table, options, who is left out and why, assumptions, dates of data; in Chinese."""
    of_map, of_tables = printed["sheets"]
    for asked, page in (
        ("资料最新日期", of_map), ("园区", of_map), ("已证明与最优相差", of_map), ("方案比较", of_tables),
        ("未落位项目及原因", of_tables), ("资源使用与余量", of_tables), ("假设", of_tables),
        ("权重：项目级别 10", of_tables),
    ):  # fmt: skip
        assert asked in page, asked


def test_sheets_are_two_of_a3(book: Book, tmp_path: Path) -> None:
    """**Proves** more is set smaller, not on a third page. **Sensitivity**: 3,000 left out, names of 200 signs."""
    many = completed(sample_plan(book.territory, left_out=3_000, names=["长" * 200] * 200))
    for told in (book, replace(book, plan=many, others=()), replace(book, plan=many, others=(book,) * 3)):
        with pypdfium2.PdfDocument(save_pdf(sheets(told), tmp_path / "sheets.pdf")) as pdf:
            assert [page.get_size() for page in pdf] == [pytest.approx(A3_PT, abs=0.1)] * 2


def test_the_atlas_has_a_page_for_each_plot(printed: dict[str, list[str]], plan: Plan, ground: Territory) -> None:
    """**Proves** map, conditions and corners. **Sensitivity**: X and Y turned round, another parcel's corners."""
    plots = plan.placements[plan.placements["kind"] == "plot"]
    assert len(printed["atlas"]) == len(plots)
    for project, place in zip(plots["project"], plots["places"], strict=True):
        page = next(page for page in printed["atlas"] if f"{project}　" in page)
        east, north = shapely.get_coordinates(ground.parcels.geometry[place])[0]
        assert f"{place}" in page
        assert f"{north:.3f}" in page
        assert page.index(f"{north:.3f}") < page.index(f"{east:.3f}")
        assert "限高 60 m" in page


def test_each_share_of_a_part_has_its_own_plate(book: Book, plan: Plan) -> None:
    """**Proves** two shares of one part on two parcels. **Sensitivity**: figures of the first share on both plates."""
    both = {"P-001/main": "P-000/main"}
    placed = plan.placements.replace({"part": both, "project": {"P-001": "P-000"}})
    placed["land_m2"] = placed["land_m2"].mask(plan.placements["part"] == "P-001/main", 30_000.0)
    second = plan.placements.set_index("part")["places"]["P-001/main"]
    divided = replace(plan, placements=placed, uses=plan.uses.replace({"part": both}))
    pages = [section.blocks for section in atlas(replace(book, plan=divided, others=())).sections]
    told = {str(page[0]): dict(row for each in page if isinstance(each, Facts) for row in each.rows) for page in pages}
    shares = [(facts["供给"], table.rows[0][0]) for page, facts in zip(pages, told.values(), strict=True)
              if facts["分项"] == "P-000/main" for table in page if isinstance(table, Table)
              and table.rows[0][0].startswith("样板")]  # fmt: skip
    assert shares == [("40,000 m²", "样板-000"), ("30,000 m²", second)]


def test_guidance_counts_a_project_in_one_park(book: Book, plan: Plan) -> None:
    """**Proves** parks add up to what is placed. **Sensitivity**: a project counted in every park that takes a part."""
    placed = plan.placements.copy()
    elsewhere = placed["park"].ne(placed.loc[placed["part"] == "P-000/main", "park"].iloc[0])
    moved = placed.index[elsewhere][0]
    placed.loc[moved, ["part", "project"]] = ["P-000/research", "P-000"]
    divided = replace(book, plan=replace(plan, placements=placed), others=())
    said = " ".join(each.text for each in blocks(guidance(divided)) if isinstance(each, Text))
    assert sum(map(int, re.findall(r"落位项目 (\d+) 个", said))) == placed["project"].nunique() == 11
    assert "另有 1 个项目的分项在此" in said


def test_the_land_table_tells_asked_and_given(book: Book) -> None:
    table = land_table(book).set_index("project")
    first, unit = table.loc["P-000"], table.loc["P-006"]
    assert (first["asked_m2"], first["given_m2"], first["far_max"], first["chain"]) == (30_000, 40_000, 3.0, "链主")
    assert (first["investment_ha"], first["output_ha"], first["tax_ha"]) == (0.75, 2.0, 0.1)
    assert first["places"] == "样板-000（A400-0000）"
    assert (unit["asked_m2"], unit["given_m2"]) == (1_000, 1_500)
    assert np.isnan(unit["investment_ha"])
    assert table.loc["P-001", "chain"] == "配套 P-000"
    assert list(table["kind"]) == ["plot"] * 6 + ["unit"] * 6


def test_options_stand_on_the_same_measures(book: Book) -> None:
    table = side_by_side(book).set_index("measure")
    assert list(table.loc["得分", ["a", "b"]]) == [71.25, 60.0]
    assert list(table.loc["落位项目", ["a", "b"]]) == [12, 10]
    assert list(table.loc["投资", ["a", "b"]]) == [36.0, 30.0]
    assert list(table.loc["动用地块", ["a", "b"]]) == [6, 6]


def test_what_is_used_and_what_is_left_make_up_what_there_is(book: Book) -> None:
    """**Proves** on paper: 19 parcels of 4 ha on offer, 6 given. **Sensitivity**: committed land told as free."""
    table = reserve(book).set_index("what")
    offered = book.territory.parcels["state"].isin(("free", "in_preparation")).sum()
    assert list(table.loc["可供地块", ["there", "used", "left"]]) == [offered, 6, offered - 6]
    assert table.loc["可供用地", "there"] == pytest.approx(offered * 40_000, rel=0.02)  # the corridor crosses some
    assert list(table.loc["供电（燕罗）", ["there", "used"]]) == [60.0, pytest.approx(4.815, abs=2)]
    free = book.territory.floors["free_m2"].sum()
    assert table.loc["厂房空置楼面", "there"] == pytest.approx(free)
    parks = of_parks(book).set_index("name")
    assert parks.loc["合计", "projects"] == 12
    assert parks.loc["合计", "land_m2"] == pytest.approx(240_000)


def test_four_in_one(book: Book, tmp_path: Path) -> None:
    """**Proves** the city's four pieces, none of an older set kept. **Sensitivity**: a set half written."""
    (tmp_path / "four").mkdir()
    (tmp_path / "four" / "old.pdf").touch()
    folder = save_four(book, tmp_path / "four")
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES["zh"])
    text, table, base, plots = (folder / name for name in NAMES["zh"])
    said = "".join(read(text))
    assert "分园区指引" in said
    assert "用地 24 公顷" in said
    assert "未落位项目及原因" in said
    sheet = openpyxl.load_workbook(table)
    assert sheet.sheetnames == ["用地信息表"]
    assert sheet.worksheets[0].max_row == HEADER + 1 + len(book.plan.placements)
    assert {"placed_plots", "parcels", "layer_styles"} <= set(layers_of(base))
    assert len(read(plots)) == 6
    english = save_four(replace(book, lang="en", others=()), tmp_path / "en")
    assert sorted(path.name for path in english.iterdir()) == sorted(NAMES["en"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["en", "four"]


# how it is drawn


def test_a_map_is_to_scale(book: Book) -> None:
    """**Proves** a parcel of 200 m on paper. **Sensitivity**: north turned down, millimetres taken for pixels."""
    paper = atlas(book)
    picture = next(block for block in blocks(paper) if isinstance(block, Picture))
    root = ElementTree.fromstring(picture.svg)
    said = re.search(r"1:([\d,]+)", picture.svg)
    assert said
    scale = float(said[1].replace(",", ""))
    widths = []
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        xy = np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.attrib["d"]), dtype=float)
        if path.attrib.get("stroke-width") == "0.50":
            widths.append(np.ptp(xy, axis=0))
    assert widths == [pytest.approx([200_000 / scale] * 2, abs=0.05)]
    frame = Frame.around((0, 0, 100, 100), 50, 50)
    assert frame.on_paper(np.array([[frame.west, frame.north]])).tolist() == [[0, 0]]


def test_names_on_a_map_cover_no_other() -> None:
    labels = [Label("燕罗", 10, 10, 3, "#000", rank) for rank in (2, 1)] + [Label("出界", 1, 1, 3, "#000", 0)]
    assert len(list(lettered(labels, 50, 50))) == 1
    assert len(list(lettered([labels[0], replace(labels[1], y=20)], 50, 50))) == 2


def test_long_tables_repeat_their_head_and_break_no_row(book: Book, tmp_path: Path) -> None:
    many = replace(book, plan=completed(sample_plan(book.territory, left_out=300)), others=(), told={})
    pages = [page for page in read(save_pdf(booklet(many), tmp_path / "many.pdf")) if "P-2" in page]
    assert len(pages) > 3
    assert all("决定性检验或约束" in page for page in pages)


# the page


class Inert(HTMLParser):
    """Collects what a page would do: tags, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.fetched: list[str] = []
        self.data: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.fetched += [str(value) for name, value in attrs if name in ("src", "srcset", "onload", "onerror")]
        self.fetched += [str(value) for name, value in attrs if name == "href" and not str(value).startswith("#")]

    def handle_data(self, data: str) -> None:
        self.data.append(data)


def opened(file: Path) -> Inert:
    found = Inert()
    found.feed(file.read_text(encoding="utf-8"))
    return found


def test_the_page_says_what_the_booklet_says(book: Book, tmp_path: Path) -> None:
    paper = booklet(book)
    found = opened(save_html(paper, tmp_path / "report.html"))
    text = "".join(found.data)
    for block in blocks(paper):
        if isinstance(block, Table):
            assert all(cell in text for row in (block.heads, *block.rows) for cell in row)
    assert found.fetched == []
    assert not {"script", "img", "iframe", "link"} & found.tags
    assert {"svg", "table", "nav"} <= found.tags


def test_the_page_carries_every_sign_it_shows(book: Book, tmp_path: Path) -> None:
    """**Proves** a machine without a Chinese font shows it. **Sensitivity**: a sign that only a figure or a map has."""
    paper = booklet(book)
    file = save_html(paper, tmp_path / "report.html")
    text = file.read_text(encoding="utf-8")
    held = dict(re.findall(r'font-family: "([^"]+)"; src: url\(data:font/woff;base64,([^)]+)\)', text))
    signs = {name: set(TTFont(BytesIO(b64decode(told))).getBestCmap()) for name, told in held.items()}
    assert list(signs) == ["Noto Sans SC", "Noto Serif SC"]
    shown = {ord(sign) for sign in re.sub(r"(?s)<style>.*</style>|<[^>]*>", "", text) if "\u4e00" <= sign <= "\u9fff"}
    told = [block.text for block in blocks(paper) if isinstance(block, Text) and block.look == "body"]
    body = {ord(sign) for text in told for sign in text}
    assert len(shown) > 200
    assert shown <= signs["Noto Sans SC"]
    assert body <= signs["Noto Serif SC"]
    assert sum(map(len, held.values())) < 500_000, "as much of them as it shows, not more"
    assert save_html(paper, tmp_path / "again.html").read_bytes() == file.read_bytes()


# bad input


@pytest.mark.parametrize("name", MAKERS)
def test_hostile_names_are_printed_as_they_are(name: str, tmp_path: Path) -> None:
    """**Proves** no name is an order. **Sensitivity**: markup built from names fails to compile, or loses signs."""
    many = sample_territory(name_zh=TYPST[0])
    named = completed(sample_plan(many, plots=9, units=9, left_out=6, names=BAD))
    named = replace(named, summary={**named.summary, "title": {"zh": TYPST[1]}})
    book = Book(named, many, "zh", others=(Book(named, many, "zh"),))
    paper = MAKERS[name](book, None)
    pages = read(save_pdf(paper, tmp_path / "bad.pdf"))
    assert len(pages) == 9 or name != "atlas"  # of each plot one, also under a name of 200 signs
    said = "".join(pages).replace(" ", "")
    assert TYPST[1].replace(" ", "") in said
    if name != "sheets":
        assert "#panic[x]" in said
    found = opened(save_html(paper, tmp_path / "bad.html"))
    assert found.fetched == []
    assert not {"script", "img"} & found.tags
    if name == "booklet":
        text = "".join(found.data)
        assert [bad for bad in BAD if breakable(bad) not in text] == []


def test_where_there_is_no_plan_the_report_says_what_conflicts(ground: Territory, tmp_path: Path) -> None:
    book = Book(empty(sample_plan(ground)), ground, "zh", conflict=CONFLICT)
    said = "".join(read(save_pdf(booklet(book), tmp_path / "none.pdf")))
    assert "没有可行方案：冲突与修复" in said
    assert all(words in said for words in ("必须落位 P-000", "用电升至 80 MVA；推迟一年", "去掉其中任何一条"))


@pytest.mark.parametrize("name", MAKERS)
def test_what_a_level_of_sharing_leaves_out_is_not_asked_for(name: str, book: Book, tmp_path: Path) -> None:
    """**Proves** papers without numbers of lots, steps and money. **Sensitivity**: a column taken as given."""
    parcels = book.territory.parcels.drop(columns=["lot_id", "tenure", "preparation_cost_yi", "ready_tenure"])
    ground = replace(book.territory, parcels=parcels)
    open_to = replace(book, territory=ground, projects=book.projects[["jobs"]], parts=pd.DataFrame(), told={},
                      plan=replace(book.plan, prices=pd.DataFrame()), others=())  # fmt: skip
    said = "".join(read(save_pdf(MAKERS[name](open_to, None), tmp_path / "open.pdf")))
    assert "样板-000" in said or name == "sheets"
    assert "A400-0000" not in said
    assert "投资强度" not in said


# files


def test_the_same_paper_gives_the_same_bytes(book: Book, tmp_path: Path) -> None:
    first, second = (save_pdf(sheets(book), tmp_path / f"{k}.pdf").read_bytes() for k in (1, 2))
    assert first == second


def test_fonts_are_embedded(book: Book, tmp_path: Path) -> None:
    content = save_pdf(sheets(book), tmp_path / "sheets.pdf").read_bytes()
    named = set(re.findall(rb"/FontName\s*/[A-Z]{6}\+([\w-]+)", content))
    assert {b"NotoSansSC-Regular", b"NotoSerifSC-Regular"} <= {name.split(b"-Identity")[0] for name in named}


def test_a_paper_that_cannot_be_finished_leaves_the_old_one(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sheets.pdf"
    file.write_text("old", encoding="utf-8")

    def taken(self: Path, target: Path) -> Path:
        raise PermissionError(13, "in use")

    monkeypatch.setattr(Path, "replace", taken)
    with pytest.raises(PermissionError):
        save_pdf(sheets(book), file)
    assert [path.name for path in tmp_path.iterdir()] == ["sheets.pdf"]
    assert file.read_text(encoding="utf-8") == "old"
