"""What the gateway itself says to gRPC calls: deadlines, and answers of its own. Each outcome is Envoy's."""

import json
import time

import hpack
import pytest
from harness import Backend, Refused, eventually
from harness.config import gateway, mirrored, route, shadowing, upstream, virtual_service
from harness.h2 import END_STREAM, HEADERS, RST_STREAM, Caller, greet, head, hung

grpc = pytest.importorskip("grpc")
from harness.shop import Shop, path  # noqa: E402 - needs grpc

TIMEOUT_S = 20
STATUS = grpc.StatusCode


def serving(start, primary, shadow=None, http_gateway=None, **options):
    """One route with these options; to `shadow` too, where there is one."""
    made = mirrored(primary, shadow or primary)
    for index in (1, 2):
        made[index]["spec"]["useHttp2"] = True
    if shadow is None:
        made[3] = virtual_service(route("/", **options))
    else:
        made[3]["spec"]["virtualHost"]["routes"][1]["options"] |= options
    if http_gateway:
        made[0]["spec"]["httpGateway"] = http_gateway
    return start(made)


def call(gw, method="Slow", request=b"", timeout=None):
    with grpc.insecure_channel(f"127.0.0.1:{gw.port}") as channel:
        return channel.unary_unary(path(method))(request, timeout=timeout)


def failure(gw, **kwargs):
    """Status, message, and after how many seconds."""
    begin = time.monotonic()
    with pytest.raises(grpc.RpcError) as failed:
        call(gw, **kwargs)
    return failed.value.code(), failed.value.details(), time.monotonic() - begin


# ---- deadlines


@pytest.mark.parametrize(
    ("limit", "asked_s", "least_s", "most_s"),
    [
        ({"grpcTimeoutHeaderMax": "5s", "grpcTimeoutHeaderOffset": "1s"}, 20, 3, 4),
        ({"grpcTimeoutHeaderMax": "0s", "grpcTimeoutHeaderOffset": "10s"}, 20, 8, 10),
        ({"grpcTimeoutHeaderMax": "30s"}, 20, 18, 20),
        ({"maxStreamDuration": "7s"}, 20, 6, 7),
        (None, 20, 18, 20),
    ],
)
def test_backend_and_shadow_are_told_what_time_is_left(start, closing, limit, asked_s, least_s, most_s):
    primary, shadow = closing(Shop()), closing(Shop())
    gw = serving(start, primary, shadow, **({"maxStreamDuration": limit} if limit else {}))
    assert call(gw, "Unary", b"hello", timeout=asked_s) == b"hello"
    gw.settle()
    for shop in (primary, shadow):
        # gRPC's own client rounds the time that it asks for up, by half a percent and more.
        assert least_s <= shop.remaining_s[0] <= most_s + 0.5


NEVER = "downstream duration timeout"


@pytest.mark.parametrize(
    ("options", "asked_s", "status", "message"),
    [
        ({"maxStreamDuration": {"grpcTimeoutHeaderMax": "0.3s"}}, 20, STATUS.DEADLINE_EXCEEDED, NEVER),
        (
            {"maxStreamDuration": {"grpcTimeoutHeaderMax": "0s", "grpcTimeoutHeaderOffset": "19.7s"}},
            20,
            STATUS.DEADLINE_EXCEEDED,
            NEVER,
        ),
        ({"maxStreamDuration": {"maxStreamDuration": "0.3s"}}, None, STATUS.DEADLINE_EXCEEDED, NEVER),
        ({"maxStreamDuration": {"maxStreamDuration": "0.3s"}, "timeout": "0.1s"}, None, STATUS.DEADLINE_EXCEEDED, NEVER),
        ({"timeout": "0.3s"}, None, STATUS.UNAVAILABLE, "upstream request timeout"),
        ({"idleTimeout": "0.3s"}, None, STATUS.UNAVAILABLE, "stream timeout"),
    ],
)
def test_a_call_ends_when_its_time_is_over(start, closing, options, asked_s, status, message):
    gw = serving(start, closing(Backend(hung)), **options)
    code, details, took_s = failure(gw, timeout=asked_s)
    assert (code, details) == (status, message)
    assert took_s >= 0.29


def test_the_listener_s_limit_is_told_to_a_call_too(start, closing):
    limit = {"options": {"httpConnectionManagerSettings": {"maxStreamDuration": "0.3s"}}}
    gw = serving(start, closing(Backend(hung)), http_gateway=limit)
    assert failure(gw)[:2] == (STATUS.DEADLINE_EXCEEDED, NEVER)


def test_a_route_s_limit_replaces_the_listener_s(start, closing):
    limit = {"options": {"httpConnectionManagerSettings": {"maxStreamDuration": "0.1s"}}}
    gw = serving(
        start, closing(Backend(hung)), http_gateway=limit, maxStreamDuration={"maxStreamDuration": "0.5s"}
    )
    assert failure(gw)[2] >= 0.49
    assert gw.get("/").status == 504


