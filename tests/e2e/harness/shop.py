"""A gRPC service. Only for tests that have made sure that grpcio is there."""

import threading
from concurrent import futures

import grpc

NAME = "test.Shop"


def path(method):
    return f"/{NAME}/{method}"


class Shop:
    """Echoes in every manner of streaming; messages are bytes."""

    def __init__(self):
        self.cancelled = threading.Event()
        self.calls = []
        self.remaining_s = []
        self.flooded = 0  # blocks that Flood has handed over
        self.may_read = threading.Event()  # Up waits for it
        self.may_read.set()
        self.server = grpc.server(futures.ThreadPoolExecutor(16), options=[("grpc.max_receive_message_length", -1)])
        raw = {
            "Unary": grpc.unary_unary_rpc_method_handler(self.unary),
            "Fails": grpc.unary_unary_rpc_method_handler(self.fails),
            "Slow": grpc.unary_unary_rpc_method_handler(self.slow),
            "Down": grpc.unary_stream_rpc_method_handler(self.down),
            "Flood": grpc.unary_stream_rpc_method_handler(self.flood),
            "Up": grpc.stream_unary_rpc_method_handler(self.up),
            "Both": grpc.stream_stream_rpc_method_handler(self.both),
        }
        self.server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(NAME, raw)])
        self.host, self.port = "127.0.0.1", self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def note(self, name, context):
        self.calls.append((name, dict(context.invocation_metadata())))
        self.remaining_s.append(context.time_remaining())

    def unary(self, request, context):
        self.note("Unary", context)
        context.set_trailing_metadata([("x-note", "kept")])
        return request

    def fails(self, request, context):
        context.abort(grpc.StatusCode.NOT_FOUND, "no such thing")

    def slow(self, request, context):
        context.add_callback(self.cancelled.set)
        self.cancelled.wait(20)
        return request

    def down(self, request, context):
        for n in range(int(request)):
            yield b"%d" % n

    def flood(self, request, context):
        """As many blocks of 64 KiB."""
        block = b"x" * 65536
        for _ in range(int(request)):
            self.flooded += 1
            yield block

    def up(self, requests, context):
        self.note("Up", context)
        self.may_read.wait(20)
        return b"%d" % sum(len(request) for request in requests)

    def both(self, requests, context):
        yield from requests

    def stop(self):
        self.server.stop(0)
