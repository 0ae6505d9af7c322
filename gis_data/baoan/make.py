"""Make the sample territory and, where its script is present, the sample projects.

`python gis_data/baoan/make.py` checks what it made and writes the layers and tables.
With `--check` it makes everything in memory, checks it and writes nothing.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

import check_territory
import make_territory


def main() -> int:
    """Run everything; return 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="check without writing")
    only_check = parser.parse_args().check
    territory = make_territory.make()
    print(check_territory.summary(territory))
    broken = check_territory.faults(territory)
    for promise in broken:
        print(f"not kept: {promise}", file=sys.stderr)
    if only_check or broken:
        return 1 if broken else 0
    make_territory.write(territory)
    projects = make_territory.HERE / "make_projects.py"
    return subprocess.call([sys.executable, str(projects)]) if projects.exists() else 0


if __name__ == "__main__":
    sys.exit(main())
