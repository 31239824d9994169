// Losses that no test from outside can bring about at will: each is counted under its own reason.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "backend.h"
#include "world.h"

namespace gnomon::sim {
namespace {

using shadow::Reason;

uint64_t dropped(World& world, Reason reason) {
  return world.shadow_stats("shadow").dropped[static_cast<size_t>(reason)].value();
}

uint64_t failed(World& world, Reason reason) {
  return world.shadow_stats("shadow").failed[static_cast<size_t>(reason)].value();
}

void get(World& world, Client& client) {
  client.send("GET / HTTP/1.1\r\nHost: sim.test\r\n\r\n");
  world.settle();
}

std::shared_ptr<OneRouteSnapshot> shadowed_route() {
  auto snapshot = std::make_shared<OneRouteSnapshot>();
  snapshot->add_shadow("shadow", shadow_address());
  return snapshot;
}

TEST(ShadowAccounting, a_stop_counts_what_it_cuts_and_what_it_no_longer_begins) {
  World world(1);
  world.add_backend(primary_address(), Behaviour::echo);
  world.add_backend(shadow_address(), Behaviour::hung);
  world.serve(shadowed_route());
  Client client(world);
  for (int i = 0; i < 3; ++i) get(world, client);
  EXPECT_EQ(world.shadow_stats("shadow").in_flight.value(), 3);
  world.shadows.stop();
  get(world, client);
  EXPECT_EQ(dropped(world, Reason::shutdown), 1u);
  world.shadows.cut_all();
  EXPECT_EQ(failed(world, Reason::shutdown), 3u);
  EXPECT_EQ(world.shadow_stats("shadow").in_flight.value(), 0);
  EXPECT_EQ(world.shadow_stats("shadow").copied.value(), 3u);
}

// Live side and shadows are given a new configuration one after the other.
TEST(ShadowAccounting, a_shadow_that_is_a_configuration_behind_has_no_upstream) {
  World world(1);
  world.add_backend(primary_address(), Behaviour::echo);
  world.serve(shadowed_route());
  const auto next = shadowed_route();
  world.clusters.install(next, std::make_shared<proxy::AddressBook>(),
                         [](routing::ClusterId id) { return id == 0; });
  Client client(world);
  get(world, client);
  EXPECT_EQ(dropped(world, Reason::no_upstream), 1u);
  EXPECT_EQ(world.shadow_stats("shadow").copied.value(), 0u);
  EXPECT_NE(client.received().find("200 OK"), std::string::npos);
}

}  // namespace
}  // namespace gnomon::sim
