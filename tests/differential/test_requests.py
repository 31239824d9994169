"""Five hundred requests: what gnomon makes of each is what Envoy makes of it, except for what is in the table."""

import traffic

SHOWN_MAX = 40
STATUSES = {200, 204, 301, 302, 303, 304, 307, 308, 401, 404, 418, 500, 503}


def test_every_difference_is_in_the_table(requests):
    complaints = []
    for case in requests.cases:
        complaints += [f"{case.bytes()[:600]!r}\n    {found}" for found in requests.judge(case)[0]]
    assert not complaints, f"{len(complaints)} differences\n" + "\n".join(complaints[:SHOWN_MAX])


def test_requests_get_everywhere(requests):
    """The comparison compares something."""
    for outcomes in (requests.envoy, requests.gnomon):
        assert {backend for outcome in outcomes.values() for backend, _ in outcome.live} == {"first", "second"}
        assert sum(len(outcome.copies) for outcome in outcomes.values()) > traffic.COUNT / 2
        assert {outcome.status for outcome in outcomes.values()} >= STATUSES


def test_a_copy_has_the_request_id_of_its_original(requests):
    for outcome in requests.gnomon.values():
        for (_, live), (_, copy) in zip(outcome.live, outcome.copies):
            assert live.header("x-request-id") == copy.header("x-request-id") != ""
