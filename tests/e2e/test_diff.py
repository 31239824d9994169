"""`gnomon diff` on what real programs print and send."""

import gzip
import json
import re
import shutil
import subprocess
import zlib

import pytest
from harness import Backend, patience
from harness.backend import answer, ok
from harness.config import gateway, route, upstream, virtual_service
from harness.gateway import BINARY, ROOT

PETS = [{"id": 7, "name": "rex"}, {"id": 9, "name": "tom"}]
JSON = "Content-Type: application/json"


def run(*command, **kwargs):
    return subprocess.run(list(map(str, command)), capture_output=True, timeout=patience(60), **kwargs)


def diff(*args):
    return run(BINARY, "diff", *args, text=True)


def found(*args):
    """Paths and kinds of the differences, and what was told."""
    made = diff(*args, "--json")
    assert made.returncode in (0, 1), made.stderr
    said = json.loads(made.stdout)
    assert said["equal"] == (made.returncode == 0)
    return [f"{each['path']} {each['kind']}" for each in said["differences"]], made.stderr


def chunked(body, trailers=b"", head=JSON):
    half = len(body) // 2
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:half], body[half:]))
    return f"HTTP/1.1 200 OK\r\n{head}\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + pieces + b"0\r\n" + trailers + b"\r\n"


@pytest.fixture
def serve(closing):
    """Starts a backend that always gives that answer, or does as that script says."""
    return lambda script: closing(Backend(script if callable(script) else answer(script)))


@pytest.fixture
def curl(tmp_path):
    """What `curl -si` prints, as a file."""

    def dump(port, *args, target="/"):
        made = run("curl", "-si", *args, f"http://127.0.0.1:{port}{target}")
        assert made.returncode == 0, made
        path = tmp_path / f"dump{len(list(tmp_path.iterdir()))}"
        path.write_bytes(made.stdout)
        return path

    return dump


def dumped(value):
    return json.dumps(value).encode()


def test_chunked_answers_as_curl_prints_them(serve, curl):
    old, new = serve(chunked(dumped(PETS))), serve(chunked(dumped(PETS[:1] + [{"id": 9, "name": "tim"}])))
    dumps = curl(old.port), curl(new.port)
    assert b"chunked" in dumps[0].read_bytes() and b"\r\n0\r\n" not in dumps[0].read_bytes()
    assert found(*dumps) == (["$[*].name value"], "")
    assert found(dumps[0], curl(old.port)) == ([], "")
    # With the chunks left in.
    assert found(curl(old.port, "--raw"), dumps[1]) == (["$[*].name value"], "")
    assert found(curl(old.port, "--raw"), dumps[0]) == ([], "")


def test_trailers_as_curl_prints_them(serve, curl):
    def with_sum(value):
        return serve(chunked(dumped(PETS), f"X-Sum: {value}\r\nX-More: 1\r\n".encode(), f"{JSON}\r\nTrailer: X-Sum")).port

    one, other = with_sum(1), with_sum(2)
    assert found(curl(one), curl(one)) == ([], "")
    assert found(curl(one), curl(other)) == (["trailer:x-sum header"], "")
    assert found(curl(one, "--raw"), curl(one)) == ([], "")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compressed_answers_that_curl_has_decoded(serve, curl, coding):
    def packed(value):
        body = {"gzip": gzip.compress, "deflate": zlib.compress}[coding](dumped(value))
        return serve(ok(body, headers=(JSON, f"Content-Encoding: {coding}"))).port

    old, new = packed(PETS), packed(PETS[::-1])
    paths, said = found(curl(old, "--compressed"), curl(new, "--compressed"))
    assert paths == ["$ ordering"]
    assert said.count(f"is not in the content-encoding {coding} that its head names; it is taken as it is") == 2
    # As it came, beside what was decoded.
    assert found(curl(old), curl(old, "--compressed"))[0] == []
    assert found(curl(old), curl(new)) == (["$ ordering"], "")


def test_answers_over_http2(serve, curl, start):
    old, new = serve(chunked(dumped(PETS))), serve(chunked(dumped(PETS[:1])))
    dumps = []
    for backend in (old, new):
        gw = start([gateway(), upstream("primary", backend), virtual_service(route("/"))])
        dumps.append(curl(gw.port, "--http2-prior-knowledge"))
    assert dumps[0].read_bytes().startswith(b"HTTP/2 200")
    assert found(*dumps) == (["$[*] removed"], "")
    # Beside one over HTTP/1.1, but for what the gateway adds.
    assert found(curl(old.port), dumps[0], "--ignore-header", "server") == ([], "")


def test_last_of_several_answers_counts(serve, curl):
    def hops(body):
        def script(connection):
            while (request := connection.request()) is not None:
                if request.target == "/":
                    connection.send(ok(b"moved", "302 Found", ("Location: /there",)))
                else:
                    connection.send(ok(body, headers=(JSON,)))

        return serve(script).port

    old, new = hops(dumped({"a": 1})), hops(dumped({"a": 2}))
    dumps = [curl(port, "-L", "-H", "Expect: 100-continue", "-d", "x" * 10) for port in (old, new)]
    assert dumps[0].read_bytes().count(b"HTTP/1.1 ") >= 3
    assert found(*dumps) == (["$.a value"], "")
    assert found(dumps[0], curl(old, target="/there")) == ([], "")


