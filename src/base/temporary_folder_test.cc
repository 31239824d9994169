#include "base/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gnomon {
namespace {

TEST(TemporaryFolder, is_there_for_its_owner_alone_and_gone_with_it) {
  std::string path;
  {
    const TemporaryFolder folder;
    path = folder.path();
    ASSERT_FALSE(path.empty());
    std::filesystem::create_directory(path + "/deeper");
    std::ofstream(path + "/deeper/file") << "text";
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    EXPECT_EQ(std::filesystem::status(path).permissions() & others, std::filesystem::perms::none);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TemporaryFolder, says_so_where_there_is_no_place_for_one) {
  const char* const before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TMPDIR", "/proc/nothing", 1);
  EXPECT_EQ(TemporaryFolder().path(), "");
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", kept.c_str(), 1);
}

}  // namespace
}  // namespace gnomon
