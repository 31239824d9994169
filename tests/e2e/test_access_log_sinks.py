"""Access logs that a Gateway asks for."""

import json

import pytest
from harness import eventually
from harness.backend import answer, ok
from harness.config import gateway, route, upstream, virtual_service


def with_logs(backend, *logs, http=None, routes=None):
    listener = gateway()
    listener["spec"]["options"] = {"accessLoggingService": {"accessLog": list(logs)}}
    listener["spec"]["httpGateway"] = {"options": http or {}}
    return [listener, upstream("primary", backend), virtual_service(*(routes or [route("/")]))]


def sink(path, string=None, **rest):
    made = {"path": str(path)}
    if string is not None:
        made["stringFormat"] = string
    return {"fileSink": made | rest.pop("sink", {}), **rest}


def lines(path, count):
    """The lines of a log, once there are that many."""
    eventually(lambda: path.exists() and path.read_text().count("\n") >= count)
    return path.read_text().splitlines()


@pytest.fixture
def logged(start, primary, tmp_path):
    """Starts a gateway that logs in this format through this filter; returns it and the file."""

    def begin(string="%REQ(:PATH)% %RESPONSE_CODE%\n", http=None, routes=None, **rest):
        path = tmp_path / "access.log"
        return start(with_logs(primary, sink(path, string, **rest), http=http, routes=routes)), path

    return begin


def test_lines_follow_their_format(logged, primary):
    primary.script = answer(ok(b"body", headers=["X-Build: 7"]))
    gw, path = logged("%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL% %RESPONSE_CODE% %BYTES_SENT% %RESP(X-BUILD)% %ROUTE_NAME% %UPSTREAM_CLUSTER% 100%%")
    gw.get("/pets")
    assert lines(path, 1) == ["GET /pets HTTP/1.1 200 4 7 gloo-system.default/0 primary_gloo-system 100%"]


def test_addresses_of_both_ends(logged, primary):
    gw, path = logged("%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %UPSTREAM_HOST%")
    gw.get("/")
    assert lines(path, 1) == [f"127.0.0.1:{gw.port} 127.0.0.1 127.0.0.1:{primary.port}"]


def test_without_a_format_it_is_envoys(logged):
    gw, path = logged(None)
    gw.get("/pets", headers=["User-Agent: curl"])
    line = lines(path, 1)[0]
    assert '"GET /pets HTTP/1.1" 200 - 0 2 ' in line and '"curl"' in line


def test_json_keeps_its_shape_and_types(logged):
    fields = {"code": "%RESPONSE_CODE%", "req": {"path": "%REQ(:PATH)%", "none": "%REQ(X-NONE)%"}, "on": True, "n": 1, "list": ["a %PROTOCOL%"]}
    gw, path = logged(None, sink={"jsonFormat": fields})
    gw.get('/a"b')
    assert json.loads(lines(path, 1)[0]) == {
        "code": 200,
        "req": {"path": '/a"b', "none": None},
        "on": True,
        "n": 1,
        "list": ["a HTTP/1.1"],
    }


def test_clients_cannot_write_lines_of_their_own(logged):
    gw, path = logged('"%REQ(X-NOTE)%"\n')
    gw.get("/", headers=['X-Note: a" 200 "\xff'])
    assert lines(path, 1) == [r'"a\x22 200 \x22\xff"']