def test_requests_as_curl_sends_them(serve, tmp_path):
    def sent(name, *args, target):
        backend = serve(ok())
        assert run("curl", "-s", *args, f"http://127.0.0.1:{backend.port}{target}").returncode == 0
        request = backend.wait_requests(1)[0]
        path = tmp_path / name
        path.write_bytes(request.raw_head + request.body)
        return path

    body = ("-H", "Content-Type: application/json", "-d")
    old = sent("1", *body, '{"name": "rex", "age": 2}', target="/pets?a=1&b=2")
    same = sent("2", *body, '{"age": 2, "name": "rex"}', target="/pets?b=2&a=%31")
    other = sent("3", "-X", "PUT", *body, '{"name": "rex", "age": 3}', target="/cats?a=1&c=2")
    assert found(old, same, "--ignore-header", "host") == ([], "")
    assert found(old, other) == (
        ["method value", "path value", "query:b removed", "query:c added", "header:host header", "$.age value"],
        "",
    )
    rules = [flag for path in ("method", "path", "query:b", "query:c", "header:host", "$.age") for flag in ("--ignore", path)]
    assert found(old, other, *rules) == ([], "")
    (tmp_path / "answer").write_bytes(ok())
    refused = diff(old, tmp_path / "answer")
    assert refused.returncode == 2 and "a request and a response cannot be compared" in refused.stderr


def test_rules_of_the_demo_hold_for_what_curl_prints(serve, curl):
    """The same file that a gateway serves excuses the same differences."""
    manifest = ROOT / "examples" / "demo" / "shadow-test.yaml"

    def shop(status, order):
        pets = [{"id": number, "status": status} for number in order]
        return serve(ok(dumped(pets), headers=(JSON, f"X-PetStore: {status}"))).port

    old, new = shop("sold", (1, 2)), shop("gone", (2, 1))
    assert sorted(found(curl(old), curl(new))[0]) == ["$[*].id value", "$[*].status value", "header:x-petstore header"]
    assert found(curl(old), curl(new), "--rules", manifest) == ([], "")


def test_files_may_stand_behind_flags_and_in_pipes(tmp_path):
    (tmp_path / "a").write_text('{"at": 1, "n": 1}')
    (tmp_path / "b").write_text('{"at": 2, "n": 1}')
    assert diff("--ignore", "$.at", tmp_path / "a", tmp_path / "b").returncode == 0
    piped = run(BINARY, "diff", "-", tmp_path / "b", "--ignore", "$.at", input=(tmp_path / "a").read_bytes())
    assert piped.returncode == 0
    missing = diff(tmp_path / "a", tmp_path / "c")
    assert (missing.returncode, missing.stderr) == (2, f"gnomon: {tmp_path / 'c'}: cannot be read\n")
    assert diff(tmp_path / "a", tmp_path).returncode == 2


def hosts_of(text, old, new):
    """The commands, with the two servers where they say http://v1 and http://v2."""
    assert "http://v1/" in text
    return text.replace("http://v1/", f"http://127.0.0.1:{old}/").replace("http://v2/", f"http://127.0.0.1:{new}/")


@pytest.fixture
def shops(serve):
    def pets(name):
        body = {"at": name, "pets": [{"id": 7, "name": name}]}
        return serve(chunked(dumped(body))).port

    return pets("rex"), pets("tom")


def shell(text, folder):
    return run("bash", "-c", f"PATH={BINARY.parent}:$PATH; {text}", cwd=folder, text=True)


def test_examples_of_the_help_work(shops, tmp_path):
    text = diff("--help").stdout.split("Examples:\n")[1].split("\n\n")[0]
    examples = re.sub(r"\n {4,}", " ", text).splitlines()
    assert len(examples) == 4
    (tmp_path / "old.json").write_text('{"at": 1, "pets": [{"id": 1}, {"id": 2}], "price": 1000}')
    (tmp_path / "new.json").write_text('{"at": 2, "pets": [{"id": 2}, {"id": 1}], "price": 1001}')
    shutil.copy(ROOT / "examples" / "demo" / "shadow-test.yaml", tmp_path / "shadow-test.yaml")
    codes = []
    for example in examples:
        line = hosts_of(example, *shops) if "http://" in example else example
        made = shell(line, tmp_path)
        assert made.stderr.count("cannot") == 0, made
        codes.append(made.returncode)
    assert codes == [1, 0, 1, 1]


PAGE = (ROOT / "docs" / "diff.md").read_text()


def test_commands_of_the_page_work(shops, tmp_path):
    """Those with a server in them; the others are run with all of the documentation."""
    (block,) = (each for each in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S) if "curl" in each)
    codes = [shell(hosts_of(line, *shops), tmp_path).returncode for line in block.splitlines()]
    assert codes == [1] * 4


ROWS = re.findall(r"^\| `(--.*?)` \| .*? \| `(.*?)` \| `(.*?)` \|$", PAGE, re.M)


@pytest.mark.parametrize(("flag", "left", "right"), ROWS, ids=[row[0] for row in ROWS])
def test_flags_of_the_page_excuse_what_it_says(flag, left, right, tmp_path):
    (tmp_path / "left").write_text(left.replace("\\n", "\n"))
    (tmp_path / "right").write_text(right.replace("\\n", "\n"))
    assert shell("gnomon diff left right", tmp_path).returncode == 1
    made = shell(f"gnomon diff {flag} left right", tmp_path)
    assert (made.returncode, made.stderr) == (0, ""), made


def test_every_flag_is_on_the_page():
    flags = set(re.findall(r"^ +(--[\w-]+)", diff("--help").stdout, re.M))
    assert len(flags) > 10
    assert sorted(flag for flag in flags if f"`{flag}" not in PAGE) == []
    assert len(ROWS) == 13
