"""The table of deliberate differences is neither too long nor a secret."""

import re

from deliberate import RULES
from harness.gateway import ROOT


def test_every_row_is_needed(requests, edges):
    """What is no longer different has no place in the table, nor in the documentation."""
    needed = set()
    for comparison in (requests, edges):
        for case in comparison.cases:
            needed |= comparison.judge(case)[1]
    unused = {rule.row for rule in RULES} - needed
    assert not unused


def test_documentation_has_the_same_rows():
    text = (ROOT / "docs" / "ENVOY_DIFFERENCES.md").read_text()
    marked = re.findall(r"^\| (.+?) \|.*\| compared \|$", text, re.MULTILINE)
    assert sorted(marked) == sorted(rule.row for rule in RULES)
