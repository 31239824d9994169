#include "compare/endpoint_learner.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace gnomon::compare {
namespace {

EndpointTemplate named(std::string_view text) { return *EndpointTemplate::parse(text); }

std::string word(uint32_t n) {
  std::string out;
  for (uint32_t i = 0; i < 6; ++i, n /= 20) out.push_back(static_cast<char>('a' + n % 20));
  return out;
}

EndpointRequest get(std::string_view path) { return {"GET", path, false}; }

TEST(EndpointTemplate, stands_for_segments) {
  const std::vector<std::string_view> pet = {"api", "pets", "7"};
  EXPECT_TRUE(named("/api/pets/{id}").matches("GET", pet));
  EXPECT_TRUE(named("/api/*/7").matches("GET", pet));
  EXPECT_TRUE(named("/api/**").matches("GET", pet));
  EXPECT_TRUE(named("/**").matches("GET", pet));
  EXPECT_TRUE(named("GET /api/pets/{id}").matches("GET", pet));
  EXPECT_FALSE(named("PUT /api/pets/{id}").matches("GET", pet));
  EXPECT_FALSE(named("/api/pets").matches("GET", pet));
  EXPECT_FALSE(named("/api/pets/7/**").matches("GET", pet));
  EXPECT_FALSE(named("/api/{kind}").matches("GET", pet));
  EXPECT_FALSE(
      named("/api/pets/{id}").matches("GET", std::vector<std::string_view>{"api", "pets", ""}));
}

TEST(EndpointTemplate, is_refused_with_a_reason) {
  for (const char* bad :
       {"", "api", "get /a", "/a?b", "/a b c", "/a{id}", "/{a}{b}", "/a**", "/**/a", "/{a"}) {
    EXPECT_FALSE(EndpointTemplate::parse(bad).has_value()) << bad;
  }
}

TEST(EndpointLearner, knows_values_by_their_look) {
  EndpointLearner learner({});
  EXPECT_EQ(learner.learn(get("/user/1/name")), "GET /user/{}/name");
  EXPECT_EQ(learner.learn(get("/user/2/name?verbose=1")), "GET /user/{}/name");
  EXPECT_EQ(learner.learn({"DELETE", "/user/2/name", false}), "DELETE /user/{}/name");
  EXPECT_EQ(learner.learn(get("/")), "GET /");
  EXPECT_EQ(learner.learn(get("/a/")), "GET /a/");
  EXPECT_EQ(learner.learn({"PROPFIND", "/a/", false}), "OTHER /a/");
  EXPECT_EQ(learner.endpoints(), 5u);
  EXPECT_TRUE(learner.take_renames().empty());
}

TEST(EndpointLearner, learns_values_by_their_number) {
  EndpointOptions options;
  options.distinct = 5;
  EndpointLearner learner(options);
  EXPECT_EQ(learner.learn(get("/user/ann/name")), "GET /user/ann/name");
  for (const char* name : {"bob", "cid", "dan", "eve"}) {
    learner.learn(get(std::string("/user/") + name + "/name"));
  }
  EXPECT_EQ(learner.learn(get("/user/9/name")), "GET /user/{}/name");
  EXPECT_EQ(learner.learn(get("/user/ann/name")), "GET /user/ann/name");
  EXPECT_EQ(learner.learn(get("/user/fay/name")), "GET /user/{}/name");
  EXPECT_EQ(learner.learn(get("/user/ann/name")), "GET /user/{}/name");
  EXPECT_EQ(learner.endpoints(), 1u);
  const auto renames = learner.take_renames();
  ASSERT_EQ(renames.size(), 6u);
  EXPECT_EQ(renames[0].from, "GET /user/ann/name");
  EXPECT_EQ(renames[0].to, "GET /user/{}/name");
}

TEST(EndpointLearner, keeps_words_that_come_again_and_again) {
  EndpointOptions options;
  options.distinct = 5;
  EndpointLearner learner(options);
  for (int i = 0; i < 20; ++i) learner.learn(get("/user/me"));
  for (uint32_t i = 0; i < 10; ++i) learner.learn(get("/user/" + word(i)));
  EXPECT_EQ(learner.learn(get("/user/me")), "GET /user/me");
  EXPECT_EQ(learner.learn(get("/user/" + word(3))), "GET /user/{}");
  EXPECT_EQ(learner.endpoints(), 2u);
}

TEST(EndpointLearner, keeps_words_that_came_again_and_again_before_a_restart) {
  EndpointOptions options;
  options.distinct = 5;
  EndpointLearner before(options);
  for (int i = 0; i < 20; ++i) before.learn(get("/user/me"));
  EndpointLearner after(options);
  ASSERT_TRUE(after.restore(before.snapshot()));
  for (uint32_t i = 0; i < 10; ++i) after.learn(get("/user/" + word(i)));
  EXPECT_EQ(after.find(get("/user/me")), "GET /user/me");
  EXPECT_EQ(after.find(get("/user/" + word(3))), "GET /user/{}");
}

TEST(EndpointLearner, prefers_the_names_that_it_is_given) {
  EndpointOptions options;
  options.templates = {named("GET /api/pets/{id}"), named("/static/**")};
  options.max_endpoints = 0;
  EndpointLearner learner(options);
  EXPECT_EQ(learner.learn(get("/api/pets/rex?x=1")), "GET /api/pets/{id}");
  EXPECT_EQ(learner.learn({"PUT", "/api/pets/rex", false}), "other");
  EXPECT_EQ(learner.learn(get("/static/" + std::string(30, '/'))), "GET /static/**");
  EXPECT_EQ(learner.refused(), 1u);
  options.templates = {named("/pkg.Pets/*")};
  EndpointLearner service(options);
  EXPECT_EQ(service.learn({"POST", "/pkg.Pets/Get", true}), "POST /pkg.Pets/*");
}

TEST(EndpointLearner, calls_gRPC_by_its_method) {
  EndpointOptions options;
  options.max_endpoints = 2;
  EndpointLearner learner(options);
  EXPECT_EQ(learner.learn({"POST", "/pkg.Pets/Get", true}), "/pkg.Pets/Get");
  EXPECT_EQ(learner.learn({"POST", "/pkg.Pets/not a method", true}), "POST /pkg.Pets/{}");
  EXPECT_EQ(learner.learn({"POST", "/pkg.Pets/Put", true}), "other");
  EXPECT_EQ(learner.find({"POST", "/pkg.Pets/Get", true}), "/pkg.Pets/Get");
}

TEST(EndpointLearner, finds_without_learning) {
  EndpointLearner learner({});
  EXPECT_EQ(learner.find(get("/wp-admin.php")), "other");
  EXPECT_EQ(learner.find(get("/user/1")), "other");
  learner.learn(get("/user/1"));
  EXPECT_EQ(learner.find(get("/user/2")), "GET /user/{}");
  EXPECT_EQ(learner.endpoints(), 1u);
}

TEST(EndpointLearner, has_limits_everywhere) {
  EndpointOptions options;
  options.max_endpoints = 10;
  options.max_nodes = 40;
  options.max_segments = 4;
  EndpointLearner learner(options);
  EXPECT_EQ(learner.learn(get("/a/b/c/d/e/f")), "GET /a/b/c/**");
  EXPECT_EQ(learner.learn(get("/a/b/c/d")), "GET /a/b/c/d");
  Rng rng(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string path;
    for (uint32_t depth = rng.below(6); depth > 0; --depth)
      path.append("/").append(word(rng.below(200)));
    learner.learn(get(path.empty() ? "/" : path));
    ASSERT_LE(learner.endpoints(), 10u);
  }
  EXPECT_GT(learner.refused(), 0u);
  options.max_bytes = 3;
  EndpointLearner small(options);
  EXPECT_EQ(small.learn(get("/four")), "other");
  EXPECT_EQ(small.learn(get("/two")), "GET /two");
}

// Whoever follows the renames always holds the name that the next request of that path will have,
// unless it was "other" until now; and names only ever become more general.
TEST(EndpointLearner, gives_names_that_do_not_flap) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Rng rng(seed);
    EndpointOptions options;
    options.distinct = 3 + rng.below(3);
    options.max_endpoints = 1000;
    EndpointLearner learner(options);
    EndpointLearner twin(options);
    std::map<std::string, std::string> names;
    for (int i = 0; i < 300; ++i) {
      std::string path;
      const uint32_t depth = 2 + rng.below(2);
      for (uint32_t d = 0; d < depth; ++d) {
        path.append("/").append(rng.below(d == 0 ? 16 : 4) == 0
                                    ? std::to_string(rng.below(50))
                                    : word(rng.below(d == 0 && i < 24 ? 2 : 14)));
      }
      const std::string name(learner.learn(get(path)));
      ASSERT_EQ(twin.learn(get(path)), name);
      ASSERT_EQ(learner.find(get(path)), name);
      for (const EndpointLearner::Rename& rename : learner.take_renames()) {
        ASSERT_NE(rename.from, rename.to);
        for (auto& [known, called] : names) {
          if (called == rename.from) called = rename.to;
        }
      }
      const auto known = names.emplace(path, name).first;
      ASSERT_EQ(known->second, name) << path << " seed " << seed << " step " << i;
    }
    for (const auto& [path, name] : names) ASSERT_EQ(learner.find(get(path)), name) << seed;
  }
}

TEST(EndpointLearner, remembers_over_a_restart) {
  EndpointOptions options;
  options.distinct = 5;
  EndpointLearner before(options);
  for (uint32_t i = 0; i < 10; ++i) before.learn(get("/user/" + word(i) + "/name"));
  before.learn(get("/pets/17"));
  before.learn({"POST", "/pkg.Pets/Get", true});
  before.learn(get("/a/b/c/d/e/f/g/h/i/j/k/l/m"));
  EndpointLearner after(options);
  ASSERT_TRUE(after.restore(before.snapshot()));
  EXPECT_EQ(after.snapshot(), before.snapshot());
  EXPECT_EQ(after.find(get("/user/nobody/name")), "GET /user/{}/name");
  EXPECT_EQ(after.learn(get("/pets/search")), "GET /pets/search");
  for (const char* const bad :
       {"E GET nonsense\n", "W 9\n", "W x /user\n", "W 9 user\n", "W /user\n"}) {
    EXPECT_FALSE(after.restore(bad)) << bad;
  }
  EXPECT_FALSE(after.restore("X\n"));
  EXPECT_FALSE(after.restore("E GET /cut"));
}

}  // namespace
}  // namespace gnomon::compare
