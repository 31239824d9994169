"""Manifests as the tests write them."""

import yaml

NAMESPACE = "gloo-system"


def metadata(name):
    return {"name": name, "namespace": NAMESPACE}


def reference(name):
    return {"name": name, "namespace": NAMESPACE}


def gateway(port=0, address="127.0.0.1"):
    return {
        "apiVersion": "gateway.solo.io/v1",
        "kind": "Gateway",
        "metadata": metadata("gateway-proxy"),
        "spec": {"bindAddress": address, "bindPort": port, "httpGateway": {}},
    }


def upstream(name, *backends, **spec):
    """A static Upstream. A backend is anything with a host and a port, or a (host, port) pair; one that has `tls` or
    `http2` set gets that."""
    pairs = [b if isinstance(b, tuple) else (b.host, b.port) for b in backends]
    static = {"hosts": [{"addr": host, "port": port} for host, port in pairs]}
    if any(getattr(backend, "tls", False) for backend in backends):
        static["useTls"] = True
    if any(getattr(backend, "http2", False) for backend in backends):
        spec = {"useHttp2": True, **spec}
    return {
        "apiVersion": "gloo.solo.io/v1",
        "kind": "Upstream",
        "metadata": metadata(name),
        "spec": {"static": static, **spec},
    }


def shadowing(to="shadow", percentage=100, **more):
    return {"upstream": reference(to), "percentage": percentage, **more}


def route(prefix="/", to="primary", name=None, matchers=None, shadow=None, **options):
    """A route to one Upstream. `to` may also be the whole route action as a dict."""
    made = {"matchers": matchers or [{"prefix": prefix}]}
    if name:
        made["name"] = name
    if isinstance(to, dict):
        made |= to
    else:
        made["routeAction"] = {"single": {"upstream": reference(to)}}
    if shadow:
        options["shadowing"] = shadow
    if options:
        made["options"] = options
    return made


def virtual_service(*routes, domains=("*",), name="default", **virtual_host):
    return {
        "apiVersion": "gateway.solo.io/v1",
        "kind": "VirtualService",
        "metadata": metadata(name),
        "spec": {"virtualHost": {"domains": list(domains), "routes": list(routes), **virtual_host}},
    }


def shadow_test(name="trial", route="live", virtual_service="default", **spec):
    return {
        "apiVersion": "gnomon.dev/v1alpha1",
        "kind": "ShadowTest",
        "metadata": metadata(name),
        "spec": {"target": {"virtualService": virtual_service, "route": route}, **spec},
    }


def mirrored(primary, shadow, test=None, **shadow_options):
    """The plain case: everything goes to `primary`, copies to `shadow`; /live goes there without a copy."""
    resources = [
        gateway(),
        upstream("primary", primary),
        upstream("shadow", shadow),
        virtual_service(
            route("/live", name="unshadowed"), route("/", name="live", shadow=shadowing(**shadow_options))
        ),
    ]
    if test is not None:
        resources.append(shadow_test(**test))
    return resources


def dump(resources):
    return yaml.safe_dump_all(resources, sort_keys=False)
