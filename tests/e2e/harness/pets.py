"""A gRPC service with messages that have names. Only for tests that have made sure that grpcio is there."""

from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PATH = "/pets.Pets/Get"


def descriptor_set(price="price"):
    """As `protoc --descriptor_set_out` writes it."""
    described = descriptor_pb2.FileDescriptorSet()
    file = described.file.add(name="pets.proto", package="pets", syntax="proto3")
    pet = file.message_type.add(name="Pet")
    field = descriptor_pb2.FieldDescriptorProto
    names = [("name", field.TYPE_STRING), (price, field.TYPE_DOUBLE), ("password", field.TYPE_STRING)]
    for number, (name, kind) in enumerate(names, 1):
        pet.field.add(name=name, number=number, type=kind, label=field.LABEL_OPTIONAL)
    service = file.service.add(name="Pets")
    service.method.add(name="Get", input_type=".pets.Pet", output_type=".pets.Pet")
    return described


def pet(**values):
    pool = descriptor_pool.DescriptorPool()
    pool.Add(descriptor_set().file[0])
    return message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("pets.Pet"))(**values)


class Pets:
    """Answers each call with what `make` returns, bytes of a message."""

    http2 = True

    def __init__(self, make):
        self.make = make
        self.server = grpc.server(futures.ThreadPoolExecutor(8))
        service, method = PATH[1:].split("/")
        handlers = {method: grpc.unary_unary_rpc_method_handler(self.get)}
        self.server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, handlers)])
        self.host, self.port = "127.0.0.1", self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def get(self, request, context):
        context.set_trailing_metadata(self.trailers(request))
        return self.make(request)

    def trailers(self, request):
        return ()

    def stop(self):
        self.server.stop(0)
