"""Starts the gateways that are compared, each with one worker, and reads what they use."""

import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

PROXY_CPU, PEER_CPU = 0, 1
KINDS = ("gnomon", "nginx", "haproxy", "envoy", "nghttpx")
START_S = 15


def pinned(cpu):
    """For preexec_fn: one processor, and ahead of whatever else the machine does, where that is allowed."""

    def apply():
        if cpu < (os.cpu_count() or 1):
            os.sched_setaffinity(0, {cpu})
        try:
            os.nice(-15)
        except PermissionError:
            pass

    return apply


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process):
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"{process.args[0]} does not listen on {port}")


@dataclass
class Backends:
    live: int
    shadow: int
    hung: int

    def shadow_for(self, mirror):
        """`mirror`: off, hung, on, trial (on, and compared) or control (a control too). Copies are pipelined with -piped,
        and go over HTTP/2 with -h2."""
        name = mirror.split("-")[0]
        return {"off": None, "on": self.shadow, "trial": self.shadow, "control": self.shadow, "hung": self.hung}[name]


def version_of_copies(mirror):
    return "h2" if mirror.endswith("-h2") else "h1"


@dataclass(frozen=True)
class Wiring:
    """What is spoken: `client` is h1, https (HTTP/1 over TLS), h2 (prior knowledge) or tls (h2 by ALPN), `live` h1 or h2."""

    client: str = "h1"
    live: str = "h1"
    folder: Path | None = None  # of the certificate

    @property
    def secure(self):
        return self.client in ("tls", "https")

    @property
    def alpn(self):
        return "h2" if self.client == "tls" else "http/1.1"

    @property
    def certificate(self):
        return self.folder / "cert.pem"

    @property
    def key(self):
        return self.folder / "key.pem"


def make_certificate(folder):
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=shop.example.com", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    # HAProxy reads both from one file.
    (folder / "both.pem").write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())


def nginx_config(folder, port, backends, mirror, wiring):
    shadow = backends.shadow_for(mirror)
    spoken = {"h1": "", "https": " ssl", "h2": " http2", "tls": " ssl http2"}[wiring.client]
    secure = f"ssl_certificate {wiring.certificate}; ssl_certificate_key {wiring.key}; ssl_protocols TLSv1.3;" if wiring.secure else ""
    common = (
        'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffer_size 16k; proxy_buffers 16 16k; '
        "proxy_busy_buffers_size 128k; proxy_max_temp_file_size 0;"
    )
    upstream = "keepalive 512; keepalive_requests 1000000000;"
    copies = f"upstream shadow {{ server 127.0.0.1:{shadow}; {upstream} }}" if shadow else ""
    location = (
        "location = /copy { internal; proxy_pass http://shadow$request_uri; proxy_set_header Host $host-shadow; "
        + common + " }"
        if shadow
        else ""
    )
    return f"""
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s; client_body_buffer_size 64k;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  upstream live {{ server 127.0.0.1:{backends.live}; {upstream} }}
  {copies}
  server {{
    listen 127.0.0.1:{port}{spoken};
    {secure}
    {location}
    location / {{ {"mirror /copy;" if shadow else ""} proxy_pass http://live; proxy_set_header Host $http_host; {common} }}
  }}
}}
"""


def haproxy_config(port, backends, wiring):
    secure = f" ssl crt {wiring.folder}/both.pem alpn {wiring.alpn}"
    spoken = secure if wiring.secure else {"h1": "", "h2": " proto h2"}[wiring.client]
    return f"""
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  option http-keep-alive
  http-reuse always
frontend front
  bind 127.0.0.1:{port}{spoken}
  default_backend back
backend back
  server live 127.0.0.1:{backends.live} pool-purge-delay 60s{" proto h2" if wiring.live == "h2" else ""}
"""


