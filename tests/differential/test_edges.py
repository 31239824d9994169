"""One test for each case at the edges."""

import pytest
from edges import EDGES


@pytest.mark.parametrize("name", EDGES)
def test_edge(edges, name):
    complaints, _ = edges.judge(EDGES[name])
    assert not complaints, "\n".join(complaints)
