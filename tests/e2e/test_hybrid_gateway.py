"""Several gateways behind one address: who gets which connection."""

import json
import ssl
import subprocess

import pytest
from harness.client import Client, request_bytes
from harness.config import dump, gateway, metadata, route, virtual_service
from harness.gateway import BINARY
from harness.pki import Pki

TEN = {"addressPrefix": "10.0.0.0", "prefixLen": 8}
TEN_ONE = {"addressPrefix": "10.1.0.0", "prefixLen": 16}


@pytest.fixture
def pki(tmp_path):
    return Pki(tmp_path)


def hybrid(*matched, **spec):
    made = gateway()
    del made["spec"]["httpGateway"]
    made["spec"] |= {"hybridGateway": {"matchedGateways": list(matched)}, "options": {"proxyProtocol": {}}, **spec}
    return made


def serves(name, matcher=None, **options):
    http = {"virtualServices": [metadata(name)]}
    if options:
        http["options"] = options
    return {"matcher": matcher or {}, "httpGateway": http}


def says(name, **ssl_config):
    """A VirtualService that answers with its name."""
    made = virtual_service(route(to={"directResponseAction": {"status": 200, "body": name}}), name=name)
    if ssl_config:
        made["spec"]["sslConfig"] = ssl_config
    return made


class From(Client):
    """A client at that address, by a PROXY header, and behind TLS where a name is given."""

    def __init__(self, gw, address, name=None):
        super().__init__(gw.port)
        self.send(f"PROXY TCP4 {address} 198.51.100.1 1234 80\r\n".encode())
        if name:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.sock = self.reader.sock = context.wrap_socket(self.sock, server_hostname=name)

    def answer(self, target="/"):
        return self.request(target=target).body.decode()


def asked(gw, address, name=None):
    with From(gw, address, name) as client:
        return client.answer()


def turned_away(gw, address):
    with From(gw, address) as client:
        client.send(request_bytes())
        return client.rest() == b""


def refused(gw, address, name):
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        asked(gw, address, name)


def check(tmp_path, *resources):
    manifest = tmp_path / "checked.yaml"
    manifest.write_text(dump(resources))
    run = subprocess.run([BINARY, "check", "--json", manifest], capture_output=True, text=True, timeout=20)
    return run.returncode, [(p["severity"], p["message"]) for p in json.loads(run.stdout)["problems"]]


def test_clients_are_told_apart_by_their_addresses(start):
    wide, narrow = {"sourcePrefixRanges": [TEN]}, {"sourcePrefixRanges": [TEN_ONE]}
    gw = start([hybrid(serves("all"), serves("ten", wide), serves("one", narrow)), says("all"), says("ten"), says("one")])
    assert len(gw.ports) == 1
    assert [asked(gw, address) for address in ("192.0.2.9", "10.2.0.1", "10.1.0.1")] == ["all", "ten", "one"]


def test_who_fits_nowhere_is_turned_away_and_counted(start):
    gw = start([hybrid(serves("ten", {"sourcePrefixRanges": [TEN]})), says("ten")])
    assert asked(gw, "10.0.0.1") == "ten"
    assert turned_away(gw, "192.0.2.9")
    assert gw.metrics().total("gnomon_listener_refusals_total", reason="no_gateway") == 1


def test_clear_text_and_tls_share_a_port_and_names_come_first(start, pki):
    any_name, shop = pki.identity("any.test"), pki.identity("shop.test")
    gw = start(
        [
            hybrid(
                serves("clear"),
                serves("shop", {"sslConfig": {}}),
                serves("inside", {"sslConfig": {}, "sourcePrefixRanges": [TEN]}),
            ),
            says("clear"),
            says("shop", sslFiles=shop.files(), sniDomains=["shop.test"]),
            says("inside", sslFiles=any_name.files()),
        ]
    )
    assert asked(gw, "192.0.2.9") == "clear"
    assert asked(gw, "192.0.2.9", "shop.test") == "shop"
    assert asked(gw, "10.0.0.1", "shop.test") == "shop"
    assert asked(gw, "10.0.0.1", "any.test") == "inside"
    refused(gw, "192.0.2.9", "any.test")
    with From(gw, "10.0.0.1") as client:  # there TLS fits better
        client.send(request_bytes())
        assert client.rest().startswith(b"HTTP/1.1 400")


def test_matcher_gives_what_a_virtual_service_leaves_out(start, pki):
    theirs = serves("shop", {"sslConfig": {"sslFiles": pki.identity("shop.test").files(), "alpnProtocols": ["http/1.1"]}})
    gw = start([hybrid(theirs), says("shop", sniDomains=["shop.test"])])
    assert asked(gw, "192.0.2.9", "shop.test") == "shop"