def envoy_config(port, backends, mirror, wiring):
    extensions = "type.googleapis.com/envoy.extensions"

    def cluster(name, to, version):
        endpoint = {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": to}}}}
        limits = {f"max_{what}": 100000 for what in ("connections", "pending_requests", "requests")}
        made = {
            "name": name,
            "connect_timeout": "5s",
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
            "circuit_breakers": {"thresholds": [limits]} if name == "live" else {},
        }
        if version == "h2":
            options = {"@type": f"{extensions}.upstreams.http.v3.HttpProtocolOptions"}
            options["explicit_http_config"] = {"http2_protocol_options": {}}
            made["typed_extension_protocol_options"] = {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options}
        return made

    shadow = backends.shadow_for(mirror)
    action = {"cluster": "live", **({"request_mirror_policies": [{"cluster": "shadow"}]} if shadow else {})}
    types = f"{extensions}.filters"
    manager = {
        "@type": f"{types}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "bench",
        "route_config": {
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": action}]}]
        },
        "http_filters": [
            {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{types}.http.router.v3.Router"}}
        ],
    }
    listener = {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }
    if wiring.secure:
        files = {"certificate_chain": {"filename": f"{wiring.certificate}"}, "private_key": {"filename": f"{wiring.key}"}}
        context = {"@type": f"{extensions}.transport_sockets.tls.v3.DownstreamTlsContext"}
        context["common_tls_context"] = {"tls_certificates": [files], "alpn_protocols": [wiring.alpn]}
        listener["filter_chains"][0]["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": context}
    shadow_version = version_of_copies(mirror)
    clusters = [cluster("live", backends.live, wiring.live), *([cluster("shadow", shadow, shadow_version)] if shadow else [])]
    return json.dumps({"static_resources": {"listeners": [listener], "clusters": clusters}})


def nghttpx_command(port, backends, wiring):
    front = f"-f127.0.0.1,{port}{'' if wiring.secure else ';no-tls'}"
    back = f"-b127.0.0.1,{backends.live};/;proto={'h2' if wiring.live == 'h2' else 'http/1.1'}"
    command = ["nghttpx", "--conf=/dev/null", "--single-process", "-n1", "--no-ocsp", "-LFATAL", front, back]
    return command + ([wiring.key, wiring.certificate] if wiring.secure else [])


def gnomon_config(port, backends, mirror, wiring):
    shadow = backends.shadow_for(mirror)

    def upstream(name, port, version):
        # Breakers as wide as the others' have them, so that none answers for the backend.
        return f"""
apiVersion: gloo.solo.io/v1
kind: Upstream
metadata: {{name: {name}, namespace: gloo-system}}
spec:
  static: {{hosts: [{{addr: 127.0.0.1, port: {port}}}]}}
  useHttp2: {"true" if version == "h2" else "false"}
---"""

    options = ""
    if shadow:
        options = "options: {shadowing: {upstream: {name: shadow, namespace: gloo-system}, percentage: 100}}"
    secure = f"sslConfig: {{sslFiles: {{tlsCert: {wiring.certificate}, tlsKey: {wiring.key}}}}}" if wiring.secure else ""
    copies = upstream("shadow", shadow, version_of_copies(mirror)) if shadow else ""
    return f"""{upstream("live", backends.live, wiring.live)}{copies}
apiVersion: gateway.solo.io/v1
kind: Gateway
metadata: {{name: gateway-proxy, namespace: gloo-system}}
spec: {{bindAddress: 127.0.0.1, bindPort: {port}, ssl: {"true" if wiring.secure else "false"}, httpGateway: {{}}}}
---
apiVersion: gateway.solo.io/v1
kind: VirtualService
metadata: {{name: default, namespace: gloo-system}}
spec:
  {secure}
  virtualHost:
    domains: ['*']
    routes:
    - name: all
      matchers: [{{prefix: /}}]
      routeAction: {{single: {{upstream: {{name: live, namespace: gloo-system}}}}}}
      {options}
{shadow_test(mirror)}"""


def shadow_test(mirror):
    fields = {
        "on-piped": "pipelining: {depth: 16}",
        "trial": "compare: {mode: strict}",
        "control": "compare: {mode: strict}, control: {percentage: 100}",
    }.get(mirror.removesuffix("-h2"))
    if fields is None:
        return ""
    return f"""---
apiVersion: gnomon.dev/v1alpha1
kind: ShadowTest
metadata: {{name: trial, namespace: gloo-system}}
spec: {{target: {{virtualService: default, route: all}}, {fields}}}
"""


def thread_name(task):
    return (task / "comm").read_text().strip()


class Proxy:
    """One gateway under test. `key` is what the results call it."""

    def __init__(self, kind, mirror, folder, backends, binary, wiring=None):
        wiring = wiring or Wiring()
        self.kind, self.mirror, self.wiring = kind, mirror, wiring
        self.key = f"{kind} {mirror}"
        self.folder = Path(tempfile.mkdtemp(prefix=f"{kind}-{mirror}-", dir=folder))
        self.port = free_port()
        file = self.folder / "config"
        if kind == "gnomon":
            file = self.folder / "config.yaml"
            file.write_text(gnomon_config(self.port, backends, mirror, wiring))
            command = [binary, "run", "-c", file, "--workers", "1", "--admin", "127.0.0.1:0", "--store", self.folder / "store.db"]
        elif kind == "nginx":
            file.write_text(nginx_config(self.folder, self.port, backends, mirror, wiring))
            command = ["/usr/sbin/nginx", "-p", self.folder, "-c", file]
        elif kind == "haproxy":
            file.write_text(haproxy_config(self.port, backends, wiring))
            command = ["/usr/sbin/haproxy", "-db", "-f", file]
        elif kind == "nghttpx":
            command = nghttpx_command(self.port, backends, wiring)
        else:
            file = file.with_suffix(".json")
            file.write_text(envoy_config(self.port, backends, mirror, wiring))
            command = ["envoy", "-c", file, "--concurrency", "1", "--use-dynamic-base-id", "-l", "critical"]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdout=log, stderr=log, preexec_fn=pinned(PROXY_CPU)
            )
        wait_for_port(self.port, self.process)
        if kind == "gnomon":
            self.part_threads()

    def part_threads(self):
        """Comparers leave the worker's processor to it. They are there before the worker."""
        end = time.monotonic() + START_S
        while "worker" not in (names := {thread_name(task): task.name for task in self.tasks()}):
            if time.monotonic() > end:
                raise SystemExit("no thread is called worker")
            time.sleep(0.01)
        if PEER_CPU < (os.cpu_count() or 1):
            os.sched_setaffinity(int(names["comparer"]), {PEER_CPU})

    def tasks(self):
        return list(Path(f"/proc/{self.process.pid}/task").iterdir())

    def cpu_ns(self, thread=None):
        """Processor time of all its threads so far, or of those of one name."""
        used = 0
        for task in self.tasks():
            if thread is None or thread_name(task) == thread:
                used += int((task / "schedstat").read_text().split()[0])
        return used

    def metrics(self):
        """Of gnomon alone."""
        admin = re.search(r"admin on (\S+)", (self.folder / "log").read_text())[1]
        with urllib.request.urlopen(f"http://{admin}/metrics") as answer:
            return answer.read().decode()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def available(kind):
    return kind == "gnomon" or shutil.which(kind, path=f"{os.environ['PATH']}:/usr/sbin") is not None


def version(kind, binary):
    command = {
        "gnomon": [binary, "--version"],
        "nginx": ["/usr/sbin/nginx", "-v"],
        "haproxy": ["/usr/sbin/haproxy", "-v"],
        "envoy": ["envoy", "--version"],
        "nghttpx": ["nghttpx", "--version"],
    }[kind]
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    found = re.search(r"\d+\.\d+\.\d+", run.stdout + run.stderr)
    return found[0] if found else "?"
