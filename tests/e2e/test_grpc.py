"""gRPC by its own Python client and server, beside a shadow that answers and beside one that hangs."""

import threading

import pytest
from harness import SANITIZED, Backend, Refused, never, patience
from harness.config import mirrored, route, virtual_service
from harness.h2 import hung

grpc = pytest.importorskip("grpc")
from harness.shop import Shop, path  # noqa: E402 - needs grpc

MIB = 1 << 20


@pytest.fixture
def primary(closing):
    return closing(Shop())


@pytest.fixture(params=["answering", "hung"])
def shadow(request, closing):
    return closing(Shop() if request.param == "answering" else Backend(hung))


@pytest.fixture
def gw(start, primary, shadow):
    made = mirrored(primary, shadow, test={"request": {"timeout": "2s"}})
    for index in (1, 2):
        made[index]["spec"]["useHttp2"] = True
    return start(made)


@pytest.fixture
def channel(gw):
    with grpc.insecure_channel(f"127.0.0.1:{gw.port}") as channel:
        yield channel


TIMEOUT_S = 20


def test_unary_with_trailers(channel, primary, shadow):
    answer, call = channel.unary_unary(path("Unary")).with_call(b"hello", timeout=TIMEOUT_S, metadata=[("x-a", "b")])
    assert answer == b"hello"
    assert ("x-note", "kept") in [tuple(pair) for pair in call.trailing_metadata()]
    assert primary.calls[0][1]["x-a"] == "b"


def test_status_and_message_of_a_failure(channel):
    with pytest.raises(grpc.RpcError) as failure:
        channel.unary_unary(path("Fails"))(b"", timeout=TIMEOUT_S)
    assert failure.value.code() == grpc.StatusCode.NOT_FOUND
    assert failure.value.details() == "no such thing"


def test_server_streaming(channel):
    assert list(channel.unary_stream(path("Down"))(b"500", timeout=TIMEOUT_S)) == [b"%d" % n for n in range(500)]


def test_thousands_of_small_messages_are_no_flood(channel):
    """Either side grants a window for next to each of them."""
    count = 20_000
    down = channel.unary_stream(path("Down"))(b"%d" % count, timeout=patience(60))
    assert sum(1 for _ in down) == count
    up = channel.stream_unary(path("Up"))((b"x" for _ in range(count)), timeout=patience(60))
    assert up == b"%d" % count
    assert channel.unary_unary(path("Unary"))(b"alive", timeout=TIMEOUT_S) == b"alive"


def test_client_streaming_of_32_mib(channel, gw, primary, shadow):
    message = b"x" * 64 * 1024
    answer = channel.stream_unary(path("Up"))((message for _ in range(512)), timeout=patience(TIMEOUT_S))
    assert answer == b"%d" % (32 * MIB)
    gw.settle()


BLOCK = b"x" * 65536
BLOCKS = 1600  # 100 MiB


# What is on its way while one side does not read: in windows and buffers, of grpcio's too.
UNREAD_BLOCKS = BLOCKS // 4


def large_unary(channel, shop):
    message = BLOCK * BLOCKS
    assert channel.unary_unary(path("Unary"))(message, timeout=patience(60)) == message


def large_download(channel, shop):
    answers = channel.unary_stream(path("Flood"))(b"%d" % BLOCKS, timeout=patience(60))
    size = len(next(answers))
    never(lambda: shop.flooded > UNREAD_BLOCKS, 0.5)
    assert size + sum(len(answer) for answer in answers) == BLOCKS * len(BLOCK)


def large_upload(channel, shop):
    sent = []

    def blocks():
        for _ in range(BLOCKS):
            sent.append(None)
            yield BLOCK

    shop.may_read.clear()
    call = channel.stream_unary(path("Up")).future(blocks(), timeout=patience(60))
    never(lambda: len(sent) > UNREAD_BLOCKS, 0.5)
    shop.may_read.set()
    assert call.result() == b"%d" % (BLOCKS * len(BLOCK))


def large_conversation(channel, shop):
    blocks = (BLOCK for _ in range(BLOCKS))
    answers = channel.stream_stream(path("Both"))(blocks, timeout=patience(60))
    assert sum(len(answer) for answer in answers) == BLOCKS * len(BLOCK)