def test_a_deadline_that_is_over_at_once_never_reaches_the_backend(start, closing):
    backend = closing(Backend(hung))
    limit = {"grpcTimeoutHeaderMax": "0s", "grpcTimeoutHeaderOffset": "30s"}
    gw = serving(start, backend, maxStreamDuration=limit)
    assert failure(gw, timeout=TIMEOUT_S)[:2] == (STATUS.DEADLINE_EXCEEDED, NEVER)
    assert gw.metrics().total("gnomon_upstream_connections_total") == 0


def test_an_answer_that_has_begun_is_broken_off_at_the_deadline(start, closing):
    def begins(connection):
        frames = greet(connection)
        _, _, stream, _ = frames.until(HEADERS)
        connection.send(head(stream, [(":status", "200"), ("content-type", "application/grpc")], end=False))
        connection.swallow()

    gw = serving(start, closing(Backend(begins)), maxStreamDuration={"grpcTimeoutHeaderMax": "0.3s"})
    caller = Caller(gw.port)
    fields = [(":method", "POST"), (":scheme", "http"), (":path", path("Slow")), (":authority", "shop.test")]
    fields += [("content-type", "application/grpc"), ("te", "trailers"), ("grpc-timeout", "10S")]
    caller.send(head(1, fields))
    assert caller.frames.until(RST_STREAM)[2] == 1
    caller.close()


# ---- answers of the gateway's own


OWN = {
    "no route": ({"to": {"directResponseAction": {"status": 200}}, "prefix": "/elsewhere"}, STATUS.UNIMPLEMENTED, ""),
    "bad request": ({"to": {"directResponseAction": {"status": 400, "body": "no"}}}, STATUS.INTERNAL, "no"),
    "unauthorized": ({"to": {"directResponseAction": {"status": 401, "body": "who?"}}}, STATUS.UNAUTHENTICATED, "who?"),
    "forbidden": ({"to": {"directResponseAction": {"status": 403, "body": "5% no\u00e9"}}}, STATUS.PERMISSION_DENIED, "5% no\u00e9"),
    "direct": ({"to": {"directResponseAction": {"status": 200, "body": "fine"}}}, STATUS.UNKNOWN, "fine"),
    "redirect": ({"to": {"redirectAction": {"hostRedirect": "else.test"}}}, STATUS.UNKNOWN, ""),
    "fault": ({"faults": {"abort": {"percentage": 100, "httpStatus": 429}}}, STATUS.UNAVAILABLE, "fault filter abort"),
    "too large": ({"bufferPerRoute": {"buffer": {"maxRequestBytes": 3}}}, STATUS.UNKNOWN, "Payload Too Large"),
}


@pytest.mark.parametrize("case", OWN)
def test_what_the_gateway_says_is_an_answer_of_grpc(start, closing, case):
    made, status, message = OWN[case]
    gw = start([gateway(), upstream("primary", closing(Shop()), useHttp2=True), virtual_service(route(**made))])
    assert failure(gw, method="Unary", request=b"hello")[:2] == (status, message)


def test_a_rate_limit_is_told_to_a_call(start, closing):
    limit = {"localRatelimit": {"maxTokens": 1, "tokensPerFill": 1, "fillInterval": "3600s"}}
    gw = serving(start, closing(Shop()), ratelimit=limit)
    assert call(gw, "Unary", b"hello") == b"hello"
    assert failure(gw, method="Unary")[0] == STATUS.UNAVAILABLE


def test_calls_without_a_host_or_a_connection_are_unavailable(start, closing):
    gone = {**upstream("primary", closing(Refused())), "kind": "Upstream"}
    gone["spec"]["useHttp2"] = True
    gw = start([gateway(), gone, virtual_service(route("/"))])
    assert failure(gw, method="Unary")[:2] == (STATUS.UNAVAILABLE, "cannot connect to upstream")
    unnamed = upstream("primary", ("no-such-host.invalid", 80), useHttp2=True)
    gw.write([gateway(), unnamed, virtual_service(route("/"))])
    assert gw.reload()[0] == 200
    assert failure(gw, method="Unary")[:2] == (STATUS.UNAVAILABLE, "no healthy upstream")


