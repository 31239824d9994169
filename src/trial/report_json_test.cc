#include "trial/report_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace gnomon::trial {
namespace {

using Json = nlohmann::json;

Json share_of(uint64_t compared, uint64_t unread, int reached) {
  TrialRun::View view;
  view.differing.n = compared;
  view.unread = unread;
  for (int i = 0; i < reached; ++i) {
    view.limits[static_cast<size_t>(verdict::Leg::candidate)].add("memoryPressure");
  }
  return Json::parse(verdict_json("ns.trial", view))["limits"]["memoryPressure"]["share"];
}

TEST(ReportJson, the_share_of_a_limit_is_a_number_whatever_was_compared) {
  EXPECT_EQ(share_of(40, 0, 10), 0.25);
  EXPECT_EQ(share_of(0, 10, 10), 1.0);
  EXPECT_EQ(share_of(10, 10, 10), 0.5);
  EXPECT_EQ(share_of(0, 0, 10), 0.0);
}

}  // namespace
}  // namespace gnomon::trial
