#include "routing/trial_builder.h"

#include <gtest/gtest.h>

#include "compare/proto_testing.h"
#include "routing/testing.h"

namespace gnomon::routing {
namespace {

// A ShadowTest of a route that is copied to green; `fields` begin at line 1 of a file of their own.
std::map<std::string, std::string> trial_files(const std::string& fields) {
  return {{"site/shop.yaml", shop(R"(
    - name: cart
      matchers: [{prefix: /}]
      routeAction: {single: {upstream: {name: blue}}}
      options: {shadowing: {upstream: {name: green}, percentage: 100}}
)")},
          {"site/trial.yaml",
           fields + "metadata: {name: it}\ntarget: {virtualService: shop, route: cart}\n"}};
}

Loaded load(std::map<std::string, std::string> texts) {
  config::MemoryFiles files(std::move(texts));
  return load_snapshot(files, "site");
}

const Trial* trial_of(const Loaded& loaded) {
  if (loaded.snapshot == nullptr || loaded.snapshot->trials().empty()) return nullptr;
  return loaded.snapshot->trials().front().get();
}

std::string problems_of(const std::string& fields) { return brief(load(trial_files(fields))); }

uint64_t digest_of(const std::map<std::string, std::string>& files) {
  const Loaded loaded = load(files);
  const Trial* const trial = trial_of(loaded);
  EXPECT_NE(trial, nullptr) << brief(loaded);
  return trial == nullptr ? 0 : trial->digest;
}

constexpr const char* kDescribed = "compare: {grpc: {descriptorSet: shop.pb}}\n";

TEST(TrialBuilder, reads_a_descriptor_set_beside_the_manifest) {
  auto files = trial_files(kDescribed);
  files["site/shop.pb"] = compare::testing::pet_shop();
  const Loaded loaded = load(files);
  ASSERT_NE(trial_of(loaded), nullptr) << brief(loaded);
  ASSERT_NE(trial_of(loaded)->schema, nullptr);
  EXPECT_TRUE(trial_of(loaded)->schema->knows("/shop.Pets/Get"));
  // So that a change of the file is noticed.
  EXPECT_TRUE(loaded.files.contains("site/shop.pb"));
}

TEST(TrialBuilder, a_changed_descriptor_set_is_a_changed_rule) {
  auto files = trial_files(kDescribed);
  files["site/shop.pb"] = compare::testing::pet_shop();
  const uint64_t first = digest_of(files);
  EXPECT_EQ(digest_of(files), first);
  google::protobuf::FileDescriptorSet set;
  ASSERT_TRUE(set.ParseFromString(files["site/shop.pb"]));
  set.mutable_file(0)->mutable_message_type(0)->mutable_field(0)->set_name("title");
  files["site/shop.pb"] = set.SerializeAsString();
  EXPECT_NE(digest_of(files), first);
  EXPECT_NE(digest_of(trial_files("compare: {}\n")), first);
}

TEST(TrialBuilder, refuses_a_descriptor_set_that_cannot_be_used) {
  const std::string place = "1:33 error: compare.grpc.descriptorSet: ";
  EXPECT_EQ(problems_of(kDescribed), place + "cannot read site/shop.pb: there is no such file\n");
  auto files = trial_files(kDescribed);
  files["site/shop.pb"] = "not one";
  EXPECT_EQ(brief(load(files)), place + "site/shop.pb: not a FileDescriptorSet\n");
  files["site/shop.pb"] = "";
  EXPECT_EQ(brief(load(files)), place + "site/shop.pb: not a FileDescriptorSet\n");
}

}  // namespace
}  // namespace gnomon::routing
