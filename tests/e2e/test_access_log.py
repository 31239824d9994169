"""One line for each request, in Envoy's default format or as JSON."""

import json
import re

import pytest
from harness import Backend, eventually
from harness.backend import answer, ok
from harness.client import request_bytes
from harness.config import gateway, mirrored, route, upstream, virtual_service

# [START] "METHOD PATH PROTOCOL" CODE FLAGS BYTES_IN BYTES_OUT DURATION UPSTREAM_TIME "XFF" "UA" "ID" "AUTHORITY" "HOST"
ENVOY = re.compile(
    r'^\[(?P<start>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\] "(?P<method>\S+) (?P<path>\S+) (?P<protocol>HTTP/1\.[01])" '
    r"(?P<code>\d+) (?P<flags>\S+) (?P<received>\d+) (?P<sent>\d+) (?P<duration>\d+) (?P<upstream_time>\d+|-) "
    r'"(?P<xff>[^"]*)" "(?P<agent>[^"]*)" "(?P<id>[^"]*)" "(?P<authority>[^"]*)" "(?P<host>[^"]*)"$'
)


@pytest.fixture
def logged(start, closing, tmp_path):
    backend = closing(Backend(answer(ok(b"12345678"))))
    path = tmp_path / "access.log"

    def begin(form):
        gw = start(
            [gateway(), upstream("primary", backend), virtual_service(route("/p"))],
            args=["--access-log", str(path), "--access-log-format", form],
        )
        return gw, backend, lambda n: eventually(lambda: len(read(path)) >= n and read(path))

    return begin


def read(path):
    return path.read_text().splitlines() if path.exists() else []


def test_text_is_envoy_s_default_format(logged):
    gw, backend, lines = logged("text")
    gw.get("/p?x=1", headers=["User-Agent: tester/1", "X-Request-Id: the-id"])
    match = ENVOY.match(lines(1)[0])
    assert match, lines(1)[0]
    entry = match.groupdict()
    assert (entry["method"], entry["path"], entry["protocol"], entry["code"]) == ("GET", "/p?x=1", "HTTP/1.1", "200")
    assert (entry["received"], entry["sent"]) == ("0", "8")
    assert (entry["agent"], entry["id"], entry["authority"]) == ("tester/1", "the-id", "shop.test")
    assert entry["host"] == f"127.0.0.1:{backend.port}"


def test_json_has_one_object_on_each_line(logged):
    gw, _, lines = logged("json")
    with gw.client() as client:
        client.request("POST", "/p", body=b"hello")
        client.request("GET", "/nowhere")
    first, second = map(json.loads, lines(2))
    assert (first["method"], first["path"], first["response_code"]) == ("POST", "/p", 200)
    assert (first["bytes_received"], first["bytes_sent"]) == (5, 8)
    assert second["response_code"] == 404


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_a_client_sends_cannot_forge_a_line(logged, form):
    gw, _, lines = logged(form)
    gw.get("/p%0a?x", headers=['User-Agent: a" 200 - "b\x85\tc\xff'])
    gw.get("/p")
    for line in lines(2):
        assert json.loads(line) if form == "json" else ENVOY.match(line), line


def test_json_survives_every_byte_of_a_field(logged):
    gw, _, lines = logged("json")
    gw.get("/p", headers=['User-Agent: "\\\xe9\xff\t\x80'])
    assert json.loads(lines(1)[0])["response_code"] == 200


def test_refused_requests_have_a_line_too(logged):
    gw, _, lines = logged("json")
    with gw.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n")
        assert client.read().status == 400
    assert json.loads(lines(1)[0])["response_code"] == 400


def test_download_that_the_client_leaves_is_marked(logged, closing):
    gw, backend, lines = logged("json")

    def endless(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.send(b"4\r\nabcd\r\n")

    backend.script = endless
    with gw.client() as client:
        client.send(request_bytes("GET", "/p"))
        client.reader.until(b"\r\n\r\n")
        client.reset()
    assert json.loads(lines(1)[0])["response_flags"] == "DC"


def test_answer_that_its_client_leaves_in_the_gateway_s_memory_is_marked(start, closing, tmp_path):
    """All of it has come from the backend; the kernel has taken a part, and then the client resets."""
    size = 16 << 20
    path = tmp_path / "access.log"
    resources = [
        gateway() | {"spec": gateway()["spec"] | {"options": {"perConnectionBufferLimitBytes": 2 * size}}},
        upstream("primary", closing(Backend(answer(ok(b"x" * size))))),
        virtual_service(route("/p")),
    ]
    gw = start(resources, args=["--access-log", str(path), "--access-log-format", "json"])
    with gw.client(receive_buffer=4096) as client:
        client.send(request_bytes("GET", "/p"))
        client.reader.until(b"\r\n\r\n")
        eventually(lambda: gw.metrics().total("gnomon_upstream_request_duration_seconds_count") == 1)
        assert read(path) == []
        assert gw.metrics().total("gnomon_client_gone_total") == 0
        client.reset()
    entry = json.loads(eventually(lambda: read(path))[0])
    assert entry["response_flags"] == "DC"
    assert 0 < entry["bytes_sent"] < size
    metrics = gw.metrics()
    assert metrics.total("gnomon_client_gone_total") == 1
    assert metrics.total("gnomon_client_sent_bytes_total") == entry["bytes_sent"]
    assert metrics.total("gnomon_requests_total", code_class="2xx") == 1


def test_copies_have_no_line_of_their_own(start, primary, closing, tmp_path):
    path = tmp_path / "access.log"
    gw = start(mirrored(primary, closing(Backend())), args=["--access-log", str(path)])
    for _ in range(5):
        gw.get()
    gw.settle()
    gw.stop()
    assert len(read(path)) == 5


def test_log_on_standard_output(start, primary):
    gw = start(mirrored(primary, primary), args=["--access-log", "-"])
    gw.get("/shown")
    gw.wait_line(r'"GET /shown HTTP/1\.1" 200')
