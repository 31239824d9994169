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

TEST(TrialBuilder, another_depth_of_pipelines_is_another_way_of_sending) {
  const auto digest = [](const std::string& more) {
    return digest_of(trial_files("compare: {}\n" + more));
  };
  EXPECT_NE(digest("pipelining: {depth: 8}\n"), digest(""));
  EXPECT_NE(digest("pipelining: {depth: 8}\n"), digest("pipelining: {depth: 9}\n"));
  EXPECT_EQ(digest("pipelining: {depth: 8}\n"), digest("pipelining: {depth: 8}\n"));
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

TEST(TrialBuilder, required_endpoints_are_those_that_have_names) {
  const Loaded loaded = load(
      trial_files("compare: {endpoints: ['/pets/{id}', 'GET /shops']}\n"
                  "verdict: {requiredEndpoints: ['/pets/{id}', 'PUT /pets/{id}', GET /shops]}\n"));
  ASSERT_NE(trial_of(loaded), nullptr) << brief(loaded);
  EXPECT_EQ(trial_of(loaded)->settings.required_endpoints,
            (std::vector<std::string>{"/pets/{id}", "PUT /pets/{id}", "GET /shops"}));
}

// What a trial is of, after one text of its files was replaced by another.
std::shared_ptr<const Trial> changed(const std::string& fields, const std::string& from,
                                     const std::string& to) {
  auto files = trial_files(fields);
  std::string& text = files["site/shop.yaml"];
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  const Loaded loaded = load(files);
  EXPECT_NE(trial_of(loaded), nullptr) << brief(loaded);
  return trial_of(loaded) == nullptr ? nullptr : loaded.snapshot->trials().front();
}

TEST(TrialBuilder, knows_another_candidate_by_where_its_copies_go) {
  const std::string fields = "compare: {}\n";
  const std::string upstream = "hosts: [{addr: green.example.com, port: 8082}]";
  const auto digest = [&](const std::string& hosts, const std::string& more = "") {
    const auto trial = changed(fields + more, upstream, hosts);
    return trial == nullptr ? 0 : trial->candidate_digest;
  };
  const uint64_t first = digest(upstream);
  const char* const others[] = {
      "hosts: [{addr: green.example.com, port: 8083}]",
      "hosts: [{addr: grey.example.com, port: 8082}]",
      "hosts: [{addr: green.example.com, port: 8082}, {addr: grey.example.com, port: 8082}]",
      "useTls: true, hosts: [{addr: green.example.com, port: 8082}]",
  };
  for (const char* const other : others) EXPECT_NE(digest(other), first) << other;
  EXPECT_NE(digest(upstream, "request: {hostRewrite: a}\n"), first);
  EXPECT_NE(digest(upstream, "request: {headers: {set: {x-a: b}}}\n"), first);
  EXPECT_NE(digest(upstream, "verdict: {candidate: 'sha256:1'}\n"), first);
  // How the same hosts are reached is not what they are.
  const char* const same[] = {
      "hosts: [{addr: green.example.com, port: 8082, loadBalancingWeight: 3}]",
      "hosts: [{addr: green.example.com, port: 8082}]}, circuitBreakers: {maxRequests: 5",
  };
  for (const char* const other : same) EXPECT_EQ(digest(other), first) << other;
  EXPECT_EQ(digest(upstream, "limits: {inFlight: 5}\n"), first);
  EXPECT_NE(
      changed(fields, "name: green}, percentage", "name: blue}, percentage")->candidate_digest,
      first);
  EXPECT_NE(
      changed(fields, "percentage: 100", "percentage: 100, disableShadowHostSuffixAppend: true")
          ->candidate_digest,
      first);
}

TEST(TrialBuilder, hosts_may_be_written_in_any_order) {
  const std::string fields = "compare: {}\n";
  const std::string one = "{addr: green.example.com, port: 8082}";
  const std::string other = "{addr: grey.example.com, port: 8082}";
  EXPECT_EQ(changed(fields, one, one + ", " + other)->digest,
            changed(fields, one, other + ", " + one)->digest);
}

TEST(TrialBuilder, evidence_depends_on_the_candidate_and_on_what_is_compared) {
  const uint64_t first = digest_of(trial_files("verdict: {candidate: a}\n"));
  EXPECT_NE(digest_of(trial_files("verdict: {candidate: b}\n")), first);
  EXPECT_NE(digest_of(trial_files("verdict: {candidate: a, alpha: 0.1}\n")), first);
  const uint64_t small = digest_of(trial_files("compare: {bodyBytes: 1Ki}\n"));
  EXPECT_NE(digest_of(trial_files("compare: {bodyBytes: 2Ki}\n")), small);
  EXPECT_EQ(digest_of(trial_files(
                "verdict: {candidate: a, minRequests: 5, deadline: 1h, maxExcludedShare: 1}\n")),
            first);
}

struct Refusal {
  const char* fields;
  const char* problems;
};

// Whatever the libraries refuse is told with its place, and whichever is wrong, not the first
// alone.
TEST(TrialBuilder, says_where_a_rule_stands_that_cannot_be) {
  const Refusal cases[] = {
      {"compare: {rules: [{path: '$.a[', ignore: true}]}\n",
       "1:26 error: compare.rules[0].path: expected \"*\", a number or a name in quotes, at its "
       "character 5\n"},
      {"compare: {rules: [{path: '$.a[', ignore: false}]}\n",
       "1:26 error: compare.rules[0].path: expected \"*\", a number or a name in quotes, at its "
       "character 5\n"},
      {"compare: {rules: [{path: $.a, ignore: true}, {path: status, class: uuid}]}\n",
       "1:53 error: compare.rules[1].path: a rule of this kind cannot be about this place, at its "
       "character 1\n"},
      {"compare: {rules: [{path: $.a, regex: 'x('}]}\n",
       "1:38 error: compare.rules[0].regex: missing ): x(, at its character 1\n"},
      {"compare: {rules: [{path: $.a, array: {key: 'o[*]'}}]}\n",
       "1:44 error: compare.rules[0].array.key: may only name members, at its character 1\n"},
      {"compare: {rules: [{path: $.a, tolerance: {relative: 1.5}}]}\n",
       "1:53 error: compare.rules[0].tolerance.relative: must be between 0 and 1, is 1.5\n"},
      {"verdict: {maxExcludedShare: 1.01}\n",
       "1:29 error: verdict.maxExcludedShare: must be between 0 and 1, is 1.01\n"},
      {"compare: {rules: [{path: $.a, tolerance: {relative: 0}}]}\n",
       "1:53 error: compare.rules[0].tolerance.relative: must be a finite amount above zero, is "
       "0\n"},
      {"compare: {rules: [{path: $.a, tolerance: {absolute: .inf}}]}\n",
       "1:53 error: compare.rules[0].tolerance.absolute: must be a finite amount above zero, is "
       ".inf\n"},
      {"compare: {rules: [{path: $.a, tolerance: {absolute: .nan}}]}\n",
       "1:53 error: compare.rules[0].tolerance.absolute: must be a finite amount above zero, is "
       ".nan\n"},
      {"compare: {rules: [{path: $.a, tolerance: {time: 0.1ms}}]}\n",
       "1:49 error: compare.rules[0].tolerance.time: must be at least 1ms, is 0.1ms\n"},
      {"compare:\n  rules:\n  - {path: a, ignore: true}\n  - {path: '$.b', ignore: true}\n"
       "  - {path: '$.c[', ignore: true, endpoints: [a, b]}\n",
       "3:12 error: compare.rules[0].path: a path begins with \"$\", \"header:\", \"trailer:\" or "
       "\"cookie:\", or is \"status\" or \"body\", at its character 1\n"
       "5:12 error: compare.rules[2].path: expected \"*\", a number or a name in quotes, at its "
       "character 5\n"},
      {"compare: {endpoints: [/a, b, '/c{d']}\n",
       "1:27 error: compare.endpoints[1]: a path begins with \"/\"\n"
       "1:30 error: compare.endpoints[2]: \"{name}\" and \"*\" stand for a whole segment, \"**\" "
       "for "
       "the rest\n"},
      {"redact:\n- {header: x-a}\n- {path: '$.a['}\n- {regex: 'x('}\n- {regex: 'x*'}\n- {path: "
       "status}\ncontrol: {}\n",
       "3:10 error: redact[1].path: \"$.a[\": expected \"*\", a number or a name in quotes\n"
       "4:11 error: redact[2].regex: \"x(\": missing ): x(\n"
       "5:11 error: redact[3].regex: \"x*\": it matches nothing at all\n"
       "6:10 error: redact[4].path: \"status\": a status is no secret\n"},
      {"redact:\n- {path: '$.a['}\n",
       "2:10 error: redact[0].path: \"$.a[\": expected \"*\", a number or a name in quotes\n"},
      {"redact:\n- {path: $.a}\n",
       "2:3 warning: redact: nothing is kept, so nothing is redacted: control, compare and verdict "
       "are missing\n"},
      {"verdict: {alpha: 0.5}\n",
       "1:18 error: verdict.alpha: must be more than 0 and less than 0.5, is 0.5\n"},
      {"verdict: {beta: .nan}\n",
       "1:17 error: verdict.beta: must be more than 0 and less than 0.5, is .nan\n"},
      {"verdict: {maxMismatchRate: 1}\n",
       "1:28 error: verdict.maxMismatchRate: must be more than 0 and less than 1, is 1\n"},
      {"verdict: {maxErrorRise: 0}\n",
       "1:25 error: verdict.maxErrorRise: must be more than 0 and less than 1, is 0\n"},
      {"verdict: {maxTailRise: 2}\n",
       "1:24 error: verdict.maxTailRise: must be more than 0 and less than 1, is 2\n"},
      {"verdict: {latencyTolerance: 101}\n",
       "1:29 error: verdict.latencyTolerance: must be between 0 and 100, is 101\n"},
      {"compare: {endpoints: [GET /a]}\nverdict: {requiredEndpoints: [GET /a, /a, PUT /a, /b, "
       "b]}\n",
       "2:39 error: verdict.requiredEndpoints[1]: /a is none of compare.endpoints\n"
       "2:43 error: verdict.requiredEndpoints[2]: PUT /a is none of compare.endpoints\n"
       "2:51 error: verdict.requiredEndpoints[3]: /b is none of compare.endpoints\n"
       "2:55 error: verdict.requiredEndpoints[4]: a path begins with \"/\"\n"},
      {"verdict: {candidate: 'a b'}\n",
       "1:22 error: verdict.candidate: must be 1 to 200 visible characters of ASCII, such as the "
       "digest of an image\n"},
      {"verdict: {candidate: ''}\n",
       "1:22 error: verdict.candidate: must be 1 to 200 visible characters of ASCII, such as the "
       "digest of an image\n"},
      {"verdict: {latencyTolerance: -1}\n",
       "1:29 error: verdict.latencyTolerance: must be between 0 and 100, is -1\n"},
  };
  for (const Refusal& each : cases) EXPECT_EQ(problems_of(each.fields), each.problems);
}

TEST(TrialBuilder, does_not_compare_the_header_that_says_the_version) {
  const auto ignores = [](const std::string& fields, std::string_view header) {
    const Loaded loaded = load(trial_files(fields));
    const Trial* const trial = trial_of(loaded);
    EXPECT_NE(trial, nullptr) << brief(loaded);
    return trial != nullptr && trial->rules.for_endpoint("GET /").ignores_header(header);
  };
  const std::string versioned = "verdict: {versionHeader: X-Version}\n";
  EXPECT_TRUE(ignores(versioned, "x-version"));
  EXPECT_TRUE(ignores(versioned + "compare: {ignoreHeaders: [x-pod]}\n", "x-version"));
  EXPECT_TRUE(ignores(versioned + "compare: {ignoreHeaders: [x-pod]}\n", "x-pod"));
  EXPECT_FALSE(ignores("control: {}\n", "x-version"));
}

}  // namespace
}  // namespace gnomon::routing
