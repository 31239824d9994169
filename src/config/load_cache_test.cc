#include "config/load_cache.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "config/testing.h"

namespace gnomon::config {
namespace {

std::string service(const std::string& name, const std::string& more = "") {
  return "apiVersion: gateway.solo.io/v1\nkind: VirtualService\nmetadata: {name: " + name +
         "}\nspec: {" + more + "}\n---\n";
}

class LoadCacheTest : public testing::Test {
 protected:
  // Names of the VirtualServices, and the problems.
  std::string reload() {
    MemoryFiles files(files_);
    Resources read = load(files, "conf", {}, &cache_);
    std::string out;
    for (const VirtualService& one : read.virtual_services) out += one.metadata.name.value + " ";
    out += "| " + brief(read.diagnostics.sorted());
    cache_.keep(read);
    return out;
  }

  std::map<std::string, std::string> files_;
  LoadCache cache_;
};

TEST_F(LoadCacheTest, knows_that_nothing_has_changed) {
  const auto changed = [this] {
    reload();
    return !cache_.unchanged();
  };
  files_["conf/a.yaml"] = service("a");
  files_["conf/b.yaml"] = service("b");
  EXPECT_TRUE(changed());
  EXPECT_FALSE(changed());
  files_["conf/notes.txt"] = "no manifest";
  EXPECT_FALSE(changed());
  files_["conf/b.yaml"] += "# more\n";
  EXPECT_TRUE(changed());
  files_["conf/c.yaml"] = "";
  EXPECT_TRUE(changed());
  files_.erase("conf/c.yaml");
  EXPECT_TRUE(changed());
  EXPECT_FALSE(changed());
  files_["conf/b.yaml"] = service("b", "mistake: 1");
  EXPECT_TRUE(changed());
  EXPECT_TRUE(changed()) << "with errors it counts as changed";
  files_.erase("conf/b.yaml");
  EXPECT_TRUE(changed());
  EXPECT_FALSE(changed());
}

TEST_F(LoadCacheTest, gives_back_what_has_not_changed_and_reads_what_has) {
  files_["conf/a.yaml"] = service("a1") + service("a2");
  files_["conf/b.yaml"] = service("b");
  EXPECT_EQ(reload(), "a1 a2 b | ");
  const uint32_t texts = static_cast<uint32_t>(cache_.sources()->size());
  EXPECT_EQ(reload(), "a1 a2 b | ");
  EXPECT_EQ(cache_.sources()->size(), texts);
  files_["conf/a.yaml"] = service("a1") + service("a3");
  EXPECT_EQ(reload(), "a1 a3 b | ");
  EXPECT_EQ(cache_.sources()->size(), texts + 1);
  files_.erase("conf/a.yaml");
  EXPECT_EQ(reload(), "b | ");
  files_["conf/a.yaml"] = service("a9");
  EXPECT_EQ(reload(), "a9 b | ");
}

TEST_F(LoadCacheTest, tells_warnings_again) {
  files_["conf/a.yaml"] = service("a", "displayName: x, virtualHost: {options: {csrf: {}}}");
  const std::string first = reload();
  EXPECT_NE(first.find("csrf"), std::string::npos);
  EXPECT_EQ(reload(), first);
}

TEST_F(LoadCacheTest, forgets_no_resource_over_a_name_that_was_taken_twice) {
  files_["conf/a.yaml"] = service("x");
  files_["conf/b.yaml"] = service("x") + service("w");
  EXPECT_NE(reload().find("defined twice"), std::string::npos);
  EXPECT_NE(reload().find("defined twice"), std::string::npos);
  files_["conf/a.yaml"] = service("z");
  EXPECT_EQ(reload(), "z x w | ");
}

TEST_F(LoadCacheTest, reads_again_what_had_errors) {
  files_["conf/a.yaml"] = service("a", "nonsense: 1");
  const std::string first = reload();
  EXPECT_NE(first.find("error"), std::string::npos);
  EXPECT_EQ(reload(), first);
}

TEST_F(LoadCacheTest, loses_nothing_when_a_load_is_never_kept) {
  files_["conf/a.yaml"] = service("a");
  reload();
  {
    MemoryFiles files(files_);
    const Resources lost = load(files, "conf", {}, &cache_);
  }
  EXPECT_EQ(reload(), "a | ");
}

}  // namespace
}  // namespace gnomon::config
