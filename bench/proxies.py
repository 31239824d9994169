"""Starts the gateways that are compared, each with one worker, and reads what they use."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PROXY_CPU, PEER_CPU = 0, 1
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
        return {"off": None, "on": self.shadow, "hung": self.hung}[mirror]


def nginx_config(folder, port, backends, mirror):
    shadow = backends.shadow_for(mirror)
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
    listen 127.0.0.1:{port};
    {location}
    location / {{ {"mirror /copy;" if shadow else ""} proxy_pass http://live; proxy_set_header Host $http_host; {common} }}
  }}
}}
"""


def haproxy_config(port, backends):
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
  bind 127.0.0.1:{port}
  default_backend back
backend back
  server live 127.0.0.1:{backends.live} pool-purge-delay 60s
"""


def envoy_config(port, backends, mirror):
    def cluster(name, to):
        endpoint = {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": to}}}}
        limits = {f"max_{what}": 100000 for what in ("connections", "pending_requests", "requests")}
        return {
            "name": name,
            "connect_timeout": "5s",
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
            "circuit_breakers": {"thresholds": [limits]} if name == "live" else {},
        }

    shadow = backends.shadow_for(mirror)
    action = {"cluster": "live", **({"request_mirror_policies": [{"cluster": "shadow"}]} if shadow else {})}
    types = "type.googleapis.com/envoy.extensions.filters"
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
    clusters = [cluster("live", backends.live), *([cluster("shadow", shadow)] if shadow else [])]
    return json.dumps({"static_resources": {"listeners": [listener], "clusters": clusters}})


def gnomon_config(backends, mirror):
    shadow = backends.shadow_for(mirror)

    def upstream(name, port):
        # Breakers as wide as the others' have them, so that none answers for the backend.
        return f"""
apiVersion: gloo.solo.io/v1
kind: Upstream
metadata: {{name: {name}, namespace: gloo-system}}
spec:
  static: {{hosts: [{{addr: 127.0.0.1, port: {port}}}]}}
---"""

    options = ""
    if shadow:
        options = "options: {shadowing: {upstream: {name: shadow, namespace: gloo-system}, percentage: 100}}"
    return f"""{upstream("live", backends.live)}{upstream("shadow", shadow) if shadow else ""}
apiVersion: gateway.solo.io/v1
kind: VirtualService
metadata: {{name: default, namespace: gloo-system}}
spec:
  virtualHost:
    domains: ['*']
    routes:
    - matchers: [{{prefix: /}}]
      routeAction: {{single: {{upstream: {{name: live, namespace: gloo-system}}}}}}
      {options}
"""


class Proxy:
    """One gateway under test. `key` is what the results call it."""

    def __init__(self, kind, mirror, folder, backends, binary):
        self.kind, self.mirror = kind, mirror
        self.key = f"{kind} {mirror}"
        self.folder = folder / f"{kind}-{mirror}"
        self.folder.mkdir()
        self.port = free_port()
        file = self.folder / "config"
        if kind == "gnomon":
            file = self.folder / "config.yaml"
            file.write_text(gnomon_config(backends, mirror))
            listen = f"127.0.0.1:{self.port}"
            command = [binary, "run", "-c", file, "--workers", "1", "--listen", listen, "--admin", "127.0.0.1:0"]
        elif kind == "nginx":
            file.write_text(nginx_config(self.folder, self.port, backends, mirror))
            command = ["/usr/sbin/nginx", "-p", self.folder, "-c", file]
        elif kind == "haproxy":
            file.write_text(haproxy_config(self.port, backends))
            command = ["/usr/sbin/haproxy", "-db", "-f", file]
        else:
            file = file.with_suffix(".json")
            file.write_text(envoy_config(self.port, backends, mirror))
            command = ["envoy", "-c", file, "--concurrency", "1", "--use-dynamic-base-id", "-l", "critical"]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], stdout=log, stderr=log, preexec_fn=pinned(PROXY_CPU)
            )
        wait_for_port(self.port, self.process)

    def cpu_ns(self):
        """Processor time of all its threads so far."""
        total = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total

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
    }[kind]
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    found = re.search(r"\d+\.\d+\.\d+", run.stdout + run.stderr)
    return found[0] if found else "?"
