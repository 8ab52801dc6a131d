"""Which tests go to one process when several run them, with `--dist loadscope`.

The tests of a module, which may share programs that take long to start; but those of `APART` one by
one. (`--dist loadgroup` with marks would say the same, but pytest-xdist 3.8 does not group at all
under pytest 9.2: https://github.com/pytest-dev/pytest-xdist/issues/1386.)
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

APART = {
    "tests/kafka/test_cluster.py",
    "tests/kafka/test_worker.py",
    "tests/obs/test_alertmanager.py",
    "tests/obs/test_recordings.py",
    "tests/obs/test_rule_mutations.py",
    "tests/obs/test_rules.py",
}
"""Modules whose tests share nothing, or a broker that every process may have of its own."""


class Sharing(LoadScopeScheduling):
    """Keeps modules together, as far as they want to be."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return nodeid if module in APART else module
