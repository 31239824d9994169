"""TLS with clients, with backends, and with shadows."""

import base64
import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import threading
import zlib
from pathlib import Path

import pytest
from harness import Backend, Client, eventually, patience
from harness.backend import answer, echo, ok
from harness.config import gateway, metadata, mirrored, reference, route, upstream, virtual_service
from harness.pki import Pki
from harness.shadow_verb import shadow_verb

MIB = 1 << 20


@pytest.fixture
def pki(tmp_path):
    return Pki(tmp_path)


def ssl_gateway(**spec):
    made = gateway()
    made["metadata"] = metadata("gateway-proxy-ssl")
    made["spec"] |= {"ssl": True, **spec}
    return made


def secured(service, **config):
    service["spec"]["sslConfig"] = config
    return service


def site(backend, *services):
    return [ssl_gateway(), upstream("primary", backend), *services]


def shop(identity, **config):
    return secured(virtual_service(route()), sslFiles=identity.files(), **config)


class TlsClient(Client):
    def __init__(self, port, context, name="shop.test", **kwargs):
        super().__init__(port, **kwargs)
        self.sock = context.wrap_socket(self.sock, server_hostname=name)
        self.reader.sock = self.sock


class TlsBackend(Backend):
    """A Backend behind TLS; what it was asked for is in `names`."""

    def __init__(self, context, script=None):
        self.context = context
        self.names = []
        self.refused = []
        context.sni_callback = lambda sock, name, _: self.names.append(name)
        super().__init__(script)

    def serve(self, connection):
        plain = connection.sock
        plain.settimeout(30)
        try:
            connection.sock = connection.reader.sock = self.context.wrap_socket(plain, server_side=True)
        except (ssl.SSLError, OSError) as error:
            self.refused.append(error)
            with contextlib.suppress(OSError):
                plain.close()
            return
        super().serve(connection)


def curl(gw, path="/", *args, name="shop.test", cacert=None, port=None):
    port = port or gw.port
    command = ["curl", "-sS", "--max-time", "20", "--resolve", f"{name}:{port}:127.0.0.1", *map(str, args)]
    if cacert:
        command += ["--cacert", cacert]
    return subprocess.run([*command, f"https://{name}:{port}{path}"], capture_output=True, text=True)


# ---- clients


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_gets_an_answer(start, primary, pki, version):
    gw = start(site(primary, shop(pki.identity("shop.test"))))
    got = curl(gw, "/", f"--tlsv{version}", "--tls-max", version, "-w", "%{http_code} %{ssl_verify_result}", cacert=pki.ca)
    assert got.stdout == "ok200 0", got.stderr
    request = primary.wait_requests(1)[0]
    assert request.header("x-forwarded-proto") == "https"


def test_certificate_is_chosen_by_name(start, primary, pki):
    shop_id, pets, any_name = pki.identity("shop.test"), pki.identity("*.pets.test"), pki.identity("any.test")
    gw = start(
        site(
            primary,
            secured(virtual_service(route(), domains=["shop.test"], name="a"), sslFiles=shop_id.files(), sniDomains=["shop.test"]),
            secured(virtual_service(route(), domains=["*.pets.test"], name="b"), sslFiles=pets.files(), sniDomains=["*.pets.test"]),
            secured(virtual_service(route(), domains=["*"], name="c"), sslFiles=any_name.files()),
        )
    )
    for name in ("shop.test", "cat.pets.test", "any.test"):
        got = curl(gw, name=name, cacert=pki.ca)
        assert got.stdout == "ok", (name, got.stderr)
    assert "subject name" in curl(gw, name="other.test", cacert=pki.ca).stderr


def test_name_without_a_certificate_is_refused(start, primary, pki):
    gw = start(site(primary, shop(pki.identity("shop.test"), sniDomains=["shop.test"])))
    assert curl(gw, cacert=pki.ca).stdout == "ok"
    got = curl(gw, "/", "-k", name="other.test")
    assert "unrecognized name" in got.stderr, got
    assert gw.metrics().total("gnomon_listener_refusals_total", reason="tls_handshake") == 1


def test_clear_text_and_tls_are_served_side_by_side(start, primary, pki):
    open_service = virtual_service(route("/open"), domains=["open.test"], name="open")
    secret = secured(virtual_service(route(), domains=["shop.test"]), sslFiles=pki.identity("shop.test").files())
    gw = start([gateway(), *site(primary, secret, open_service)])
    assert len(gw.ports) == 2
    with Client(gw.ports[0]) as client:
        assert client.request(target="/open", host="open.test").status == 200
        assert client.request(target="/").status == 404
    assert curl(gw, "/", "-H", "Host: shop.test", port=gw.ports[1], cacert=pki.ca).stdout == "ok"
    assert curl(gw, "/open", "-H", "Host: open.test", "-w", "%{http_code}", port=gw.ports[1], cacert=pki.ca).stdout.endswith("404")