@pytest.mark.serial
@pytest.mark.skipif(bool(SANITIZED), reason="a sanitizer keeps freed memory")
@pytest.mark.parametrize("shadowed", [False, True], ids=["alone", "beside a hung shadow"])
@pytest.mark.parametrize("call", [large_unary, large_download, large_upload, large_conversation])
def test_a_hundred_mib_pass_and_stay_in_nobody_s_memory(start, primary, closing, call, shadowed):
    budget = 4 * MIB
    test = {"request": {"timeout": "60s"}, "limits": {"bufferBytes": budget}}
    made = mirrored(primary, closing(Backend(hung)), test=test if shadowed else None)
    for index in (1, 2):
        made[index]["spec"]["useHttp2"] = True
    if not shadowed:
        made[3] = virtual_service(route("/", timeout="0s"))
    gw = start(made)
    with grpc.insecure_channel(f"127.0.0.1:{gw.port}", options=[("grpc.max_receive_message_length", -1)]) as channel:
        assert channel.unary_unary(path("Unary"))(b"hello", timeout=TIMEOUT_S) == b"hello"
        before = gw.memory_bytes()
        call(channel, primary)
        grown = gw.memory_bytes() - before
    # What flows is held in windows and buffers of 256 KiB or so on each side.
    assert grown < (budget if shadowed else 0) + 4 * MIB
    if shadowed and call is not large_download:
        assert gw.metrics().lost("budget_bytes") == 1


def test_bidirectional_streaming_message_by_message(channel, shadow):
    sent = threading.Semaphore(1)

    def requests():
        for n in range(50):
            sent.acquire()
            yield b"%d" % n

    seen = []
    for answer in channel.stream_stream(path("Both"))(requests(), timeout=TIMEOUT_S):
        seen.append(answer)
        sent.release()
    assert seen == [b"%d" % n for n in range(50)]


def test_cancellation_reaches_the_backend(channel, primary):
    call = channel.unary_unary(path("Slow")).future(b"", timeout=TIMEOUT_S)
    with pytest.raises(grpc.FutureTimeoutError):
        call.result(timeout=0.3)
    call.cancel()
    assert primary.cancelled.wait(TIMEOUT_S)


def test_deadline_ends_the_call_on_both_sides(channel, primary):
    with pytest.raises(grpc.RpcError) as failure:
        channel.unary_unary(path("Slow"))(b"", timeout=0.3)
    assert failure.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert primary.cancelled.wait(TIMEOUT_S)


def test_copies_are_whole_calls(channel, gw, primary, shadow):
    if not isinstance(shadow, Shop):
        pytest.skip("needs a shadow that answers")
    for _ in range(20):
        assert channel.unary_unary(path("Unary"))(b"hello", timeout=TIMEOUT_S) == b"hello"
    metrics = gw.settle()
    assert metrics.total("gnomon_shadow_answered_total", code_class="2xx") == 20
    assert metrics.total("gnomon_upstream_connections_total", leg="shadow") == 1
    assert len(shadow.calls) == 20


def test_gateway_answers_calls_in_their_language(start, closing):
    nobody = closing(Refused())
    made = mirrored(nobody, nobody)
    made[1]["spec"]["useHttp2"] = made[2]["spec"]["useHttp2"] = True
    gw = start(made)
    with grpc.insecure_channel(f"127.0.0.1:{gw.port}") as channel, pytest.raises(grpc.RpcError) as failure:
        channel.unary_unary(path("Unary"))(b"", timeout=TIMEOUT_S)
    assert failure.value.code() == grpc.StatusCode.UNAVAILABLE
    assert failure.value.details() == "cannot connect to upstream"


def test_retry_by_grpc_status(start, closing):
    class Recovering(Shop):
        def unary(self, request, context):
            self.note("Unary", context)
            if len(self.calls) == 1:
                context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
            return request

    shop = closing(Recovering())
    made = mirrored(shop, closing(Refused()))
    made[1]["spec"]["useHttp2"] = True
    made[3] = virtual_service(route("/", retries={"retryOn": "unavailable", "numRetries": 2}))
    gw = start(made)
    with grpc.insecure_channel(f"127.0.0.1:{gw.port}") as channel:
        assert channel.unary_unary(path("Unary"))(b"hello", timeout=TIMEOUT_S) == b"hello"
    assert len(shop.calls) == 2
