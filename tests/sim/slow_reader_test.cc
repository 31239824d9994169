// A client that takes its answer slowly gets all of it, also when nothing but the answer's end is
// left of its connection.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "backend.h"
#include "world.h"

namespace gnomon::sim {
namespace {

using std::chrono::seconds;

// Reads what is there now.
std::string read_some(net::Stream& stream) {
  std::string out;
  char buffer[1024];
  for (;;) {
    const net::IoResult io = stream.read(buffer, sizeof(buffer));
    if (io.status != net::IoResult::Status::ok) return out;
    out.append(buffer, io.bytes);
  }
}

TEST(SlowReader, gets_the_end_of_an_answer_that_ends_the_connection) {
  World world(1);
  world.network.set_buffer_bytes(1024);
  world.add_backend(primary_address(), Behaviour::echo);
  world.serve(std::make_shared<OneRouteSnapshot>());
  const std::unique_ptr<net::Stream> client = world.connect();
  const std::string path(7'000, 'p');
  std::string request =
      fmt::format("GET /{} HTTP/1.1\r\nHost: sim.test\r\nConnection: close\r\n\r\n", path);
  while (!request.empty()) {
    const struct iovec part{request.data(), request.size()};
    const net::IoResult io = client->write(&part, 1);
    if (io.status == net::IoResult::Status::ok) request.erase(0, io.bytes);
    world.settle();
  }
  // Each of the pauses is longer than a head may take, and none as long as a stream may stand
  // still.
  std::string answer;
  for (int i = 0; i < 10; ++i) {
    world.advance(world.server_settings.header_timeout + seconds(5));
    answer += read_some(*client);
  }
  EXPECT_NE(answer.find(path), std::string::npos) << answer;
}

}  // namespace
}  // namespace gnomon::sim