def test_a_gateway_may_have_several_logs(start, primary, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    gw = start(with_logs(primary, sink(one, "1 %REQ(:PATH)%"), sink(two, "2 %REQ(:PATH)%"), sink(one, "3")))
    gw.get("/x")
    assert sorted(lines(one, 2)) == ["1 /x", "3"]
    assert lines(two, 1) == ["2 /x"]


def test_standard_output_is_a_file_too(start, primary):
    gw = start(with_logs(primary, sink("/dev/stdout", "logged %REQ(:PATH)%")))
    gw.get("/x")
    gw.wait_line("^logged /x$")


def status(op, value):
    return {"statusCodeFilter": {"comparison": {"op": op, "value": {"defaultValue": value}}}}


def header(**match):
    return {"headerFilter": {"header": {"name": "x-tier", **match}}}


GOLD = ["X-Tier: gold-7"]
FILTERS = [
    (status("GE", 400), ["/missing 404"]),
    (status("EQ", 200), ["/ok 200", "/health 200"]),
    (status("LE", 200), ["/ok 200", "/health 200"]),
    ({"durationFilter": {"comparison": {"op": "GE", "value": {"defaultValue": 60000}}}}, []),
    ({"durationFilter": {"comparison": {"op": "LE", "value": {"defaultValue": 60000}}}}, ["/ok 200", "/missing 404", "/health 200"]),
    ({"notHealthCheckFilter": {}}, ["/ok 200", "/missing 404"]),
    ({"traceableFilter": {}}, ["/ok 200", "/missing 404", "/health 200"]),
    ({"runtimeFilter": {"percentSampled": {"numerator": 100}}}, ["/ok 200", "/missing 404", "/health 200"]),
    ({"runtimeFilter": {"percentSampled": {"numerator": 0}}}, []),
    ({"responseFlagFilter": {"flags": ["NR", "UH"]}}, ["/missing 404"]),
    ({"responseFlagFilter": {}}, ["/missing 404"]),
    ({"grpcStatusFilter": {"statuses": ["UNIMPLEMENTED"]}}, ["/missing 404"]),
    # What is no call and says 200 is UNKNOWN, as in Envoy.
    ({"grpcStatusFilter": {"statuses": [0], "exclude": True}}, ["/ok 200", "/missing 404", "/health 200"]),
    ({"grpcStatusFilter": {"statuses": ["UNKNOWN"], "exclude": True}}, ["/missing 404"]),
    (header(exactMatch="gold-7"), ["/ok 200"]),
    (header(prefixMatch="gold"), ["/ok 200"]),
    (header(suffixMatch="-8"), []),
    (header(safeRegexMatch={"regex": "g.*[0-9]"}), ["/ok 200"]),
    (header(presentMatch=True, invertMatch=True), ["/missing 404", "/health 200"]),
    ({"andFilter": {"filters": [status("EQ", 200), {"notHealthCheckFilter": {}}]}}, ["/ok 200"]),
    ({"orFilter": {"filters": [status("EQ", 404), header(presentMatch=True)]}}, ["/ok 200", "/missing 404"]),
]


@pytest.mark.parametrize("condition, wanted", FILTERS, ids=[str(i) for i in range(len(FILTERS))])
def test_filters(start, primary, tmp_path, condition, wanted):
    path, every = tmp_path / "some", tmp_path / "every"
    fmt = "%REQ(:PATH)% %RESPONSE_CODE%"
    http = {"healthCheck": {"path": "/health"}}
    resources = with_logs(primary, sink(path, fmt, filter=condition), sink(every, fmt), http=http, routes=[route("/ok")])
    gw = start(resources)
    gw.get("/ok", headers=GOLD)
    gw.get("/missing")
    gw.get("/health")
    lines(every, 3)
    gw.stop()  # whatever was to be written is written now
    assert path.read_text().splitlines() == wanted


def test_a_log_survives_reloads_and_ends_with_its_configuration(start, primary, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    gw = start(with_logs(primary, sink(one, "a %REQ(:PATH)%")))
    gw.get("/1")
    gw.reload()
    gw.get("/2")
    assert lines(one, 2) == ["a /1", "a /2"]
    gw.write(with_logs(primary, sink(two, "b %REQ(:PATH)%")))
    gw.reload()
    gw.get("/3")
    assert lines(two, 1) == ["b /3"]
    assert lines(one, 2) == ["a /1", "a /2"]


def test_a_log_that_cannot_be_opened_keeps_the_last_configuration(start, primary, tmp_path):
    one = tmp_path / "one"
    gw = start(with_logs(primary, sink(one, "a %REQ(:PATH)%")))
    gw.write(with_logs(primary, sink(tmp_path / "no" / "such" / "folder", "b")))
    code, text = gw.reload()
    assert code != 200 and "cannot open the access log" in text and "No such file" in text
    gw.get("/still")
    assert lines(one, 1) == ["a /still"]


def test_rotation(start, primary, tmp_path):
    import signal

    path = tmp_path / "log"
    gw = start(with_logs(primary, sink(path, "%REQ(:PATH)%")))
    gw.get("/1")
    lines(path, 1)
    path.rename(tmp_path / "log.1")
    gw.signal(signal.SIGUSR1)
    gw.wait_log("access log reopened")
    gw.get("/2")
    assert lines(path, 1) == ["/2"]


def test_unknown_operators_are_errors_with_their_place(start, primary, tmp_path):
    with pytest.raises(RuntimeError, match=r"there is no operator %NOPE% \(at character 3\)"):
        start(with_logs(primary, sink(tmp_path / "log", "a %NOPE%")))


def test_services_are_accepted_with_a_warning(start, primary):
    gw = start(with_logs(primary, {"grpcService": {"logName": "x", "staticClusterName": "y"}}))
    assert "nothing is sent to a service" in gw.log()
    assert gw.get("/").status == 200


def test_refused_requests_are_logged(logged):
    gw, path = logged("%RESPONSE_CODE% %RESPONSE_FLAGS% %PROTOCOL%")
    with gw.client() as client:
        client.send(b"BAD\r\n\r\n")
        assert client.read().status == 400
    assert lines(path, 1) == ["400 DPE -"]
