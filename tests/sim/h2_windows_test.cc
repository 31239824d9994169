// Flow control ends where the shadow begins: the windows of an HTTP/2 client open as the primary
// takes its bytes, whatever an HTTP/2 shadow does with its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "backend.h"
#include "http/h2_peer.h"
#include "world.h"

namespace gnomon::sim {
namespace {

using http::H2Peer;

constexpr size_t kUpload = size_t{4} << 20;
constexpr size_t kPiece = 16'384;

// Uploads as fast as its windows let it.
class Uploader {
 public:
  explicit Uploader(World& world) : world_(world), peer_(H2Peer::Role::client, world.connect()) {
    peer_.say(http::h2_head(1, http::h2_request("POST"), false));
  }
  // How many rounds of the loop it took to be answered; none when it was not.
  std::optional<int> rounds() {
    for (int round = 0; round < 2'000; ++round) {
      send();
      world_.loop.run_once(Duration::zero());
      if (peer_.ended(1)) return round;
    }
    return std::nullopt;
  }
  const H2Peer& peer() const { return peer_; }

 private:
  void send() {
    constexpr size_t kFirst = 65'535;
    const size_t let = kFirst + std::min(peer_.window_opened(0), peer_.window_opened(1));
    while (sent_ < std::min(let, kUpload)) {
      const size_t n = std::min({kPiece, let - sent_, kUpload - sent_});
      sent_ += n;
      peer_.say(http::h2_frame(http::kH2Data, sent_ == kUpload ? http::kH2EndStream : 0, 1,
                               std::string(n, 'u')));
    }
  }

  World& world_;
  H2Peer peer_;
  size_t sent_ = 0;
};

struct Outcome {
  std::optional<int> rounds;
  TimePoint at;
  std::string answer;
  uint64_t failed = 0;
};

enum class Shadow : uint8_t { none, opens_no_window, shuts_its_window };

Outcome upload(Shadow kind) {
  World world(1);
  world.add_backend(primary_address(), Behaviour::echo);
  const auto snapshot = std::make_shared<OneRouteSnapshot>();
  std::vector<std::unique_ptr<H2Peer>> peers;
  std::unique_ptr<net::Acceptor> acceptor;
  if (kind != Shadow::none) {
    snapshot->add_shadow("s", shadow_address(), true).buffer_bytes_max = size_t{1} << 20;
    auto listening = world.network.listen(shadow_address(), [&](std::unique_ptr<net::Stream> s) {
      peers.push_back(std::make_unique<H2Peer>(H2Peer::Role::server, std::move(s)));
      peers.back()->open_windows(false);
      const std::string no_window = std::string("\0\4", 2) + http::h2_u32(0);
      if (kind == Shadow::shuts_its_window) {
        peers.back()->say(http::h2_frame(http::kH2Settings, 0, 0, no_window));
      }
    });
    acceptor = std::move(*listening);
  }
  world.serve(snapshot);
  Uploader client(world);
  Outcome out;
  out.rounds = client.rounds();
  out.at = world.loop.now();
  out.answer = client.peer().body(1);
  world.settle();
  out.failed =
      world.shadow_stats("s").failed[static_cast<size_t>(shadow::Reason::budget_bytes)].value();
  peers.clear();
  return out;
}

TEST(H2Windows, of_a_client_have_nothing_to_do_with_those_of_a_shadow) {
  const Outcome alone = upload(Shadow::none);
  ASSERT_TRUE(alone.rounds);
  EXPECT_EQ(alone.answer, "POST / 4194304");
  for (const Shadow shadow : {Shadow::opens_no_window, Shadow::shuts_its_window}) {
    const Outcome beside = upload(shadow);
    EXPECT_EQ(beside.answer, alone.answer);
    EXPECT_EQ(beside.rounds, alone.rounds);
    EXPECT_EQ(beside.at, alone.at);
    EXPECT_EQ(beside.failed, 1u);
  }
}

}  // namespace
}  // namespace gnomon::sim
