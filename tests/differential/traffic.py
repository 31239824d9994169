"""The requests: five hundred from a fixed seed, near the edges of the scene's matchers."""

import dataclasses
import random

from harness.client import chunk

SEED = 20240607
COUNT = 500
KEY = "x-case"  # by which a request and what became of it find each other

HOSTS = ["shop.test", "shop.test", "shop.test", "shop.test:8080", "SHOP.test", "[::1]:8080", "a.wild.test", "A.B.Wild.Test"]
HOSTS += ["exact.wild.test", "wild.test", "wild.example", "wild.example:99", "x-v1.test", "-v1.test", "nobody.test", "shop.test:81"]
PATHS = """
/healthz /healthz/ /teapot /decorated/x /json /asked/ /asked/a /old /older/x /old/ /moved/a/b /gone /gone/x /bare/x /port/ /tls/x /cut/ /cut/x/y
/years/2020/a /years/2020/ /years/20x/a
/api /api/ /api/pets /apish /API/pets /strip/ /strip/a/b /strip /whole /whole/ /wholesome
/users/1 /users/12/ /users/ /users/x /users/1/2 /subst/aaa/banana /subst
/CaseLess/X /caseless /CASELESSx /Exact /exact /EXACT /exact/ /search /search/x /hdr /hdr/x /write /write/x
/hosts/literal /hosts/header /hosts/regex/tenant-1/x /hosts/regex/ /hosts/regex/UPPER /hosts/auto /hosts/same /hosts/trial
/hosts/never /edit /edit/x /multi /multi/x /cors /cors/x /fault /timed /forever /refused /missing /plain /plain/ / /a /b1 /bb
/plain/caf%C3%A9 /plain/a%20b /plain/%41%7e /plain/%2e/x /plain/a%2Fb /plain/a%2fb /plain/%25 /plain//x //plain //plain/x /plain/./x
/plain/../plain/y /plain/a/../b /plain/.. /plain/... /../plain /x/../healthz /plain/%2e%2e/plain /plain/;a=1;b /plain/a:b@c
/plain/!$&'()*+,=~ /plain/a%00b /plain/a|b /plain/[x] /plain/{x} /plain/"x" /plain/^x` /plain/<x> /api/../api/x /api//x /strip//x
/%70lain /%61pi/x /users/%31 /plain/x. /plain/%C0%AF /edit//x /plain/%zz /plain/%4 /plain/.hidden /plain/a/./b/
""".split()
QUERIES = ["", "", "", "?", "?a=1", "?q=cats&page=1", "?q=cats&page=x", "?page=22&q=cats", "?q=cats", "?debug", "?debug=", "?debug=1"]
QUERIES += ["?q=dogs&q=cats&page=3", "?q=c%61ts&page=1", "?Q=cats&page=1", "?a=/../b//c", "?a=%2F..%2f", "?a=b?c=d", "?&&=&a", "?a=b+c"]
METHODS = ["GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"]
ORIGINS = ["https://shop.test", "https://my.friend.test", "https://evil.test", "null", "http://shop.test"]
# Odd but legal.
FIELDS = """
X-Version: 2.1|x-version: 2|x-version: 1.0|x-a: 1|x-a: 2|X-A:1|x-b:|x-b: 1|x-c: v12|x-c: v|x-c: xv1|x-d: yes|x-host: chosen.test
x-host: chosen.test:81|x-host:|x-empty:|x-empty:   |x-tabs:  a	b  |x-multi: 1|x-multi: 2|X-Multi: 3|x-secret: s|cookie: a=1; b=2
cookie: a=1|x-repeated: client|x-replaced: client|x-added: client|x-quoted: "a, b"|x-percent: %REQ(host)%|x-utf8: caf\xe9
accept: */*|accept-encoding: gzip|user-agent: test/1|user-agent:|referer: http://a.test/?x#y|authorization: Basic YQ==
content-type: text/plain|x-forwarded-for: 203.0.113.9|x-forwarded-for: 10.0.0.1, 203.0.113.9|x-forwarded-for: unknown
x-forwarded-proto: https|x-forwarded-proto: gopher|x-forwarded-host: outer.test|x-request-id: mine|x-envoy-internal: true|x-envoy-max-retries: 3
x-envoy-retry-on: 5xx|x-envoy-upstream-rq-timeout-ms: 9000|x-envoy-original-path: /spoofed|x-envoy-attempt-count: 7
x-envoy-decorator-operation: x|x-envoy-expected-rq-timeout-ms: 3|x-envoy-original-host: spoofed.test|x-envoy-external-address: 203.0.113.7
x-envoy-unknown: kept|x-envoy-force-trace: true|x-envoy-upstream-alt-stat-name: x|x-envoy-downstream-service-cluster: x|x-client-trace-id: 5
forwarded: for=1.2.3.4|via: 1.1 first|x-real-ip: 9.9.9.9|te: trailers|te: gzip|connection: keep-alive|connection: x-hop, keep-alive|x-hop: 1
keep-alive: timeout=5|proxy-connection: keep-alive|proxy-authorization: Basic YQ==|cache-control: no-cache|range: bytes=0-1|if-none-match: "x"
traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01|max-forwards: 3|x-under_score: 1|x!#$%&'*+.^`|~: odd|date: yesterday
x-long: LONG|content-language: de|expect: 100-continue|upgrade: h2c|x-forwarded-port: 1|x-envoy-upstream-rq-per-try-timeout-ms: 9000|priority: u=1
proxy: http://evil.test|server: client|content-encoding: gzip|x-envoy-peer-metadata: x|x-envoy-hedge-on-per-try-timeout: true|from: a@b.test
""".replace("`|~", "`\0~")
FIELDS = [
    f.replace("\0", "|").replace("LONG", "l" * 3000) for line in FIELDS.strip("\n").split("\n") for f in line.split("|")
]
ANSWERS = ["plain", "plain", "plain", "chunked", "empty", "no-content", "error", "repeated", "headers", "moved", "not-modified"]
ANSWERS += ["trailers", "close", "until-close", "unauthorized", "unknown-status"]