def test_options_are_those_of_the_gateway_that_was_matched(start):
    inside = {"sourcePrefixRanges": [TEN]}
    limit = {"maxActiveConnections": 1}
    gw = start([hybrid(serves("all", healthCheck={"path": "/hc"}), serves("ten", inside, connectionLimit=limit)), says("all"), says("ten")])
    with From(gw, "192.0.2.9") as client:
        assert client.request(target="/hc").body == b""
    with From(gw, "10.0.0.1") as client:
        assert client.answer("/hc") == "ten"
        assert turned_away(gw, "10.0.0.2")
        assert asked(gw, "192.0.2.9") == "all"
    assert gw.metrics().total("gnomon_listener_refusals_total", reason="connection_limit") == 1


def matchable(name, serves_name=None, labels=None, **spec):
    return {
        "apiVersion": "gateway.solo.io/v1",
        "kind": "MatchableHttpGateway",
        "metadata": {**metadata(name), "labels": labels or {}},
        "spec": {"httpGateway": {"virtualServices": [metadata(serves_name or name)]}, "matcher": {}, **spec},
    }


def delegating(**delegated):
    made = hybrid()
    made["spec"]["hybridGateway"] = {"delegatedHttpGateways": delegated}
    return made


def test_gateways_of_their_own_are_selected_and_inherit(start, pki):
    shared = {"via": "parent", "serverName": "parent"}
    own = {"options": {"httpConnectionManagerSettings": {"serverName": "child"}}}
    resources = [
        matchable("all", labels={"team": "a"}),
        matchable("ten", labels={"team": "a"}, matcher={"sourcePrefixRanges": [TEN]}),
        matchable("other", labels={"team": "b"}, matcher={"sourcePrefixRanges": [TEN_ONE]}),
        matchable("secret", labels={"team": "a"}, matcher={"sslConfig": {}}),
        *map(says, ("all", "ten", "other")),
    ]
    resources[1]["spec"]["httpGateway"] |= own
    gw = start([delegating(selector={"labels": {"team": "a"}}, httpConnectionManagerSettings=shared), *resources])
    with From(gw, "192.0.2.9") as client:
        answer = client.request()
        assert (answer.body, answer.header("server"), answer.header("via")) == (b"all", "parent", "parent")
    with From(gw, "10.1.0.1") as client:
        answer = client.request()
        assert (answer.body, answer.header("server"), answer.header("via")) == (b"ten", "child", "parent")
    resources[0] = delegating(ref=metadata("ten"), httpConnectionManagerSettings=shared, preventChildOverrides=True)
    gw.write([*resources, matchable("all")])
    assert gw.reload()[0] == 200
    assert turned_away(gw, "192.0.2.9")
    with From(gw, "10.1.0.1") as client:
        assert client.request().header("server") == "parent"


def test_reload_leaves_connections_alone_unless_their_matcher_changes(start):
    def resources(prefix, body="ten"):
        return [hybrid(serves("all"), serves("ten", {"sourcePrefixRanges": [prefix]})), says("all"), says(body) | {"metadata": metadata("ten")}]

    gw = start(resources(TEN))
    with From(gw, "192.0.2.9") as everybody, From(gw, "10.1.0.1") as ten:
        assert (everybody.answer(), ten.answer()) == ("all", "ten")
        gw.write(resources(TEN, body="new"))
        assert gw.reload()[0] == 200
        assert (everybody.answer(), ten.answer()) == ("all", "new")
        gw.write(resources({"addressPrefix": "10.1.0.0", "prefixLen": 24}))
        assert gw.reload()[0] == 200
        assert everybody.answer() == "all"
        assert ten.ended() == "eof"


def test_two_for_the_same_connections_are_refused(tmp_path):
    code, said = check(tmp_path, hybrid(serves("a"), serves("b")), says("a"), says("b"))
    assert code != 0
    assert any("Tried to apply multiple filter chains with the same FilterChainMatch: matchedGateways[0] and" in m for _, m in said)


def test_ranges_that_are_none_are_refused(tmp_path):
    bad = {"sourcePrefixRanges": [{"addressPrefix": "10.0.0.0", "prefixLen": 33}]}
    code, said = check(tmp_path, hybrid(serves("a", bad)), says("a"))
    assert code != 0
    assert ("error", "10.0.0.0/33 is not a range of addresses") in said


def test_what_is_not_http_is_named_and_left_to_nobody(start, tmp_path):
    forwarded = {"matcher": {"sourcePrefixRanges": [TEN]}, "tcpGateway": {}}
    resources = [hybrid(serves("all"), forwarded), says("all")]
    code, said = check(tmp_path, *resources)
    assert code == 0
    assert any(s == "warning" and "connections are not forwarded as they are" in m for s, m in said)
    gw = start(resources)
    assert asked(gw, "192.0.2.9") == "all"
    assert turned_away(gw, "10.0.0.1")
