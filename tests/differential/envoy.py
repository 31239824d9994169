"""A running Envoy, and the pieces of its configuration that Gloo would have generated."""

import json
import re
import shutil
import subprocess
import urllib.request

from harness import eventually, patience
from harness.client import Client

BINARY = shutil.which("envoy")
FILTERS = "type.googleapis.com/envoy.extensions.filters"
START_S = 30


def cluster_name(upstream):
    """What Gloo calls the cluster of an Upstream."""
    return f"{upstream}_gloo-system"


def typed(name, kind, **fields):
    return {"name": name, "typed_config": {"@type": f"{FILTERS}.{kind}", **fields}}


def cluster(upstream, backend):
    name = cluster_name(upstream)
    endpoint = {"endpoint": {"address": {"socket_address": {"address": backend.host, "port_value": backend.port}}}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def bootstrap(virtual_hosts, clusters):
    """The listener as Gloo makes it from a Gateway without options."""
    manager = {
        "stat_prefix": "http",
        "normalize_path": True,
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        # Gloo hands routes over by RDS, where a cluster may be missing.
        "route_config": {"name": "listener", "virtual_hosts": virtual_hosts, "validate_clusters": False},
        "http_filters": [
            typed("envoy.filters.http.fault", "http.fault.v3.HTTPFault"),
            typed("envoy.filters.http.cors", "http.cors.v3.Cors"),
            typed("envoy.filters.http.router", "http.router.v3.Router"),
        ],
    }
    chain = typed(
        "envoy.filters.network.http_connection_manager",
        "network.http_connection_manager.v3.HttpConnectionManager",
        **manager,
    )
    address = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}
    return {
        "admin": {"address": address},
        # Of Envoys younger than Gloo's last, which compares a field that occurs twice value by value.
        "layered_runtime": {
            "layers": [
                {"name": "gloo", "static_layer": {"envoy.reloadable_features.match_headers_individually": False}}
            ]
        },
        "static_resources": {
            "listeners": [{"name": "listener", "address": address, "filter_chains": [{"filters": [chain]}]}],
            "clusters": clusters,
        },
    }


class Envoy:
    """One worker, ports of its own choice."""

    def __init__(self, folder, configuration):
        file = folder / "envoy.json"
        file.write_text(json.dumps(configuration))
        self.log_path = folder / "envoy.log"
        admin_path = folder / "envoy.admin"
        command = [BINARY, "-c", file, "--concurrency", "1", "--use-dynamic-base-id", "-l", "warning"]
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in [*command, "--admin-address-path", admin_path]], stdout=log, stderr=log
            )

        def announced():
            if self.process.poll() is not None:
                raise RuntimeError(f"Envoy ended at once: {self.log_path.read_text(errors='replace')}")
            return admin_path.exists() and re.fullmatch(r"127\.0\.0\.1:(\d+)", admin_path.read_text().strip())

        try:
            self.admin_port = int(eventually(announced, START_S)[1])
            self.port = eventually(self.listening, START_S)
        except BaseException:
            self.stop()
            raise

    def admin(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=patience(10)) as answer:
            return json.load(answer)

    def listening(self):
        """The listener's port once it takes connections. Until workers run there are no listeners to tell of."""
        statuses = self.admin("/listeners?format=json").get("listener_statuses", [])
        ports = [status["local_address"]["socket_address"]["port_value"] for status in statuses]
        active = self.admin("/stats?format=json&filter=^listener_manager.workers_started$")["stats"]
        return ports[0] if ports and any(stat.get("value") for stat in active) else None

    def settle(self):
        """Returns once no request is under way, copies included."""

        def idle():
            stats = self.admin("/stats?format=json&filter=upstream_rq_active$")["stats"]
            return all(stat["value"] == 0 for stat in stats)

        eventually(idle, patience(10))

    def client(self, **kwargs):
        return Client(self.port, **kwargs)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(patience(10))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