@dataclasses.dataclass
class Case:
    key: str
    method: str = "GET"
    target: str = "/"
    host: str = "shop.test"
    headers: list = dataclasses.field(default_factory=list)
    body: bytes = None
    chunks: list = None
    trailers: list = dataclasses.field(default_factory=list)
    answer: str = "plain"

    def bytes(self):
        lines = [f"{self.method} {self.target} HTTP/1.1", f"Host: {self.host}", f"{KEY}: {self.key}", f"x-answer: {self.answer}"]
        lines += self.headers
        if self.chunks is not None:
            lines.append("Transfer-Encoding: chunked")
        elif self.body is not None:
            lines.append(f"Content-Length: {len(self.body)}")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        if self.chunks is None:
            return head + (self.body or b"")
        end = "".join(f"{line}\r\n" for line in self.trailers)
        return head + b"".join(map(chunk, self.chunks)) + b"0\r\n" + end.encode("latin-1") + b"\r\n"

    def has(self, name):
        """Whether the client sent a field of that name."""
        return any(line.lower().startswith(f"{name}:") for line in self.headers)


# A request has these once at most.
SINGLE = {"expect", "upgrade", "te", "user-agent", "content-type", "x-request-id", "x-forwarded-proto", "date", "server"}


def fields(rng):
    chosen = []
    for line in rng.sample(FIELDS, rng.choice([0, 1, 2, 3, 5, 8])):
        name = line.partition(":")[0].lower()
        if name in SINGLE and any(c.lower().startswith(f"{name}:") for c in chosen):
            continue
        chosen.append(line)
    return chosen


def generate():
    rng = random.Random(SEED)
    cases = []
    for number in range(COUNT):
        # Each path once at least; what is behind a question mark must not keep it from that.
        path = PATHS[number] if number < len(PATHS) else rng.choice(PATHS)
        host = "shop.test" if number < len(PATHS) else rng.choice(HOSTS)
        case = Case(f"g{number}", rng.choice(METHODS), path + rng.choice(QUERIES), host, fields(rng))
        case.answer = rng.choice(ANSWERS)
        if path.startswith("/cors"):
            case.headers.append(f"Origin: {rng.choice(ORIGINS)}")
            if rng.random() < 0.6:
                case.method = "OPTIONS"
                case.headers.append("Access-Control-Request-Method: POST")
        if case.method in ("POST", "PUT", "PATCH", "PURGE") or rng.random() < 0.05:
            body = rng.randbytes(rng.choice([0, 1, 17, 900, 5000]))
            if rng.random() < 0.5:
                case.body = body
            else:
                cut = rng.randrange(len(body) + 1)
                case.chunks = [piece for piece in (body[:cut], body[cut:]) if piece]
                if rng.random() < 0.3:
                    case.trailers = ["x-checksum: 1", "X-Other:"]
        if case.body is None and case.chunks is None:
            case.headers = [line for line in case.headers if not line.startswith("expect:")]
        cases.append(case)
    return cases