def test_clients_are_verified_where_there_is_a_root(start, primary, pki, tmp_path):
    files = pki.identity("shop.test").files(rootCa=pki.ca)
    service = secured(virtual_service(route()), sslFiles=files, verifySubjectAltName=["friend.test"])
    gw = start(site(primary, service))
    friend, other = pki.identity("friend.test"), pki.identity("other.test")
    (tmp_path / "strange").mkdir()
    stranger = Pki(tmp_path / "strange").identity("friend.test")
    got = curl(gw, "/", "--cert", friend.cert, "--key", friend.key, cacert=pki.ca)
    assert got.stdout == "ok", got.stderr
    for who in (other, stranger, None):
        show = ["--cert", who.cert, "--key", who.key] if who else []
        got = curl(gw, "/", *show, cacert=pki.ca)
        assert got.returncode != 0 and got.stdout == ""
    refused = lambda: gw.metrics().total("gnomon_listener_refusals_total", reason="tls_handshake") == 3
    eventually(refused)
    assert len(primary.requests) == 1


def test_one_way_tls_asks_for_no_certificate(start, primary, pki):
    files = pki.identity("shop.test").files(rootCa=pki.ca)
    gw = start(site(primary, secured(virtual_service(route()), sslFiles=files, oneWayTls=True)))
    assert curl(gw, cacert=pki.ca).stdout == "ok"


def manager(**settings):
    return {"options": {"httpConnectionManagerSettings": settings}}


def test_backends_are_told_of_the_clients_certificate(start, primary, pki):
    files = pki.identity("shop.test", "DNS:shop.test", "URI:spiffe://shop").files(rootCa=pki.ca)
    details = {"subject": True, "uri": True, "dns": True}
    settings = manager(forwardClientCertDetails="SANITIZE_SET", setCurrentClientCertDetails=details)
    resources = site(primary, secured(virtual_service(route()), sslFiles=files))
    resources[0]["spec"]["httpGateway"] = settings
    gw = start(resources)
    friend = pki.identity("friend.test", "DNS:friend.test", "URI:spiffe://friend")
    curl(gw, "/", "--cert", friend.cert, "--key", friend.key, "-H", "x-forwarded-client-cert: forged", cacert=pki.ca)
    told = primary.wait_requests(1)[0].header("x-forwarded-client-cert")
    digest = subprocess.run(["openssl", "x509", "-in", friend.cert, "-noout", "-fingerprint", "-sha256"], capture_output=True, text=True)
    digest = digest.stdout.strip().split("=")[1].replace(":", "").lower()
    assert told == f'By=spiffe://shop;Hash={digest};Subject="CN=friend.test";URI=spiffe://friend;DNS=friend.test'


def test_forged_client_certificates_are_removed(start, primary, pki):
    gw = start(site(primary, shop(pki.identity("shop.test"))))
    curl(gw, "/", "-H", "x-forwarded-client-cert: forged", cacert=pki.ca)
    assert primary.wait_requests(1)[0].header("x-forwarded-client-cert") is None


