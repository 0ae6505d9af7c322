"""Cases of the projects as a whole and of reference tables."""

from __future__ import annotations

from bad_input.base import (
    Bad,
    Files,
    Input,
    cell,
    lacks,
    less,
    more,
    put,
    question,
    said,
    table_of,
    territory,
    warns,
)


def table(name: str, text: str | bytes, group: str = "") -> Input:
    """Return a territory with a reference table of its own."""

    def named(files: Files) -> None:
        if "tables: tables" not in str(files["territory.yaml"]):
            said("layers:", "tables: tables\nlayers:")(files)

    return territory(named, put(f"tables/{name}.csv", text), group=group)


def row(project: str, **cells: str) -> Input:
    """Return projects with one more, like the first but for some cells; an id of several parts is that of a part."""
    name, _, part = project.partition(":")
    return question(more("projects", "Q1", project_id=name, part=part or "main", **cells), group="rows")


FIRE_CLASS = "fire_class,severity,fire_resistance,highrise_m,sprinkler_factor"

CASES = (
    # projects
    Bad("a project without id", row(""), "projects.csv.project_id", "project id must be given",
        "Give it, or remove the row"),
    Bad("a part twice", row("Q1"), "projects.csv.part", "a part of a project must stand once only … 'Q1/main'",
        "Two projects: give one another id. Two parts: name each"),
    Bad("rows that disagree", row("Q1:wet", tier="关键性"), "projects.csv.tier",
        "the rows of one project must agree on its tier", "Give it on one row only, or the same on all"),
    Bad("a slash in an id", row("Q/3"), "projects.csv.project_id", "an identifier must not hold a slash … 'Q/3'",
        "Rename it"),
    Bad("a slash in a part", row("Q4:a/b"), "projects.csv.part", "an identifier must not hold a slash … 'a/b'",
        "Rename it"),
    Bad("a project that supplies itself", row("Q5", supplies="Q5"), "projects.csv.supplies",
        "a project cannot supply itself", "Correct the project id"),
    Bad("suppliers in a circle", question(cell("projects", "Q1", "supplies", "Q2")), "projects.csv.supplies",
        "suppliers must not supply one another in a circle: Q", "Correct the project id"),
    Bad("years that run backwards", row("Q6", year_first="2031"), "projects.csv.year_first",
        "the first year must not be after the last … 2031 > 2030", "Correct it"),
    Bad("a plot without land", row("Q7", land_m2=""), "projects.csv.land_m2",
        "a part that accepts an own plot (P) needs land_m2 … found P (line", "Give land_m2, or correct accepts"),
    Bad("floors without floor space", row("Q8", accepts="U", gfa_m2=""), "projects.csv.gfa_m2",
        "a part that accepts floors (G, L, U) needs gfa_m2 … found U (line", "Give gfa_m2, or correct accepts"),
    Bad("a plot by its industry", row("Q9", industry="A03.2", accepts="", land_m2=""), "projects.csv.land_m2",
        "a part that accepts an own plot (P) needs land_m2 … P (industry)", "Give land_m2, or correct accepts"),
    Bad("a part in no building", question(lambda files: [row.update(buildings_max="0")
        for row in table_of(files, "projects")[:1]]), "projects.csv.buildings_max",
        "most buildings must be between 1 and 4 … found 0 (line 2)", "Correct it", ("Q1/main",)),
    Bad("no projects", question(less("projects")), "projects.csv", "has no projects", "Give at least one row"),
    Bad("projects without tier", question(lacks("projects", "tier")), "projects.csv.tier",
        "the required column is missing (tier)", "Add it, or say under columns: which column is tier"),
    Bad("projects without id", question(lacks("projects", "project_id")), "projects.csv.project_id",
        "the required column is missing (project id)", "Add it, or say under columns: which column is project_id"),
    # reference tables
    Bad("fit without a row for all others", table("fit", "industry_id,park_id,fit\nA05,YL,1\n"),
        "tables/fit.csv.industry_id", "has no row *,*, which stands for all others", "Add it"),
    Bad("fit beyond its scale", table("fit", "industry_id,park_id,fit\n*,*,0.5\nA05,YL,2\n", "tables"),
        "tables/fit.csv.fit", "fit must be between 0 and 1 … found 2", "Correct it"),
    Bad("fit twice", table("fit", "industry_id,park_id,fit\n*,*,0.5\nA05,YL,1\nA05,YL,1\n", "more tables"),
        "tables/fit.csv.industry_id", "an identifier must stand once only … 'A05-YL'", "Merge the rows or rename one"),
    Bad("fit without figures", table("fit", "industry_id,park_id\n*,*\n", "last tables"), "tables/fit.csv.fit",
        "the required column is missing (fit)", "Add it, or say under columns: which column is fit"),
    Bad("fit of no park", table("fit", "industry_id,park_id,fit\n*,*,0.5\nA05,,1\n"), "tables/fit.csv.park_id",
        "park id must be given; found '' (line 3)", "Give it, or remove the row", ("A05-",)),
    Bad("rules that accept what is none", table("process_rules", "industry_id,accepts\n*,P;X\n", "tables"),
        "tables/process_rules.csv.accepts", "accepts must be one of P, G, L, U … 'P;X'", "Correct it"),
    Bad("rules without a row for all others", table("process_rules", "industry_id,accepts\nA05,P\n", "last tables"),
        "tables/process_rules.csv.industry_id", "has no row *, which stands for all others", "Add it"),
    Bad("a load in 亩", table("process_rules", "industry_id,load_kn_m2\n*,3 亩\n", "more tables"),
        "tables/process_rules.csv.load_kn_m2", "floor load must be a number (kN/m²) … '3 亩'",
        "Write for example 7.5 kN/m²"),
    Bad("an industry of no layer",
        table("industries", "industry_id,zh,en,layer,parent\nA05,机器人,robots,E,\nA03,集成电路,chips,A,\n", "tables"),
        "tables/industries.csv.layer", "layer must be one of A, A.x, B, C, D … 'E'", "Correct it"),
    Bad("floors from below the ground", table("floor_bands", "floor_from,floor_to\n0,3\n", "tables"),
        "tables/floor_bands.csv.floor_from", "from floor must be between 1 and 150; found 0 (line 2)", "Correct it"),
    Bad("an unknown fire class",
        table("fire_classes", f"{FIRE_CLASS}\n己,1,一级,24,2\n", "tables"),
        "tables/fire_classes.csv.fire_class", "fire class must be one of 甲, 乙, 丙, 丁, 戊 … '己'", "Correct it"),
    Bad("a severity beyond its scale",
        table("fire_classes", f"{FIRE_CLASS}\n丙,9,一级,24,2\n", "more tables"),
        "tables/fire_classes.csv.severity", "severity must be between 1 and 5 … found 9", "Correct it"),
    Bad("an unknown effect",
        table("restriction_kinds",
        "kind,zh,en,effect\nfarmland,农田,farm,forbid\ncorridor,走廊,corridor,forbids\n", "tables"),
        "tables/restriction_kinds.csv.effect", "effect must be one of forbids, no_wet_process, height, … 'forbid'",
        "Did you mean 'forbid' → forbids?"),
    Bad("kinds without one that is used",
        table("restriction_kinds", "kind,zh,en,effect\ncorridor,走廊,corridor,forbids\n", "more tables"),
        "restrictions.csv.kind", "unknown restriction kind … 'farmland'",
        "Known: corridor; or add it to tables/restriction_kinds.csv"),
    Bad("a voltage without distance",
        table("restriction_distances", "kind,voltage_kv,distance_m\ncorridor,110,\n", "tables"),
        "tables/restriction_distances.csv.distance_m", "distance must be given; found '' (line 2)",
        "Give it, or remove the row"),
    Bad("an unknown tier", table("tiers", "tier,en,points\n国家级,national,9\n", "tables"), "tables/tiers.csv.tier",
        "tier must be one of 战略级, 关键性, 规模级 … '国家级'", "Correct it"),
    Bad("a threshold of nothing", table("thresholds", "industry_id,park_id,measure,at_least\nA05,YL,,1\n", "tables"),
        "tables/thresholds.csv.measure", "measure must be given; found '' (line 2)", "Give it, or remove the row"),
    Bad("synonyms of nothing", table("synonyms", "layer,canonical\nparcels,state\n", "last tables"),
        "tables/synonyms.csv.synonym", "the required column is missing (synonym)",
        "Add it, or say under columns: which column is synonym"),
    warns("synonyms of an unknown layer", table("synonyms", "layer,canonical,synonym\nparcel,state,现状\n", "tables"),
        "tables/synonyms.csv.layer", "unknown layer … 'parcel'",
        "Did you mean 'parcel' → parcels? Layers: parks, parcels,"),
    warns("synonyms of an unknown column",
        table("synonyms", "layer,canonical,synonym\nparcels,stat,现状\n", "more tables"),
        "tables/synonyms.csv.canonical", "unknown column of parcels … 'stat'",
        "Did you mean 'stat' → state? Write a canonical column"),
    warns("a table that overrides nothing", table("fits", "a\n1\n", "tables"), "tables/fits.csv",
        "overrides no reference table and is not used", "Nearest known: fit"),
    Bad("a table of bytes", table("tiers", b"\xff\xfe\xff", "more tables"), "tables/tiers.csv",
        "is not readable as text (tried UTF-8, UTF-16, GB18030)",
        "Save it as UTF-8 CSV, or declare its encoding: Line 1 is"),
    Bad("an empty table", table("thresholds", "", "more tables"), "tables/thresholds.csv",
        "is empty: it has no header", "Give a header and rows"),
)  # fmt: skip
