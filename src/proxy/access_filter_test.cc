#include "proxy/access_filter.h"

#include <gtest/gtest.h>

#include <string>

namespace gnomon::proxy {
namespace {

using routing::AccessFilter;
using Kind = AccessFilter::Kind;

AccessFilter of_kind(Kind kind) {
  AccessFilter out;
  out.kind = kind;
  return out;
}

TEST(AccessFilters, a_list_of_none_is_all_or_nothing) {
  EXPECT_TRUE(passes(of_kind(Kind::all), {}));
  EXPECT_FALSE(passes(of_kind(Kind::any), {}));
}

TEST(AccessFilters, compares_both_ends_included) {
  AccessFilter filter = of_kind(Kind::status);
  filter.number = 400;
  StreamFacts facts;
  const auto passing = [&](AccessFilter::Compare compare, uint16_t status) {
    filter.compare = compare;
    facts.status = status;
    return passes(filter, facts);
  };
  EXPECT_TRUE(passing(AccessFilter::Compare::ge, 400));
  EXPECT_FALSE(passing(AccessFilter::Compare::ge, 399));
  EXPECT_TRUE(passing(AccessFilter::Compare::le, 400));
  EXPECT_FALSE(passing(AccessFilter::Compare::le, 401));
  EXPECT_TRUE(passing(AccessFilter::Compare::eq, 400));
  EXPECT_FALSE(passing(AccessFilter::Compare::eq, 200));
}

TEST(AccessFilters, a_share_is_about_that_share_and_the_same_for_an_id) {
  AccessFilter filter = of_kind(Kind::share);
  filter.per_million = 250'000;
  int passed = 0;
  for (int i = 0; i < 4'000; ++i) {
    const std::string id = "request-" + std::to_string(i);
    StreamFacts facts;
    facts.request_id = id;
    facts.start = WallTime(Duration(i));
    const bool first = passes(filter, facts);
    facts.start = WallTime(Duration(i + 77));
    EXPECT_EQ(passes(filter, facts), first);
    passed += first ? 1 : 0;
  }
  EXPECT_NEAR(passed, 1'000, 5 * 28);  // five standard deviations
}

TEST(AccessFilters, ranges_do_not_include_their_end) {
  AccessFilter filter = of_kind(Kind::header);
  filter.field.name = "x-n";
  filter.match = AccessFilter::Match::range;
  filter.range_start = -5;
  filter.range_end = 10;
  const auto passing = [&](const char* value) {
    RequestHead head;
    head.headers.add("X-N", value);
    StreamFacts facts;
    facts.request = &head;
    return passes(filter, facts);
  };
  EXPECT_TRUE(passing("-5"));
  EXPECT_TRUE(passing("9"));
  EXPECT_FALSE(passing("10"));
  EXPECT_FALSE(passing("9x"));
  EXPECT_FALSE(passing(""));
}

TEST(AccessFilters, a_grpc_status_in_trailers_goes_before_the_http_status) {
  AccessFilter filter = of_kind(Kind::grpc_status);
  filter.grpc_statuses = 1U << 5;
  Headers trailers;
  StreamFacts facts;
  facts.status = 200;
  EXPECT_FALSE(passes(filter, facts));
  trailers.add("grpc-status", "5");
  facts.response_trailers = &trailers;
  EXPECT_TRUE(passes(filter, facts));
  filter.invert = true;
  EXPECT_FALSE(passes(filter, facts));
}

}  // namespace
}  // namespace gnomon::proxy