@pytest.mark.parametrize("version", ["1", "2"])
def test_an_answer_of_its_own_has_only_trailers(start, primary, version):
    """That is, one head with a status of gRPC, and nothing behind it."""
    denied = {"directResponseAction": {"status": 403, "body": "no"}}
    added = {"headerManipulation": {"responseHeadersToAdd": [{"header": {"key": "x-added", "value": "1"}}]}}
    gw = start([gateway(), upstream("primary", primary), virtual_service(route(to=denied, **added))])
    if version == "1":
        answer = gw.client().request("POST", headers=["Content-Type: application/grpc+proto"])
        fields = {name.lower(): value for name, value in answer.headers}
        assert (answer.status, answer.body) == (200, b"")
    else:
        caller = Caller(gw.port)
        fields = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "shop.test")]
        caller.send(head(1, [*fields, ("content-type", "application/grpc+proto"), ("te", "trailers")]))
        _, flags, _, block = caller.frames.until(HEADERS)
        fields = dict(hpack.Decoder().decode(block))
        assert fields[":status"] == "200" and flags & END_STREAM
        caller.close()
    assert (fields["content-type"], fields["grpc-status"], fields["grpc-message"]) == ("application/grpc", "7", "no")
    assert fields["x-added"] == "1"


def test_what_is_no_call_is_answered_in_http(start, primary):
    gw = start([gateway(), upstream("primary", primary), virtual_service(route("/elsewhere"))])
    for kind in ("application/grpc-web", "application/json"):
        assert gw.get(headers=[f"Content-Type: {kind}"]).status == 404


# ---- statuses in the access log and in metrics


def logging(start, primary, path, string, filters=None, **options):
    made = mirrored(primary, primary)
    sink = {"fileSink": {"path": str(path), "stringFormat": string}}
    if filters:
        sink["filter"] = filters
    made[0]["spec"]["options"] = {"accessLoggingService": {"accessLog": [sink]}}
    made[1]["spec"]["useHttp2"] = made[2]["spec"]["useHttp2"] = True
    made[3] = virtual_service(route("/", name="live", shadow=shadowing(), **options))
    return start(made)


def lines(path, count):
    eventually(lambda: path.exists() and path.read_text().count("\n") >= count)
    return path.read_text().splitlines()


def test_statuses_of_calls_are_logged(start, closing, tmp_path):
    """In trailers, in an answer of trailers only, in an answer of the gateway's, and with what is no call."""
    path_of_log = tmp_path / "access.log"
    string = "%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(NUMBER)% %GRPC_STATUS_NUMBER% %RESPONSE_FLAGS%\n"
    gw = logging(start, closing(Shop()), path_of_log, string, maxStreamDuration={"grpcTimeoutHeaderMax": "0s"})
    call(gw, "Unary", b"hello")
    failure(gw, method="Fails")
    caller = Caller(gw.port)
    fields = [(":method", "POST"), (":scheme", "http"), (":path", path("Slow")), (":authority", "shop.test")]
    caller.send(head(1, [*fields, ("content-type", "application/grpc"), ("grpc-timeout", "0S")]))
    caller.frames.until(HEADERS)
    gw.get("/")
    assert lines(path_of_log, 4) == [
        "OK OK 0 0 -",
        "NotFound NOT_FOUND 5 5 -",
        "DeadlineExceeded DEADLINE_EXCEEDED 4 4 -",
        "- - - - -",
    ]
    caller.close()


def test_lines_are_filtered_by_the_status_of_calls(start, closing, tmp_path):
    path_of_log = tmp_path / "access.log"
    gw = logging(start, closing(Shop()), path_of_log, "%GRPC_STATUS%\n", {"grpcStatusFilter": {"statuses": ["NOT_FOUND"]}})
    call(gw, "Unary", b"hello")
    failure(gw, method="Fails")
    assert lines(path_of_log, 1) == ["NotFound"]


def test_json_lines_have_the_status_of_calls(start, closing, tmp_path):
    path_of_log = tmp_path / "access.log"
    made = mirrored(closing(Shop()), closing(Refused()))
    made[1]["spec"]["useHttp2"] = True
    gw = start(made, args=["--access-log", str(path_of_log), "--access-log-format", "json"])
    failure(gw, method="Fails")
    call(gw, "Unary", b"hello")
    assert [json.loads(line)["grpc_status"] for line in lines(path_of_log, 2)] == [5, 0]


def test_statuses_of_calls_are_counted_on_both_sides(start, closing):
    class Other(Shop):
        def unary(self, request, context):
            context.abort(STATUS.RESOURCE_EXHAUSTED, "too many")

    gw = serving(start, closing(Shop()), closing(Other()))
    for _ in range(3):
        call(gw, "Unary", b"hello")
    failure(gw, method="Fails")
    metrics = gw.settle()

    def counted(leg):
        seen = metrics.select("gnomon_upstream_grpc_responses_total", leg=leg)
        return {dict(labels)["grpc_status"]: value for labels, value in seen.items() if value}

    assert counted("primary") == {"OK": 3, "NOT_FOUND": 1}
    assert counted("shadow") == {"RESOURCE_EXHAUSTED": 3, "NOT_FOUND": 1}
    with gw.client() as client:
        assert client.request().status != 0
    assert gw.settle().total("gnomon_upstream_grpc_responses_total", leg="primary") == 4
