"""Cases of scenarios: their keys and values, what they name, and what they ask of a territory."""

from __future__ import annotations

from bad_input.base import Bad, Change, Files, Input, asks, cell, listed, put, question

GOALS = "goals: {tier: 10}"
YEARS = "years: [2026, 2030]"
SOLVER = "solver: {gap: 1 %}"
PROJECTS = "projects: projects.csv"
TITLE = "title: {zh: 例, en: Base}"
TRIANGLE = "[[113.86, 22.78], [113.87, 22.78], [113.87, 22.79]]"


def said(new: str, old: str = "", *more: Change) -> Input:
    """Return a scenario with a line more, or another in place of one."""
    return question(asks(new, old), *more)


def change(text: str, group: str = "") -> Input:
    """Return a scenario with a change of the territory."""
    return question(listed("changes", text), group=group)


def ban(place: str, project: str = "Q1") -> Input:
    """Return a scenario that bans a project from a place."""
    return question(listed("bans", f"{{project: {project}, place: {place}}}"), group="places")


def reserve(keys: str) -> Input:
    """Return a scenario that keeps land back."""
    return question(listed("reserve", f"{{{keys}}}"), group="reserves")


def corridor(line: str, half_width_m: str = "20") -> Input:
    """Return a scenario with a corridor."""
    return change(f"{{corridor: {{line: {line}, half_width_m: {half_width_m}}}}}")


def new_value(keys: str, group: str = "changes") -> Input:
    """Return a scenario that sets columns of a feature."""
    return change(f"{{set: {{{keys}}}}}", group)


def table(keys: str) -> Input:
    """Return a scenario with the projects named at length."""
    return said(f"projects: {{{keys}}}", PROJECTS)


def column(text: str) -> Input:
    """Return a scenario that says what columns of the projects mean."""
    listed_as = f"projects: {{table: projects.csv, columns: {{{text}}}}}"

    def change(files: Files) -> None:
        scenario = str(files["scenario.yaml"])
        if "columns: {" in scenario:
            files["scenario.yaml"] = scenario.replace("columns: {", f"columns: {{{text}, ")
        else:
            files["scenario.yaml"] = scenario.replace(PROJECTS, listed_as)

    return question(change, group="columns")


def whole(text: str | bytes) -> Input:
    """Return another scenario."""
    return question(put("scenario.yaml", text))


