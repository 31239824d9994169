"""Health checks over HTTP/2: those of gRPC against grpcio's server, and those of HTTP with `useHttp2`."""

import threading
from concurrent import futures

import pytest
from harness import Backend, eventually
from harness.backend import ok
from harness.config import NAMESPACE, gateway, route, upstream, virtual_service
from harness.pki import Pki

grpc = pytest.importorskip("grpc")

UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN = range(4)
CHECK = {"timeout": "5s", "interval": "0.05s", "noTrafficInterval": "0.05s", "healthyThreshold": 1, "unhealthyThreshold": 1}


class Health:
    """grpc.health.v1.Health by hand; services are asked for by their names."""

    def __init__(self, identity=None):
        self.statuses = {"": SERVING}
        self.metadata = []
        self.asked = threading.Condition()
        self.server = grpc.server(futures.ThreadPoolExecutor(4))
        check = grpc.unary_unary_rpc_method_handler(self.check)
        self.server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check})])
        self.host = "127.0.0.1"
        if identity is None:
            self.port = self.server.add_insecure_port("127.0.0.1:0")
        else:
            pair = (identity.key.read_bytes(), identity.cert.read_bytes())
            self.port = self.server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
        self.server.start()

    def check(self, request, context):
        name = request[2:].decode() if request else ""
        with self.asked:
            self.metadata.append(dict(context.invocation_metadata()))
            self.asked.notify_all()
        if name not in self.statuses:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        return bytes([8, self.statuses[name]]) if self.statuses[name] else b""

    def stop(self):
        self.server.stop(0)


def site(backend, check, **spec):
    made = upstream("primary", backend, useHttp2=True, healthChecks=[{**CHECK, **check}])
    made["spec"] |= spec
    return [gateway(), made, virtual_service(route())]


def healthy(gw):
    return gw.metrics().total("gnomon_upstream_hosts_healthy", upstream=f"primary_{NAMESPACE}", leg="primary")


@pytest.fixture(params=["clear", "tls"])
def served(request, closing, tmp_path):
    """A server, and what its Upstream says of TLS."""
    if request.param == "clear":
        return closing(Health()), {}
    pki = Pki(tmp_path)
    tls = {"sslConfig": {"sni": "backend.test", "sslFiles": {"rootCa": pki.ca}}}
    return closing(Health(pki.identity("backend.test"))), tls


def test_host_is_well_while_it_says_serving(start, served):
    backend, tls = served
    gw = start(site(backend, {"grpcHealthCheck": {}}, **tls))
    assert healthy(gw) == 1
    for status in (NOT_SERVING, UNKNOWN, SERVICE_UNKNOWN):
        backend.statuses[""] = status
        eventually(lambda: healthy(gw) == 0)
        backend.statuses[""] = SERVING
        eventually(lambda: healthy(gw) == 1)


def test_service_authority_and_metadata_are_those_of_the_check(start, closing):
    backend = closing(Health())
    add = [{"header": {"key": "x-probe", "value": "1"}}]
    gw = start(site(backend, {"grpcHealthCheck": {"serviceName": "shop.Cart", "authority": "cart.test", "initialMetadata": add}}))
    assert healthy(gw) == 0  # NOT_FOUND
    backend.statuses["shop.Cart"] = SERVING
    eventually(lambda: healthy(gw) == 1)
    assert backend.metadata[0]["x-probe"] == "1"
    assert "Envoy/HC" in backend.metadata[0]["user-agent"]


def test_a_server_without_the_service_is_unwell(start, closing):
    backend = closing(Health())
    backend.server.stop(0).wait()
    bare = grpc.server(futures.ThreadPoolExecutor(1))
    backend.port = bare.add_insecure_port("127.0.0.1:0")
    backend.server = bare
    bare.start()
    assert healthy(start(site(backend, {"grpcHealthCheck": {}}))) == 0  # UNIMPLEMENTED


def test_a_server_of_http1_is_unwell(start, closing):
    backend = closing(Backend())
    assert healthy(start(site(backend, {"grpcHealthCheck": {}}))) == 0