def test_versions_and_sessions(start, primary, pki):
    gw = start(site(primary, shop(pki.identity("shop.test"))), workers=2)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = pki.client_context(least=version, most=version)
        session = None
        for _ in range(6):  # whichever worker they meet
            with TlsClient(gw.port, context) as client:
                client.sock.close()
            raw = socket.create_connection(("127.0.0.1", gw.port), timeout=20)
            with context.wrap_socket(raw, server_hostname="shop.test", session=session) as sock:
                sock.sendall(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")
                assert sock.recv(1000).startswith(b"HTTP/1.1 200")
                assert sock.session_reused == (session is not None)
                session = sock.session
    gw.write(site(primary, shop(pki.identity("shop.test"), disableTlsSessionResumption=True)))
    assert gw.reload()[0] == 200
    context = pki.client_context(most=ssl.TLSVersion.TLSv1_2)
    with TlsClient(gw.port, context) as client:
        assert client.request().status == 200
        assert not client.sock.session or not client.sock.session.has_ticket


def test_old_versions_are_spoken_only_where_asked_for(start, primary, pki):
    identity = pki.identity("shop.test")
    gw = start(site(primary, shop(identity, parameters={"minimumProtocolVersion": "TLSv1_3"})))
    assert curl(gw, "/", "--tls-max", "1.2", cacert=pki.ca).returncode != 0
    assert curl(gw, cacert=pki.ca).stdout == "ok"
    parameters = {"maximumProtocolVersion": "TLSv1_2", "cipherSuites": ["ECDHE-ECDSA-AES256-GCM-SHA384"], "ecdhCurves": ["P-256"]}
    gw.write(site(primary, shop(identity, parameters=parameters)))
    assert gw.reload()[0] == 200
    with TlsClient(gw.port, pki.client_context()) as client:
        assert client.sock.cipher()[:2] == ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2")


def test_protocol_is_agreed_upon(start, primary, pki):
    gw = start(site(primary, shop(pki.identity("shop.test"))))
    for offered, agreed in ((["http/1.1"], "http/1.1"), (["spdy/1", "http/1.1"], "http/1.1"), (["spdy/1"], None)):
        context = pki.client_context()
        context.set_alpn_protocols(offered)
        with TlsClient(gw.port, context) as client:
            assert client.sock.selected_alpn_protocol() == agreed
            assert client.request().status == 200


def test_proxy_header_comes_before_the_handshake(start, primary, pki):
    resources = site(primary, shop(pki.identity("shop.test")))
    resources[0]["spec"]["useProxyProto"] = True
    gw = start(resources)
    client = Client(gw.port)
    client.send(b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\n")
    client.sock = client.reader.sock = pki.client_context().wrap_socket(client.sock, server_hostname="shop.test")
    assert client.request().status == 200
    client.close()
    assert primary.wait_requests(1)[0].header("x-forwarded-for") == "192.0.2.1"


def test_plain_http_is_told_that_this_port_speaks_https(start, primary, pki):
    gw = start(site(primary, shop(pki.identity("shop.test"))))
    with gw.client() as client:
        response = client.request()
        assert response.status == 400 and b"HTTPS" in response.body
        client.ended()


def client_hello(context, name="shop.test"):
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(into, out, server_hostname=name)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return tls, into, out


def test_client_hello_may_come_byte_by_byte(start, primary, pki):
    gw = start(site(primary, shop(pki.identity("shop.test"))))
    tls, into, out = client_hello(pki.client_context())
    with gw.client() as client:
        for byte in out.read():
            client.send(bytes([byte]))
        while True:
            into.write(client.sock.recv(65536))
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                break
        tls.write(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")
        client.send(out.read())
        primary.wait_requests(1)


@pytest.mark.parametrize("junk", [b"\x16\x03\x01\x02\x00\x01\xff\xff\xff", b"\x80\x2e\x01\x00\x02", bytes(600), b"\x16\x03\x01" + b"\xff" * 900], ids=str)
def test_garbage_ends_in_a_counted_refusal(start, primary, pki, junk):
    gw = start(site(primary, shop(pki.identity("shop.test"), transportSocketConnectTimeout="0.5s")), args=["--log-level", "debug"])
    with gw.client() as client:
        client.send(junk)
        client.rest()
    eventually(lambda: gw.metrics().total("gnomon_listener_refusals_total", reason="tls_handshake") == 1)
    gw.wait_log("TLS handshake failed")
    assert curl(gw, cacert=pki.ca).stdout == "ok"


def test_silent_client_is_given_up(start, primary, pki):
    gw = start(site(primary, shop(pki.identity("shop.test"), transportSocketConnectTimeout="0.3s")), args=["--log-level", "debug"])
    with gw.client() as client:
        client.ended()
    gw.wait_log("it took too long")


def test_renegotiation_is_refused(start, primary, pki):
    gw = start(site(primary, shop(pki.identity("shop.test"))))
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{gw.port}", "-tls1_2", "-servername", "shop.test"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as client:
        client.stdin.write(b"R\n")
        client.stdin.flush()
        said = client.stdout.read().decode(errors="replace")
        client.kill()
    assert "RENEGOTIATING" in said and "no renegotiation" in said.lower(), said


def test_large_bodies_both_ways(start, closing, pki):
    size = 64 * MIB
    piece = bytes(range(256)) * 4096
    backend = closing(Backend(answer(lambda request: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + piece * (size // MIB))))
    gw = start(site(backend, shop(pki.identity("shop.test"))))
    expected = zlib.crc32(piece * (size // MIB))
    with TlsClient(gw.port, pki.client_context(), timeout_s=patience(60)) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: shop.test\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // MIB):
            client.send(piece)
        response = client.read_final()
    assert (response.body_length, response.body_crc) == (size, expected)
    request = backend.wait_requests(1)[0]
    assert (request.body_length, request.body_crc) == (size, expected)


def test_reset_of_the_answer_is_no_clean_end(start, closing, pki):
    """A backend that breaks off a body that ends with the connection: the client must notice."""

    def broken(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf")
        connection.reset()

    gw = start(site(closing(Backend(broken)), shop(pki.identity("shop.test"))))
    got = curl(gw, cacert=pki.ca)
    assert got.returncode != 0, got


def test_access_log_knows_the_session(start, primary, pki, tmp_path):
    files = pki.identity("shop.test").files(rootCa=pki.ca)
    operators = {"version": "%DOWNSTREAM_TLS_VERSION%", "cipher": "%DOWNSTREAM_TLS_CIPHER%", "sni": "%REQUESTED_SERVER_NAME%", "peer": "%DOWNSTREAM_PEER_SUBJECT%"}
    resources = site(primary, secured(virtual_service(route()), sslFiles=files))
    log = tmp_path / "access.json"
    resources[0]["spec"]["options"] = {"accessLoggingService": {"accessLog": [{"fileSink": {"path": str(log), "jsonFormat": operators}}]}}
    gw = start(resources)
    friend = pki.identity("friend.test")
    assert curl(gw, "/", "--cert", friend.cert, "--key", friend.key, cacert=pki.ca).stdout == "ok"
    line = eventually(lambda: log.exists() and log.read_text().strip())
    assert json.loads(line) == {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "sni": "shop.test", "peer": "CN=friend.test"}


# ---- certificates and how they are loaded


def kubernetes_secret(identity, name="cert"):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": metadata(name),
        "stringData": {"tls.crt": identity.cert.read_text(), "tls.key": identity.key.read_text()},
    }


def gloo_secret(identity, name="cert"):
    tls = {"certChain": identity.cert.read_text(), "privateKey": identity.key.read_text()}
    return {"apiVersion": "gloo.solo.io/v1", "kind": "Secret", "metadata": metadata(name), "tls": tls}


@pytest.mark.parametrize("form", [kubernetes_secret, gloo_secret])
def test_certificates_come_from_secrets_that_are_never_shown(start, primary, pki, form):
    identity = pki.identity("shop.test")
    service = secured(virtual_service(route()), secretRef={"name": "cert", "namespace": "gloo-system"})
    gw = start([*site(primary, service), form(identity)])
    assert curl(gw, cacert=pki.ca).stdout == "ok"
    secret = identity.key.read_text().splitlines()[1]
    assert secret not in gw.admin("/config_dump")[1]
    assert secret not in gw.log()


def test_bad_certificate_keeps_the_last_good_configuration(start, primary, pki):
    identity, other = pki.identity("shop.test"), pki.identity("other.test")
    gw = start(site(primary, shop(identity)))
    gw.write(site(primary, secured(virtual_service(route()), sslFiles={"tlsCert": str(identity.cert), "tlsKey": str(other.key)})))
    status, text = gw.reload()
    assert status != 200
    assert "gateway.yaml:" in text and str(other.key) in text and "is not the key of the certificate" in text
    assert "sslConfig.sslFiles.tlsKey" in text
    assert "PRIVATE KEY" not in text
    assert curl(gw, cacert=pki.ca).stdout == "ok"


def test_a_root_that_is_empty_lets_nobody_in(start, primary, pki, tmp_path):
    root = tmp_path / "clients.pem"
    shutil.copy(pki.ca, root)
    identity = pki.identity("shop.test")
    gw = start(site(primary, secured(virtual_service(route()), sslFiles={**identity.files(), "rootCa": str(root)})))
    assert curl(gw, cacert=pki.ca).returncode != 0
    root.write_bytes(b"")
    status, text = gw.reload()
    assert status != 200
    assert "sslConfig.sslFiles.rootCa" in text and f"{root} is empty or cannot be decoded" in text
    assert curl(gw, cacert=pki.ca).returncode != 0
    friend = ("--cert", identity.cert, "--key", identity.key)
    assert curl(gw, "/", *friend, cacert=pki.ca).stdout == "ok"
    shutil.copy(pki.ca, root)
    assert gw.reload()[0] == 200
    assert curl(gw, cacert=pki.ca).returncode != 0


def served_name(gw, context):
    with TlsClient(gw.port, context) as client:
        return client.sock.getpeercert()["subject"][0][0][1]


def test_changed_certificates_are_taken_over_without_a_failed_request(start, primary, pki):
    identity = pki.identity("shop.test")
    new = pki.identity("new", "DNS:shop.test")
    gw = start(site(primary, shop(identity)), workers=2)
    stop = threading.Event()
    failures, served = [], []

    def keep_asking(fresh):
        context = pki.client_context()
        client = TlsClient(gw.port, context)
        while not stop.is_set():
            try:
                if fresh:
                    client.close()
                    client = TlsClient(gw.port, context)
                served.append(client.request().status)
            except Exception as error:
                failures.append(error)
                return
        client.close()

    threads = [threading.Thread(target=keep_asking, args=(fresh,)) for fresh in (True, True, False)]
    for thread in threads:
        thread.start()
    context = pki.client_context()
    assert served_name(gw, context) == "shop.test"
    identity.replace(new)
    eventually(lambda: served_name(gw, context) == "new")
    before = len(served)
    eventually(lambda: len(served) > before + 20)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures and set(served) == {200}


def test_swapped_links_are_noticed(start, primary, pki, tmp_path):
    """As Kubernetes mounts a Secret: ..data is a link that is swapped."""
    mount = tmp_path / "mount"
    for version, name in (("v1", "shop.test"), ("v2", "second")):
        folder = mount / version
        folder.mkdir(parents=True)
        identity = pki.identity(name, "DNS:shop.test")
        shutil.copy(identity.cert, folder / "tls.crt")
        shutil.copy(identity.key, folder / "tls.key")
    (mount / "..data").symlink_to("v1")
    for name in ("tls.crt", "tls.key"):
        (mount / name).symlink_to(f"..data/{name}")
    files = {"tlsCert": str(mount / "tls.crt"), "tlsKey": str(mount / "tls.key")}
    gw = start(site(primary, secured(virtual_service(route()), sslFiles=files)))
    context = pki.client_context()
    assert served_name(gw, context) == "shop.test"
    (mount / "..new").symlink_to("v2")
    (mount / "..new").rename(mount / "..data")
    eventually(lambda: served_name(gw, context) == "second")


def test_drain_lets_a_handshake_and_its_request_finish(start, primary, pki):
    gw = start(site(primary, shop(pki.identity("shop.test"))))
    tls, into, out = client_hello(pki.client_context())
    client = Client(gw.port)
    client.send(out.read())
    into.write(client.sock.recv(65536))
    gw.process.terminate()
    gw.wait_log("draining")
    tls.do_handshake()
    tls.write(b"GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")
    client.send(out.read())
    primary.wait_requests(1)
    client.close()
    assert gw.wait_exit(patience(20)) == 0


# ---- stapling


def stapled(gw):
    """What a client that asks for an answer of OCSP gets to see."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{gw.port}", "-servername", "shop.test", "-status"]
    return subprocess.run(command, input="", capture_output=True, text=True, timeout=20).stdout


def stapling(start, primary, identity, staple, policy=None):
    more = {"ocspStaplePolicy": policy} if policy else {}
    files = identity.files(ocspStaple=staple) if staple else identity.files()
    return start(site(primary, secured(virtual_service(route()), sslFiles=files, **more)))


@pytest.mark.parametrize("policy", [None, "STRICT_STAPLING", "MUST_STAPLE"])
def test_an_ocsp_answer_goes_along_with_the_certificate(start, primary, pki, policy):
    identity = pki.identity("shop.test")
    gw = stapling(start, primary, identity, pki.staple(identity), policy)
    assert "OCSP Response Status: successful" in stapled(gw)
    assert curl(gw, cacert=pki.ca).stdout == "ok"


@pytest.mark.parametrize("policy", ["LENIENT_STAPLING", "STRICT_STAPLING", "MUST_STAPLE"])
def test_an_ocsp_answer_that_is_too_old(start, primary, pki, policy):
    identity = pki.identity("shop.test")
    gw = stapling(start, primary, identity, pki.staple(identity, days=None), policy)
    seen = stapled(gw)
    if policy == "LENIENT_STAPLING":
        assert "OCSP response: no response sent" in seen and "BEGIN CERTIFICATE" in seen
    else:
        assert "BEGIN CERTIFICATE" not in seen
    # Whoever does not ask gets none and misses none.
    assert curl(gw, cacert=pki.ca).stdout == "ok"


def test_an_ocsp_answer_comes_from_secrets_and_is_renewed(start, primary, pki):
    identity = pki.identity("shop.test")

    def resources(days):
        texts = {"tls.crt": identity.cert, "tls.key": identity.key, "tls.ocsp-staple": Path(pki.staple(identity, days))}
        data = {name: base64.b64encode(file.read_bytes()).decode() for name, file in texts.items()}
        secret = {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata("cert"), "data": data}
        return site(primary, secured(virtual_service(route()), secretRef=reference("cert"))) + [secret]

    gw = start(resources(None))
    assert "OCSP response: no response sent" in stapled(gw)
    gw.write(resources(1))
    assert gw.reload()[0] == 200
    assert "OCSP Response Status: successful" in stapled(gw)


def test_an_ocsp_answer_that_does_not_fit_is_an_error(start, primary, pki):
    identity, other = pki.identity("shop.test"), pki.identity("other.test")
    gw = stapling(start, primary, identity, pki.staple(identity))
    wrong = pki.staple(other)
    for files, policy, text in (
        (identity.files(ocspStaple=wrong), "LENIENT_STAPLING", "is about another certificate"),
        (identity.files(ocspStaple=str(identity.cert)), "LENIENT_STAPLING", "is no answer of OCSP in DER"),
        (identity.files(), "MUST_STAPLE", "MUST_STAPLE needs an answer of OCSP"),
    ):
        gw.write(site(primary, secured(virtual_service(route()), sslFiles=files, ocspStaplePolicy=policy)))
        code, said = gw.reload()
        assert code == 422 and text in said, said
    assert "OCSP Response Status: successful" in stapled(gw)


# ---- backends


def behind(backend, **ssl_config):
    """An Upstream of that backend; sslConfig where it is given, else useTls."""
    made = upstream("primary", backend)
    if ssl_config:
        made["spec"]["sslConfig"] = ssl_config
    else:
        made["spec"]["static"]["useTls"] = True
    return made


def to_backend(made):
    return [gateway(), made, virtual_service(route())]


def test_backend_is_spoken_to_by_tls_without_verification(start, closing, pki):
    backend = closing(TlsBackend(pki.server_context(pki.identity("strange.test"))))
    gw = start(to_backend(behind(backend)))
    with gw.client() as client:
        assert [client.request().status for _ in range(3)] == [200] * 3
    assert len(backend.connections) == 1
    assert backend.names == [None]  # an address is no name


def test_server_name_is_that_of_the_host(start, closing, pki):
    backend = closing(TlsBackend(pki.server_context(pki.identity("shop.test"))))
    made = behind(backend)
    made["spec"]["static"]["hosts"][0]["sniAddr"] = "inner.test"
    gw = start(to_backend(made))
    assert gw.get().status == 200
    made["spec"]["static"]["hosts"][0]["sniAddr"] = "other.test"
    gw.write(to_backend(made))
    assert gw.reload()[0] == 200
    assert gw.get().status == 200
    assert backend.names == ["inner.test", "other.test"]


def test_the_verb_shadow_asks_for_the_name_in_the_url(closing, pki, tmp_path):
    live = closing(TlsBackend(pki.server_context(pki.identity("localhost"))))
    folder = tmp_path / "own"
    folder.mkdir()
    with shadow_verb(f"https://localhost:{live.port}", f"https://localhost:{live.port}", "--control=0", folder=folder) as ports:
        with Client(ports["listening"]) as client:
            assert client.request("GET", "/").status == 200
        eventually(lambda: len(live.requests) == 2)
    assert set(live.names) == {"localhost"}


def test_backend_is_verified_where_there_is_a_root(start, closing, pki, tmp_path):
    backend = closing(TlsBackend(pki.server_context(pki.identity("inner.test"))))
    (tmp_path / "strange").mkdir()
    stranger = Pki(tmp_path / "strange")
    gw = start(to_backend(behind(backend, sslFiles={"rootCa": pki.ca}, sni="inner.test", verifySubjectAltName=["inner.test"])))
    assert gw.get().status == 200
    assert backend.names == ["inner.test"]
    for bad in ({"sslFiles": {"rootCa": stranger.ca}}, {"sslFiles": {"rootCa": pki.ca}, "verifySubjectAltName": ["else.test"]}):
        gw.write(to_backend(behind(backend, **bad)))
        assert gw.reload()[0] == 200
        response = gw.get()
        assert response.status == 503
    assert len(backend.requests) == 1
    assert gw.metrics().total("gnomon_upstream_connect_failures_total", leg="primary") >= 2


def strange_certificate(closing, pki):
    return closing(TlsBackend(pki.server_context(pki.identity("strange.test")))), {"verifySubjectAltName": ["inner.test"]}


def unknown_certificate(closing, pki):
    folder = pki.folder / "stranger"
    folder.mkdir()
    stranger = Pki(folder)
    return closing(TlsBackend(stranger.server_context(stranger.identity("inner.test")))), {}


def demanding(closing, pki):
    """Wants a certificate of the client's, and says so within the handshake."""
    context = pki.server_context(pki.identity("inner.test"), clients=True)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return closing(TlsBackend(context)), {}


def talking_nonsense(closing, pki):
    return closing(Backend(lambda connection: (connection.sock.recv(4096), connection.send(b"220 smtp.test\r\n")))), {}


def hanging_up(closing, pki):
    return closing(Backend(lambda connection: connection.sock.recv(4096))), {}


def silent(closing, pki):
    return closing(Backend(lambda connection: connection.swallow())), {}


FAILURES = {
    "certificate, by its name": (strange_certificate, "certificate", "certificate_verify_failed:_hostname_mismatch"),
    "certificate, by its issuer": (unknown_certificate, "certificate", "certificate_verify_failed:_"),
    "alert": (demanding, "alert", "alert_handshake_failure"),
    "protocol": (talking_nonsense, "protocol", "wrong_version_number"),
    "closed": (hanging_up, "closed", "the_peer_closed_the_connection"),
    "timeout": (silent, "timeout", "the_handshake_was_not_completed"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_failed_handshake_with_a_backend_says_why(start, closing, pki, tmp_path, failure):
    make, cause, text = FAILURES[failure]
    backend, more = make(closing, pki)
    made = behind(backend, sslFiles={"rootCa": pki.ca}, **more)
    made["spec"]["connectionConfig"] = {"connectTimeout": "0.3s" if cause == "timeout" else "5s"}
    log = tmp_path / "access.log"
    listener = gateway()
    string = "%RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_TRANSPORT_FAILURE_REASON%\n"
    sink = {"fileSink": {"path": str(log), "stringFormat": string}}
    listener["spec"]["options"] = {"accessLoggingService": {"accessLog": [sink]}}
    gw = start([listener, made, virtual_service(route())])
    assert gw.get().status == 503
    eventually(lambda: log.exists() and log.read_text().endswith("\n"))
    status, flags, reason = log.read_text().split()
    assert (status, flags) == ("503", "UF")
    assert reason.startswith("TLS_error:_") and text in reason.lower(), reason
    failed = gw.metrics().select("gnomon_upstream_tls_failures_total", leg="primary")
    assert {dict(labels)["reason"]: count for labels, count in failed.items() if count} == {cause: 1}
    gw.get()
    assert gw.log().count("a TLS handshake with a backend failed") == 1
    assert f"127.0.0.1:{backend.port}" in gw.log()


def test_a_retry_that_succeeds_leaves_no_reason_behind(start, closing, pki, tmp_path):
    """The second host is well; what was wrong with the first is counted, and not in the line."""
    bad, good = closing(Backend(lambda connection: connection.sock.recv(4096))), closing(
        TlsBackend(pki.server_context(pki.identity("inner.test")))
    )
    made = upstream("primary", bad, good, sslConfig={"sslFiles": {"rootCa": pki.ca}})
    log = tmp_path / "access.log"
    service = virtual_service(route("/", retries={"retryOn": "connect-failure", "numRetries": 3}))
    gw = start([gateway(), made, service], args=["--access-log", str(log), "--access-log-format", "json"])
    for _ in range(4):
        assert gw.get().status == 200
    eventually(lambda: log.exists() and log.read_text().count("\n") == 4)
    assert {json.loads(line)["upstream_tls_failure"] for line in log.read_text().splitlines()} == {None}
    assert gw.metrics().total("gnomon_upstream_tls_failures_total", reason="closed") > 0


def test_gateway_shows_a_certificate_of_its_own(start, closing, pki):
    backend = closing(TlsBackend(pki.server_context(pki.identity("inner.test"), clients=True)))
    gw = start(to_backend(behind(backend, sslFiles=pki.identity("gateway").files())))
    assert gw.get().status == 200
    gw.write(to_backend(behind(backend)))
    assert gw.reload()[0] == 200
    assert gw.get().status in (502, 503)


def test_backend_gets_its_proxy_header_before_the_handshake(start, closing, pki):
    headers = []

    class ProxiedBackend(TlsBackend):
        def serve(self, connection):
            line = b""
            while not line.endswith(b"\r\n"):
                line += connection.sock.recv(1)
            headers.append(line)
            super().serve(connection)

    made = behind(closing(ProxiedBackend(pki.server_context(pki.identity("inner.test")))))
    made["spec"]["proxyProtocolVersion"] = "V1"
    gw = start(to_backend(made))
    assert gw.get().status == 200
    assert headers[0].startswith(b"PROXY TCP4 127.0.0.1 ")


def test_sessions_with_backends_are_resumed(start, closing, pki):
    reused = []

    def serve(connection):
        reused.append(connection.sock.session_reused)
        while connection.request() is not None:
            connection.send(ok(headers=["Connection: close"]))

    backend = closing(TlsBackend(pki.server_context(pki.identity("inner.test")), serve))
    gw = start(to_backend(behind(backend)))
    for _ in range(3):
        assert gw.get().status == 200
    assert reused == [False, True, True]


def test_plain_backend_where_tls_is_expected_is_a_failed_connection(start, closing):
    backend = closing(Backend(lambda connection: (connection.sock.recv(100), connection.send(b"HTTP/1.1 400 No\r\n\r\n"))))
    gw = start(to_backend(behind(backend)))
    assert gw.get().status == 503


def test_handshake_is_part_of_the_connect_timeout(start, closing):
    backend = closing(Backend(lambda connection: connection.hold()))
    made = behind(backend)
    made["spec"]["connectionConfig"] = {"connectTimeout": "0.2s"}
    gw = start(to_backend(made))
    with gw.client() as client:
        response, seconds = client.timed()
    assert response.status in (503, 504) and seconds < patience(3)


def test_truncated_answer_is_no_whole_answer(start, closing, pki):
    """Without close_notify nobody knows whether a body that ends with the connection is whole."""

    def cut(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf")
        socket.socket.shutdown(connection.sock, socket.SHUT_WR)

    gw = start(to_backend(behind(closing(TlsBackend(pki.server_context(pki.identity("a.test")), cut)))))
    with gw.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert not client.rest().endswith(b"0\r\n\r\n")


def test_large_bodies_to_and_from_a_backend(start, closing, pki):
    size = 64 * MIB
    piece = bytes(range(256)) * 4096
    backend = closing(TlsBackend(pki.server_context(pki.identity("a.test")), answer(lambda request: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + piece * (size // MIB))))
    gw = start(to_backend(behind(backend)))
    expected = zlib.crc32(piece * (size // MIB))
    with gw.client(timeout_s=patience(60)) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // MIB):
            client.send(piece)
        response = client.read_final()
    assert (response.body_length, response.body_crc) == (size, expected)
    assert backend.wait_requests(1)[0].body_crc == expected


def test_health_checks_speak_tls(start, closing, pki):
    backend = closing(TlsBackend(pki.server_context(pki.identity("a.test"))))
    made = behind(backend)
    made["spec"]["healthChecks"] = [
        {"timeout": "5s", "interval": "0.05s", "noTrafficInterval": "0.05s", "healthyThreshold": 1, "unhealthyThreshold": 1, "httpHealthCheck": {"path": "/health"}}
    ]
    gw = start(to_backend(made))
    backend.wait_requests(1)
    assert backend.requests[0].target == "/health"
    assert gw.metrics().total("gnomon_upstream_hosts_healthy", leg="primary") == 1
    assert gw.get().status == 200


# ---- shadows


def test_shadow_gets_its_copy_over_tls(start, primary, closing, pki):
    shadow = closing(TlsBackend(pki.server_context(pki.identity("shadow.test")), answer(echo)))
    resources = mirrored(primary, shadow)
    resources[2]["spec"]["static"]["useTls"] = True
    gw = start(resources)
    body = b"x" * 300_000
    with gw.client() as client:
        for _ in range(5):
            assert client.request("POST", body=body).status == 200
    copies = shadow.wait_requests(5)
    assert {copy.host for copy in copies} == {"shop.test-shadow"} and {copy.body for copy in copies} == {body}
    assert gw.settle().total("gnomon_shadow_answered_total") == 5


def test_clear_text_never_goes_where_tls_was_asked_for(start, closing):
    backend, shadow = closing(Backend()), closing(Backend())
    resources = mirrored(backend, shadow)
    for resource in resources[1:3]:
        resource["spec"]["sslConfig"] = {}
    gw = start(resources)
    assert gw.get("/").status == 503
    for one in (backend, shadow):
        assert not one.heads


# ---- what a scanner says


@pytest.mark.skipif(not shutil.which("sslscan"), reason="sslscan is not installed")
def test_scanner_finds_nothing_old(start, primary, pki):
    gw = start(site(primary, shop(pki.identity("shop.test"))))
    command = ["sslscan", "--no-colour", "--sni-name=shop.test", f"127.0.0.1:{gw.port}"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    for old in ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"):
        assert any(line.split()[:2] == [old, "disabled"] for line in said.splitlines()), said
    for new in ("TLSv1.2", "TLSv1.3"):
        assert any(line.split()[:2] == [new, "enabled"] for line in said.splitlines()), said
    assert "Session renegotiation not supported" in said, said
    assert "Compression enabled" not in said and "not vulnerable to heartbleed" in said
    accepted = [line.split() for line in said.splitlines() if line.startswith(("Preferred", "Accepted"))]
    assert accepted
    for words in accepted:
        assert any(good in " ".join(words) for good in ("GCM", "CHACHA20", "TLS_AES", "TLS_CHACHA20")), words
