"""Three requests, and who got what of them."""

import json
import time
import urllib.request

DEADLINE_S = 30
CALLS = (("/petstore/pets", None), ("/petstore/pets/1", None), ("/petstore/orders", '{"pets": [1, 3]}'))


def fetch(url, body=None, **headers):
    request = urllib.request.Request(url, body and body.encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status, answer.headers.get("X-Petstore"), answer.read().decode().strip()


def seen_by(port, count):
    """What a pet store was asked, once that is `count` requests: a copy may arrive after the client's answer."""
    end = time.monotonic() + DEADLINE_S
    while True:
        seen = json.loads(fetch(f"http://127.0.0.1:{port}/_seen")[2])
        if len(seen) >= count:
            return seen
        if time.monotonic() > end:
            raise SystemExit(f"expected {count} requests, saw {seen}")
        time.sleep(0.02)


def show(gateway_port, live_port, shadow_port):
    show_answers(f"http://127.0.0.1:{gateway_port}")
    # The live one is asked again by the control.
    show_asked("petstore, the live one, was asked", seen_by(live_port, 2 * len(CALLS)))
    show_asked("petstore-v2, the shadow, was asked", seen_by(shadow_port, len(CALLS)))
    print("\nSame requests. A Host that ends in -shadow marks a copy, whose answer goes to no client: one for petstore-v2,")
    print("and one for petstore again, the control, by which gnomon learns what differs without anything being wrong.")


def show_answers(base):
    print("The client sent three requests for shop.example.com and got:\n")
    for path, body in CALLS:
        status, server, answer = fetch(base + path, body, Host="shop.example.com")
        print(f"  {'POST' if body else 'GET ':4} {path}")
        print(f"       {status} from {server}: {answer[:90]}{'...' if len(answer) > 90 else ''}")


def show_asked(title, requests):
    print(f"\n{title}:\n")
    for seen in requests:
        print(f"  {seen['method']:4} {seen['path']:17} Host: {seen['host']}  {seen['body']}".rstrip())


def show_what_to_try(binary, gateway_port, admin_port):
    print(
        f"""
Try it:

  {binary} verdict --admin 127.0.0.1:{admin_port}
  {binary} differences --admin 127.0.0.1:{admin_port}
  {binary} differences --admin 127.0.0.1:{admin_port} --sample 1     # side by side
  curl -i http://127.0.0.1:{gateway_port}/petstore/pets/1
  curl http://127.0.0.1:{admin_port}/metrics
""",
        flush=True,
    )
