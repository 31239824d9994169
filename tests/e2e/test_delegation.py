"""RouteTables, UpstreamGroups and options that stand in resources of their own, against the real program."""

import re
import subprocess

import pytest
from harness import Backend, eventually
from harness.backend import answer, echo, ok
from harness.config import dump, gateway, metadata, reference, route, shadow_test, shadowing, upstream, virtual_service
from harness.gateway import BINARY


def resource(kind, name, spec, labels=None, api="gateway.solo.io/v1"):
    made = {"apiVersion": api, "kind": kind, "metadata": metadata(name), "spec": spec}
    if labels:
        made["metadata"]["labels"] = labels
    return made


def route_table(name, *routes, labels=None, **spec):
    return resource("RouteTable", name, {"routes": list(routes), **spec}, labels)


def delegate(prefix, to, **more):
    """A route to a RouteTable's name, or by a whole delegateAction."""
    action = to if isinstance(to, dict) else {"ref": reference(to)}
    return {"matchers": [{"prefix": prefix}], "delegateAction": action, **more}


def group(name, **weights):
    destinations = [{"destination": {"upstream": reference(to)}, "weight": weight} for to, weight in weights.items()]
    return resource("UpstreamGroup", name, {"destinations": destinations}, api="gloo.solo.io/v1")


@pytest.fixture
def named(closing):
    def make(name):
        return closing(Backend(answer(ok(name.encode()))))

    return make


def test_request_goes_through_two_tables(start, named):
    gw = start(
        [
            gateway(),
            upstream("inner", named("inner")),
            upstream("outer", named("outer")),
            virtual_service(delegate("/a", "outer-routes"), route("/", "outer")),
            route_table("outer-routes", delegate("/a/b", "inner-routes"), route("/a/c", "outer")),
            route_table("inner-routes", route("/a/b/c", "inner")),
        ]
    )
    assert gw.get("/a/b/c").body == b"inner"
    assert gw.get("/a/c").body == b"outer"
    assert gw.get("/a/b/x").body == b"outer"


def test_teams_tables_are_found_by_label_and_sorted(start, named):
    gw = start(
        [
            gateway(),
            upstream("one", named("one")),
            upstream("two", named("two")),
            virtual_service(delegate("/", {"selector": {"labels": {"app": "shop"}}})),
            route_table("one", route("/pets", "one"), labels={"app": "shop"}),
            route_table("two", route("/pets/cats", "two"), labels={"app": "shop"}),
        ]
    )
    assert gw.get("/pets/dogs").body == b"one"
    assert gw.get("/pets/cats").body == b"two"


def test_options_of_the_parent_reach_the_backend(start, closing):
    primary = closing(Backend(answer(echo)))
    gw = start(
        [
            gateway(),
            upstream("primary", primary),
            virtual_service(
                delegate(
                    "/a",
                    "a",
                    options={"prefixRewrite": "/parent", "hostRewrite": "parent.test"},
                    optionsConfigRefs={"delegateOptions": [reference("edits")]},
                )
            ),
            route_table("a", route("/a", prefixRewrite="/child")),
            resource(
                "RouteOption",
                "edits",
                {
                    "options": {
                        "hostRewrite": "option.test",
                        "headerManipulation": {"requestHeadersToAdd": [{"header": {"key": "x-by", "value": "option"}}]},
                    }
                },
            ),
        ]
    )
    assert gw.get("/a/x").status == 200
    seen = primary.wait_requests(1)[0]
    assert seen.target == "/child/x"
    assert seen.host == "parent.test"
    assert seen.header("x-by") == "option"


def test_shadowing_of_the_parent_copies_the_childs_requests(start, primary, closing):
    shadow = closing(Backend())
    gw = start(
        [
            gateway(),
            upstream("primary", primary),
            upstream("shadow", shadow),
            virtual_service(delegate("/a", "a", options={"shadowing": shadowing()})),
            route_table("a", route("/a")),
        ]
    )
    assert gw.get("/a/pets").status == 200
    assert shadow.wait_requests(1)[0].host == "shop.test-shadow"


