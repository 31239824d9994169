// Whoever serves one more option has to say how it is merged.
#include "config/option_fields.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/schema.h"

namespace gnomon::config {
namespace {

template <typename Options>
std::vector<std::string_view> merged_names() {
  std::vector<std::string_view> names;
  for (const auto& field : option_fields<Options>()) names.push_back(field.name);
  std::ranges::sort(names);
  return names;
}

template <typename Options>
std::vector<std::string_view> served_names() {
  auto names = Schema<Options>::instance().served_names();
  std::ranges::sort(names);
  return names;
}

TEST(OptionFields, name_every_served_option) {
  EXPECT_EQ(merged_names<RouteOptions>(), served_names<RouteOptions>());
  EXPECT_EQ(merged_names<VirtualHostOptions>(), served_names<VirtualHostOptions>());
}

TEST(OptionFields, take_an_empty_rewrite_for_given_and_an_empty_text_for_absent) {
  RouteOptions options;
  options.prefix_rewrite = "";
  options.host_rewrite = "";
  for (const auto& field : option_fields<RouteOptions>()) {
    EXPECT_EQ(field.is_given(options), field.name == "prefixRewrite") << field.name;
  }
}

}  // namespace
}  // namespace gnomon::config