CASES = (
    # files
    Bad("no such scenario", question(ends="senario.yaml"), "senario.yaml", "/senario.yaml'; allowed: a YAML file",
        "Did you mean scenario.yaml?"),
    Bad("a very long file", whole("# " + "x" * 600_000), "scenario.yaml",
        "the file is longer than 500000 bytes, the most allowed", "Keep geometry in a layer and name its file"),
    Bad("deep nesting", whole("a: " + "[" * 60 + "]" * 60), "scenario.yaml:1",
        "found more than 50 levels of nesting; allowed: 50", "Check brackets and indentation"),
    Bad("a binary file", whole(b"\x00\x01\x02"), "scenario.yaml:1",
        "found '\\x00\\x01\\x02', which is not YAML: the character 0 is not text",
        "Use an ASCII colon and a space after each key, indent by"),
    Bad("a list for a key", whole("? [a]\n: b\n"), "scenario.yaml:1", "found an empty list as a key; allowed: a word",
        "Write a word before the colon"),
    Bad("extends what is not there", said("extends: base.yaml"), "scenario.yaml:6 extends",
        "/base.yaml'; allowed: a YAML file", "Did you mean scenario.yaml?"),
    Bad("extends a number", said("extends: 5"), "scenario.yaml:6 extends", "found 5; allowed: the name of one file",
        "Write extends: base.yaml"),
    Bad("extends in a circle",
        said("extends: b.yaml", "", put("b.yaml", "extends: scenario.yaml\nyears: [2026, 2030]\n")),
        "b.yaml:1 extends", "found 'scenario.yaml', so that a file extends itself: scenario.yaml →",
        "Remove one of these extends"),
    Bad("a broken parent", said("extends: b.yaml", "", put("b.yaml", "years: [2026\n")), "b.yaml:2",
        "found '', which is not YAML: expected ',' or ']', but got '<stream end>'",
        "Use an ASCII colon and a space after each key, indent by"),
    Bad("a parent without years", said("extends: b.yaml", "", put("b.yaml", "title: x\n")), "b.yaml:1 years",
        "found nothing; allowed: a value, because the key is required",
        "Add years: First and last year, both included."),
    # keys
    Bad("an unknown key", said("goal: {tax: 1}"), "scenario.yaml:6 goal",
        "found unknown key 'goal'; allowed: extends, title, territory, projects,", "Did you mean goals?"),
    Bad("an unknown goal", said("goals: {teir: 10}", GOALS), "scenario.yaml:5 goals.teir",
        "found unknown key 'teir'; allowed: tier, investment, output, tax, fit,", "Did you mean tier?"),
    Bad("a negative weight", said("goals: {tier: -1}", GOALS), "scenario.yaml:5 goals.tier",
        "found -1; allowed: at least 0 (points)", "Change the value"),
    Bad("a weight in words", said("goals: {tier: high}", GOALS), "scenario.yaml:5 goals.tier",
        "found 'high', which has no number; allowed: a plain number", "Write for example 3"),
    Bad("goals as a list", said("goals: [tier]", GOALS), "scenario.yaml:5 goals",
        "found a list of 1; allowed: keys with values", "Change the value"),
    Bad("no years", said("", YEARS + "\n"), "scenario.yaml:1 years",
        "found nothing; allowed: a value, because the key is required",
        "Add years: First and last year, both included."),
    Bad("years backwards", said("years: [2030, 2026]", YEARS), "scenario.yaml:4 years",
        "found '[2030, 2026]'; allowed: the first not after the last", "Write [2026, 2030]"),
    Bad("one year", said("years: 2026", YEARS), "scenario.yaml:4 years",
        "found 2026; allowed: [first year, last year]", "Write for example [2026, 2030]"),
    Bad("a year of the past", said("years: [1926, 2030]", YEARS), "scenario.yaml:4 years[0]",
        "found 1926; allowed: at least 2000", "Change the value"),
    Bad("half a year", said("years: [2026.5, 2030]", YEARS), "scenario.yaml:4 years[0]",
        "found 2026.5; allowed: a whole number", "Leave out the decimals"),
    Bad("a year in words", said("years: [今年, 2030]", YEARS), "scenario.yaml:4 years[0]",
        "found '今年', which has no number; allowed: a calendar year", "Write for example 2026 年"),
    Bad("a gap without unit", said("solver: {gap: 1}", SOLVER), "scenario.yaml:6 solver.gap",
        "found 1; allowed: a share with its unit", "Write for example 0.5 %"),
    Bad("a gap beyond 100 %", said("solver: {gap: 200 %}", SOLVER), "scenario.yaml:6 solver.gap",
        "found '200 %'; allowed: at most 1 (share)", "Change the value"),
    Bad("a gap in metres", said("solver: {gap: 3 m}", SOLVER), "scenario.yaml:6 solver.gap",
        "found '3 m', which is a length; allowed: a share", "Write for example 0.5 %"),
    Bad("no time", said("solver: {time_limit_s: 0}", SOLVER), "scenario.yaml:6 solver.time_limit_s",
        "found 0; allowed: more than 0 (s)", "Change the value"),
    Bad("a time in hectares", said("solver: {time_limit_s: 3 ha}", SOLVER), "scenario.yaml:6 solver.time_limit_s",
        "found '3 ha', which is an area; allowed: a time", "Write for example 45 s"),
    Bad("a negative seed", said("solver: {seed: -1}", SOLVER), "scenario.yaml:6 solver.seed",
        "found -1; allowed: at least 0", "Change the value"),
    Bad("too many threads", said("solver: {threads: 1000}", SOLVER), "scenario.yaml:6 solver.threads",
        "found 1000; allowed: at most 256", "Change the value"),
    Bad("half an effort", said("solver: {effort: 1.5}", SOLVER), "scenario.yaml:6 solver.effort",
        "found 1.5; allowed: a whole number", "Leave out the decimals"),
    Bad("an unknown rule", said("rules: {powr: true}"), "scenario.yaml:6 rules.powr",
        "found unknown key 'powr'; allowed: each_part_placed_with_its_project,", "Did you mean power?"),
    Bad("a rule half on", said("rules: {must_place: maybe}"), "scenario.yaml:6 rules.must_place",
        "found 'maybe'; allowed: true or false", "Change the value"),
    Bad("power as a number", said("rules: {power: 60}"), "scenario.yaml:6 rules.power",
        "found 60; allowed: true, false, or {park: {year: capacity}}", "Write for example {燕罗: {2026: 60 MVA}}"),
    Bad("power without unit", said("rules: {power: {YL: {2026: 60}}}"), "scenario.yaml:6 rules.power.YL.2026",
        "found 60; allowed: an electrical capacity with its unit", "Write for example 60 MVA"),
    Bad("power in hectares", said("rules: {power: {YL: {2026: 60 ha}}}"), "scenario.yaml:6 rules.power.YL.2026",
        "found '60 ha', which is an area; allowed: an electrical capacity", "Write for example 60 MVA"),
    Bad("power of another age", said("rules: {power: {YL: {1026: 60 MVA}}}"), "scenario.yaml:6 rules.power.YL.1026",
        "found '1026'; allowed: at least 2000", "Change the value"),
    Bad("a leader nobody knows", said("rules: {leader_and_suppliers: {leaders: [Q9]}}"),
        "scenario.yaml:6 rules.leader_and_suppliers.leaders", "there is no project or part 'Q9'",
        "Check the identifiers of the projects table"),
    Bad("a leader of too few", said("rules: {leader_and_suppliers: 3}"), "scenario.yaml:6 rules.leader_and_suppliers",
        "Q1 has fewer suppliers on the list (1) than at_least (3), so it can never be placed",
        "Lower at_least, or give the rule a soft price", ("Q1",)),
    Bad("suppliers within an area", said("rules: {leader_and_suppliers: {within: 5 ha}}"),
        "scenario.yaml:6 rules.leader_and_suppliers.within", "found '5 ha', which is an area; allowed: a length",
        "Write for example 30 m"),
    Bad("suppliers nearer than near", said("rules: {leader_and_suppliers: {within: -5 m}}"),
        "scenario.yaml:6 rules.leader_and_suppliers.within", "found '-5 m'; allowed: park, or a distance of at least 0",
        "Write for example 500 m"),
    Bad("a cluster of too few leaders", said("rules: {leaders_per_cluster: {at_least: 2}}"),
        "scenario.yaml:6 rules.leaders_per_cluster", "C10 has fewer leaders on the list (1) than at_least (2)",
        "Lower at_least, or give the rule a soft price", ("C10",)),
    Bad("a least above its most", said("rules: {leaders_per_cluster: {at_least: 3, at_most: 2}}"),
        "scenario.yaml:6 rules.leaders_per_cluster", "found '3 > 2'; allowed: at_least not above at_most",
        "Change one of them"),
    Bad("together without a distance", said("rules: {parts_together: true}"), "scenario.yaml:6 rules.parts_together",
        "found true; allowed: false, or a distance", "Write for example parts_together: 500 m"),
    Bad("together without a unit", said("rules: {parts_together: 500}"), "scenario.yaml:6 rules.parts_together",
        "found 500; allowed: a length with its unit", "Write for example 30 m"),
    Bad("one kept apart", said("rules: {kept_apart: [{who: [Q1], metres: 5}]}"),
        "scenario.yaml:6 rules.kept_apart[0].who", "found a list of 1; allowed: a list of 2 or more",
        "Change the value"),
    Bad("apart in two ways", said("rules: {kept_apart: [{who: [Q1, Q2], metres: 5, not: building}]}"),
        "scenario.yaml:6 rules.kept_apart[0]", "found metres and not together; allowed: exactly one of metres, not",
        "Keep one; `metres: null` removes what a parent file says"),
    Bad("apart from a stranger", said("rules: {kept_apart: [{who: [Q1, Q9], metres: 5}]}"),
        "scenario.yaml:6 rules.kept_apart[0]", "there is no project or part 'Q9'",
        "Check the identifiers of the projects table"),
    Bad("apart from itself", said("rules: {kept_apart: [{who: [Q1, Q1/main], metres: 5}]}"),
        "scenario.yaml:6 rules.kept_apart[0].who", "Q1/main cannot be kept apart from itself", "Name each part once"),
    Bad("a group of strangers", said("rules: {group_count: [{projects: [Q1, Q9], at_most: 1}]}"),
        "scenario.yaml:6 rules.group_count[0].projects", "there is no project or part 'Q9'",
        "Check the identifiers of the projects table"),
    Bad("more than the group has", said("rules: {group_count: [{projects: [Q1, Q2], at_least: 3}]}"),
        "scenario.yaml:6 rules.group_count[0]", "found 3; allowed: at_least not above the number of projects, 2",
        "Lower it, or list more projects"),
    Bad("a group without a number", said("rules: {group_count: [{projects: [Q1, Q2]}]}"),
        "scenario.yaml:6 rules.group_count[0]", "allowed: at_least, at_most, or both", "Write for example at_most: 1"),
    Bad("more than all at once", said("rules: {simultaneity: 2}"), "scenario.yaml:6 rules.simultaneity",
        "found 2; allowed: at most 1 (share)", "Change the value"),
    Bad("an unknown yardstick", said("normalise: mine"), "scenario.yaml:6 normalise",
        "found 'mine'; allowed: root, own", "Change the value"),
    Bad("a street too wide", said("sites: {street_gap_m: 500}"), "scenario.yaml:6 sites.street_gap_m",
        "found 500; allowed: at most 200 (m)", "Change the value"),
    Bad("a street of ten thousand", said("sites: {street_gap_m: 3万}"), "scenario.yaml:6 sites.street_gap_m",
        "found '3万', which has no unit; allowed: a length", "Write for example 30 m"),
    Bad("units of no floor", said("sites: {unit_floors_max: 0}"), "scenario.yaml:6 sites.unit_floors_max",
        "found 0; allowed: at least 1", "Change the value"),
    Bad("a frontage in tons", said("sites: {facing_m: 3 t}"), "scenario.yaml:6 sites.facing_m",
        "found '3 t', which is a mass; allowed: a length", "Write for example 30 m"),
    Bad("a title as a list", said("title: [a]", TITLE), "scenario.yaml:1 title",
        "found a list of 1; allowed: keys with values", "Change the value"),
    Bad("a title in another language", said("title: {cn: 例}", TITLE), "scenario.yaml:1 title.cn",
        "found unknown key 'cn'; allowed: zh, en", "Remove it"),
    # what it names
    Bad("no territory", said("", "territory: .\n"), "scenario.yaml:1 territory", "is not given",
        "Write territory: and its path"),
    Bad("no projects", said("", PROJECTS + "\n"), "scenario.yaml:1 projects", "is not given",
        "Write projects: and its path"),
    Bad("a territory elsewhere", said("territory: nowhere", "territory: ."), "scenario.yaml:2 territory",
        "there is no file", "Check the path"),
    Bad("a territory as a number", said("territory: 5", "territory: ."), "scenario.yaml:2 territory",
        "found 5; allowed: a file or a folder", "Write its path"),
    Bad("projects elsewhere", said("projects: project.csv", PROJECTS), "project.csv", "there is no file",
        "Did you mean projects.csv?"),
    Bad("projects as a list", said("projects: [a]", PROJECTS), "scenario.yaml:3 projects",
        "found a list of 1; allowed: keys with values", "Change the value"),
    Bad("projects without table", table("worksheet: a"), "scenario.yaml:3 projects.table",
        "found nothing; allowed: a value, because the key is required", "Add table: File, seen from this file."),
    Bad("projects with an unknown key", table("table: projects.csv, sheet: a"), "scenario.yaml:3 projects.sheet",
        "found unknown key 'sheet'; allowed: table, worksheet, encoding, columns", "Did you mean worksheet?"),
    Bad("a worksheet of a CSV", table("table: projects.csv, worksheet: a"), "projects.csv",
        "is a text, and has no worksheet a", "Remove worksheet:"),
    Bad("another encoding", table("table: projects.csv, encoding: gbk"), "projects.csv",
        "is declared gbk, but its bytes look like utf-8", "Correct it to encoding: utf-8, or remove it"),
    Bad("a column that is not there", column("用地: land_m2"), "projects.csv.用地",
        "column 用地, declared under columns:, is missing", "The file has project_id, name, firm, industry,"),
    Bad("a meaning that is none", column("firm: company"), "projects.csv.firm",
        "company is not a column of this layer", "Nearest known: project_id, name, firm, industry,"),
    Bad("a unit of another measure", column("land_m2: {meaning: land_m2, unit: 米}"), "projects.csv.land_m2",
        "found '1 米', which is a length; allowed: an area", "Write for example 20 ha"),
    Bad("a column without meaning", table("table: projects.csv, columns: {land_m2: {unit: 亩}}"),
        "scenario.yaml:3 projects.columns.land_m2.meaning",
        "found nothing; allowed: a value, because the key is required", "Add meaning: Its canonical name."),
    # places and projects
    Bad("power of an unknown park", said("rules: {power: {燕罗二: {2026: 60 MVA}}}"),
        "scenario.yaml:6 rules.power.燕罗二",
        "there is no place called '燕罗二'", "Nearest known: 燕罗"),
    Bad("a lock of nobody", question(asks("locks: {Q9: YL}"), group="places"), "scenario.yaml:6 locks.Q9",
        "there is no project or part 'Q9'", "Check the identifiers of the projects table"),
    Bad("a ban nowhere", ban("石岩"), "scenario.yaml:7 bans[5]", "there is no place called '石岩'",
        "Nearest known: —"),
    Bad("a ban from unknown parcels", ban("[P1, P99]"), "scenario.yaml:7 bans[4]", "there is no place called 'P99'",
        "Nearest known: P5, P4, P3"),
    Bad("a lock in two ways", said("locks: {Q1: {park: YL, building: B1}}"), "scenario.yaml:6 locks.Q1",
        "found park and building together; allowed: exactly one of park, building,",
        "Keep one; `park: null` removes what a parent file says"),
    Bad("a lock in no way", said("locks: {Q1: {}}"), "scenario.yaml:6 locks.Q1",
        "found none of them; allowed: exactly one of park, building, floor,", "Write for example park: 石岩"),
    Bad("a lock that is refused", said("locks: {Q1: B1}"), "scenario.yaml:6 locks.Q1",
        "Q1/main must be placed there but is refused: B1-F01 fails on kind of site",
        "Relax the need, name another place, or drop the lock", ("Q1/main",)),
    Bad("a lock as a truth", said("locks: {Q1: true}"), "scenario.yaml:6 locks.Q1",
        "found true; allowed: an identifier or a name", "Put it in quotes"),
    Bad("a lock with an unknown key", said("locks: {Q1: {prak: YL}}"), "scenario.yaml:6 locks.Q1.prak",
        "found unknown key 'prak'; allowed: park, building, floor, parcels, name", "Did you mean park?"),
    Bad("a ban from an unknown building", ban("{building: B9}"), "scenario.yaml:7 bans[3]",
        "there is no place called 'B9'", "Nearest known: B2, B1"),
    Bad("a ban from an unknown floor", ban("{floor: B1-F09}"), "scenario.yaml:7 bans[2]",
        "there is no place called 'B1-F09'", "Nearest known: B1-F02, B1-F01, B2-F02"),
    Bad("a name of two parks",
        question(listed("bans", "{project: Q1, place: 燕罗}"), cell("parks", "XQ", "name_zh", "燕罗"), group="places"),
        "scenario.yaml:7 bans[1]", "'燕罗' means more than one place", "Say which: park XQ, park YL"),
    Bad("only nobody", question(asks("only: {Q8: YL}"), group="places"), "scenario.yaml:8 only.Q8",
        "there is no project or part 'Q8'", "Check the identifiers of the projects table"),
    Bad("a ban without place", said("bans: [{project: Q1}]"), "scenario.yaml:6 bans[0].place",
        "found nothing; allowed: a value, because the key is required", "Add place: The place."),
    Bad("a ban of nobody", ban("YL", "Q6"), "scenario.yaml:7 bans[0]", "there is no project or part 'Q6'",
        "Check the identifiers of the projects table"),
    Bad("bans as a map", said("bans: {Q1: YL}"), "scenario.yaml:6 bans",
        "found a map of 1 (Q1); allowed: a list [..]", "Change the value"),
    Bad("nobody must be placed", question(asks("must_place: [Q7]"), group="places"), "scenario.yaml:9 must_place",
        "there is no project or part 'Q7'", "Check the identifiers of the projects table"),
    Bad("one who cannot be placed",
        said("must_place: [Q1]", "", cell("projects", "Q1", "land_m2", "900000"), cell("projects", "Q1",
        "land_max_m2", "900000")),
        "scenario.yaml:6 must_place", "Q1/main must be placed there but is refused: P1 fails on area window",
        "Relax the need, name another place, or drop the lock", ("Q1/main",)),
    Bad("an empty name", said("must_place: ['']"), "scenario.yaml:6 must_place[0]",
        "found ''; allowed: an identifier or a name that can be seen", "Write the identifier, or remove the entry"),
    Bad("a reserve of unknown parcels", reserve("block: [P99], for: 战略级"), "scenario.yaml:6 reserve[2]",
        "there is no place called 'P99'", "Nearest known: P5, P4, P3"),
    Bad("a reserve in words", said("reserve: [{block: biggest, for: 战略级}]"), "scenario.yaml:6 reserve[0].block",
        "found 'biggest'; allowed: largest, or a list of parcels", "Write largest, or [parcel ids]"),
    Bad("a reserve for nobody", said("reserve: [{block: largest}]"), "scenario.yaml:6 reserve[0].for",
        "found nothing; allowed: a value, because the key is required", "Add for: Tier for which the land is kept."),
    Bad("a reserve in an unknown park", reserve("park: 石岩, for: 战略级"), "scenario.yaml:6 reserve[1].park",
        "there is no place called '石岩'", "Nearest known: —"),
    Bad("a reserve for an unknown tier", reserve("block: largest, for: 国家级"), "scenario.yaml:6 reserve[0].for",
        "there is no tier '国家级'", "Tiers: 关键性, 战略级, 规模级"),
    Bad("a parcel reserved for two tiers",
        said("reserve: [{block: [P1, P2], for: 战略级}, {block: [P2], for: 关键性}]"),
        "scenario.yaml:6 reserve[1]", "are kept for 战略级 already", "Keep each parcel for one tier", ("P2",)),
    # changes
    Bad("an unknown change", change("{withdrow: [P1]}"), "scenario.yaml:6 changes[0].withdrow",
        "found unknown key 'withdrow'; allowed: withdraw, corridor, restrict, set", "Did you mean withdraw?"),
    Bad("two changes in one", change("{withdraw: [P1], set: {layer: parcels, id: P1, far_max: 3}}"),
        "scenario.yaml:6 changes[0]", "found withdraw and set together; allowed: exactly one of withdraw,",
        "Keep one; `withdraw: null` removes what a parent file says"),
    Bad("no change", change("{}"), "scenario.yaml:6 changes[0]",
        "found none of them; allowed: exactly one of withdraw, corridor, restrict,",
        "Write for example withdraw: [XQD-014]"),
    Bad("nothing withdrawn", change("{withdraw: []}"), "scenario.yaml:6 changes[0].withdraw",
        "found an empty list; allowed: a list of 1 or more", "Change the value"),
    Bad("unknown parcels withdrawn", change("{withdraw: [P99]}", "changes"), "scenario.yaml:6 changes[10].withdraw",
        "'P99' does not exist", "Nearest known: P5, P4, P3"),
    Bad("a corridor of one point", corridor("[[113.86, 22.78]]"), "scenario.yaml:6 changes[0].corridor.line",
        "found a list of 1; allowed: a list of 2 or more", "Change the value"),
    Bad("a corridor with latitude first", corridor("[[22.78, 113.86], [113.87, 22.78]]"),
        "scenario.yaml:6 changes[0].corridor.line[0]",
        "found '[22.78, 113.86]'; allowed: [longitude, latitude] in degrees",
        "They are swapped: write [113.86, 22.78]"),
    Bad("a corridor in metres", corridor("[[485000, 2520000], [113.87, 22.78]]"),
        "scenario.yaml:6 changes[0].corridor.line[0]",
        "found '[485000, 2520000]'; allowed: [longitude, latitude] in degrees",
        "Write [longitude, latitude], for example [113.85, 22.73]"),
    Bad("a corridor without width", corridor("[[113.86, 22.78], [113.87, 22.78]]", "0"),
        "scenario.yaml:6 changes[0].corridor.half_width_m", "found 0; allowed: more than 0 (m)", "Change the value"),
    Bad("a corridor with heights", corridor("[[113.86, 22.78, 0], [113.87, 22.78]]"),
        "scenario.yaml:6 changes[0].corridor.line[0]", "found a list of 3; allowed: [longitude, latitude] in degrees",
        "Write [longitude, latitude], for example [113.85, 22.73]"),
    Bad("a corridor in words", corridor("[[东, 22.78], [113.87, 22.78]]"),
        "scenario.yaml:6 changes[0].corridor.line[0]",
        'found "[\'东\', 22.78]"; allowed: [longitude, latitude] in degrees',
        "Write [longitude, latitude], for example [113.85, 22.73]"),
    Bad("a restriction of no kind", change(f"{{restrict: {{polygon: {TRIANGLE}, kind: farmlnd}}}}", "changes"),
        "scenario.yaml:6 changes[9].restrict.kind", "'farmlnd' does not exist", "Nearest known: farmland"),
    Bad("a restriction in two ways", change(f"{{restrict: {{polygon: {TRIANGLE}, file: a.gpkg, kind: farmland}}}}"),
        "scenario.yaml:6 changes[0].restrict",
        "found polygon and file together; allowed: exactly one of polygon, file",
        "Keep one; `polygon: null` removes what a parent file says"),
    Bad("a restriction in no file", change("{restrict: {file: a.gpkg, kind: farmland}}", "changes"), "a.gpkg",
        "there is no file", "Check the path"),
    Bad("a restriction of two corners",
        change("{restrict: {polygon: [[113.86, 22.78], [113.87, 22.78]], kind: farmland}}"),
        "scenario.yaml:6 changes[0].restrict.polygon", "found a list of 2; allowed: a list of 3 or more",
        "Change the value"),
    Bad("a restriction from a table", change("{restrict: {file: figures.csv, kind: farmland}}", "changes"),
        "figures.csv.geometry", "has no geometry", "Name a layer that has"),
    Bad("a value in no layer", new_value("layer: parcel, id: P1, far_max: 3", ""),
        "scenario.yaml:6 changes[0].set.layer",
        "found 'parcel'; allowed: parks, parcels, buildings, floors, restrictions,", "Did you mean parcels?"),
    Bad("a value of nothing", new_value("layer: parcels, id: P98, far_max: 3"), "scenario.yaml:6 changes[6].set.id",
        "'P98' does not exist", "Nearest known: P5, P4, P3"),
    Bad("a value in no column", new_value("layer: parcels, id: P1, far_mx: 3"), "scenario.yaml:6 changes[5].set",
        "'far_mx' does not exist", "Nearest known: far_max, coverage_max, park"),
    Bad("a value out of bounds", new_value("layer: parcels, id: P1, far_max: 99"),
        "scenario.yaml:6 changes[4].set.far_max", "FAR limit must be between 0.1 and 15 … found 99", "Correct it"),
    Bad("no value", new_value("layer: parcels, id: P1", ""), "scenario.yaml:6 changes[0].set",
        "found no column; allowed: one or more", "Add for example far_max: 4"),
    Bad("a list as a value", new_value("layer: parcels, id: P1, far_max: [3]", ""),
        "scenario.yaml:6 changes[0].set.far_max", "found a list of 1; allowed: one value",
        "Write a number, a text or null"),
    Bad("a value not allowed", new_value("layer: parcels, id: P1, state: fre"),
        "scenario.yaml:6 changes[3].set.state", "state must be one of free, in_preparation, committed, … found 'fre'",
        "Correct it"),
    Bad("a value that must be given", new_value("layer: parcels, id: P1, state: null"),
        "scenario.yaml:6 changes[2].set.state", "state must be given", "Correct it"),
    Bad("a truth that is none", new_value("layer: parcels, id: P1, joint: perhaps"),
        "scenario.yaml:6 changes[1].set.joint", "open to joint taking must be yes, no or empty … 'perhaps'",
        "Write yes or no"),
    Bad("a range as a value", new_value("layer: parcels, id: P1, height_limit_m: 50-60"),
        "scenario.yaml:6 changes[0].set.height_limit_m", "height limit must be a number (m) … '50-60'",
        "Give the figure itself"),
)  # fmt: skip
