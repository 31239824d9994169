#include "base/result.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gnomon {
namespace {

TEST(Errc, every_code_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) {
    names.insert(to_string(static_cast<Errc>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(Errc::internal) + 1);
  for (const std::string_view name : names) {
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << name;
  }
}

}  // namespace
}  // namespace gnomon
