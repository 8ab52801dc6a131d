"""`python -m tools.observability [--check]` writes the generated files, or tells what is stale."""

from __future__ import annotations

import argparse
import sys

from .generated import stale, write


def main() -> int:
    """Return 1 if a file was stale and `--check` was given."""
    parser = argparse.ArgumentParser(prog="python -m tools.observability", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    if parser.parse_args().check:
        found = stale()
        for path in found:
            print(f"stale: {path} (run make generate)")
        return 1 if found else 0
    for path in write():
        print(f"written: {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