def test_shadow_test_names_a_route_of_a_table(start, primary, closing):
    shadow = closing(Backend())
    gw = start(
        [
            gateway(),
            upstream("primary", primary),
            upstream("shadow", shadow),
            virtual_service(delegate("/a", "a")),
            route_table("a", route("/a/quiet"), route("/a", name="copied")),
            shadow_test(route="copied", shadow={"upstream": reference("shadow"), "percentage": 100}),
        ]
    )
    assert gw.get("/a/quiet").status == 200
    assert gw.get("/a/loud").status == 200
    assert [seen.target for seen in shadow.wait_requests(1)] == ["/a/loud"]


def test_upstream_group_shares_requests_out(start, named):
    gw = start(
        [
            gateway(),
            upstream("one", named("one")),
            upstream("two", named("two")),
            virtual_service(route("/", to={"routeAction": {"upstreamGroup": reference("both")}})),
            group("both", one=1, two=1),
        ]
    )
    seen = {gw.get("/").body for _ in range(100)}
    assert seen == {b"one", b"two"}


def test_reload_moves_every_route_of_a_group(start, named):
    resources = [
        gateway(),
        upstream("one", named("one")),
        upstream("two", named("two")),
        virtual_service(route("/", to={"routeAction": {"upstreamGroup": reference("both")}})),
        group("both", one=1),
    ]
    gw = start(resources)
    assert gw.get("/").body == b"one"
    resources[-1] = group("both", two=1)
    gw.write(resources)
    eventually(lambda: gw.get("/").body == b"two")


def test_redirect_by_regular_expression(start):
    action = {
        "redirectAction": {
            "hostRedirect": "new.test",
            "regexRewrite": {"pattern": {"regex": "^/user/([0-9]+)$"}, "substitution": "/users?id=\\1"},
        }
    }
    gw = start([gateway(), virtual_service(route("/", to=action))])
    response = gw.get("/user/17")
    assert response.status == 301
    assert response.header("location") == "http://new.test/users?id=17"


def test_direct_response_in_a_table(start):
    action = {"directResponseAction": {"status": 418, "body": "teapot"}}
    gw = start([gateway(), virtual_service(delegate("/", "a")), route_table("a", route("/tea", to=action))])
    response = gw.get("/tea")
    assert (response.status, response.body) == (418, b"teapot")
    assert gw.get("/coffee").status == 404


def test_check_names_child_and_parent(tmp_path):
    (tmp_path / "shop.yaml").write_text(
        dump([upstream("primary", ("127.0.0.1", 1)), virtual_service(delegate("/a", "a"), delegate("/c", "gone"))])
    )
    (tmp_path / "a.yaml").write_text(dump([route_table("a", route("/b"))]))
    (tmp_path / "unused.yaml").write_text(dump([route_table("unused", route("/b"))]))
    told = subprocess.run([str(BINARY), "check", str(tmp_path)], capture_output=True, text=True, timeout=20)
    assert told.returncode == 0, told.stderr
    assert re.search(r"a\.yaml:8:\d+: warning: .*required prefix: /a, prefix: /b.*reached from VirtualService", told.stderr)
    assert re.search(r"shop\.yaml:\d+:\d+: warning: .*route table gloo-system.gone missing", told.stderr)
    assert re.search(r"unused\.yaml:1:1: warning: no route delegates to this RouteTable", told.stderr)
    assert told.stderr.count("hint:") >= told.stderr.count("warning:"), told.stderr
    assert "Checking RouteTables... OK" in told.stdout


def test_check_refuses_a_circle(tmp_path):
    file = tmp_path / "circle.yaml"
    file.write_text(
        dump([virtual_service(delegate("/", "a")), route_table("a", delegate("/", "b")), route_table("b", delegate("/", "a"))])
    )
    told = subprocess.run([str(BINARY), "check", str(file)], capture_output=True, text=True, timeout=20)
    assert told.returncode == 2
    assert "delegation cycle detected: [gloo-system.a] -> [gloo-system.b] -> [gloo-system.a]" in told.stderr
    assert "Checking RouteTables... 1 of 2 with errors" in told.stdout
