#include "admin/endpoints.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "admin/fake_source.h"
#include "trial/testing.h"

namespace gnomon::admin {
namespace {

class EndpointsTest : public ::testing::Test {
 protected:
  Decision decide(std::string_view method, std::string_view path) {
    RequestHead head;
    head.method = parse_method(method);
    head.method_name = method;
    head.path = path;
    head.authority = "localhost:19000";
    return endpoints_.decide(head);
  }
  Answer get(std::string_view path) { return decide("GET", path).answer; }

  testing::FakeSource source_;
  Endpoints endpoints_{source_, *net::Address::parse("127.0.0.1", 19000)};
};

TEST_F(EndpointsTest, lists_every_endpoint) {
  for (const char* path : {"/", "/help"}) {
    const Answer answer = get(path);
    EXPECT_EQ(answer.status, 200);
    for (const char* name : {"gnomon 1.2.3", "/metrics", "/ready", "/healthz", "/config_dump",
                             "/clusters", "/reload"}) {
      EXPECT_NE(answer.body.find(name), std::string::npos) << name;
    }
  }
}

TEST_F(EndpointsTest, readiness_follows_the_life_of_the_process) {
  source_.ready = Readiness::initializing;
  EXPECT_EQ(get("/ready").status, 503);
  EXPECT_EQ(get("/ready").body, "INITIALIZING\n");
  source_.ready = Readiness::live;
  EXPECT_EQ(get("/ready").status, 200);
  EXPECT_EQ(get("/ready").body, "LIVE\n");
  source_.ready = Readiness::draining;
  EXPECT_EQ(get("/ready").status, 503);
  EXPECT_EQ(get("/ready").body, "DRAINING\n");
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(EndpointsTest, metrics_come_in_the_format_that_was_asked_for) {
  EXPECT_EQ(get("/metrics").content_type, "text/plain; version=0.0.4; charset=utf-8");
  RequestHead head;
  head.path = "/metrics";
  head.authority = "127.0.0.1";
  head.headers.add("Accept", "application/openmetrics-text; version=1.0.0");
  const Answer answer = endpoints_.decide(head).answer;
  EXPECT_EQ(answer.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(answer.body.ends_with("# EOF\n"));
}

TEST_F(EndpointsTest, dumps_the_configuration_as_json) {
  source_.dump = "{\"a\":1}\n";
  EXPECT_EQ(get("/config_dump").body, "{\"a\":1}\n");
  EXPECT_EQ(get("/config_dump").content_type, "application/json");
}

TEST_F(EndpointsTest, clusters_come_as_text_or_json) {
  EXPECT_EQ(get("/clusters").body, source_.clusters_text());
  EXPECT_EQ(get("/clusters?format=text").body, source_.clusters_text());
  EXPECT_EQ(get("/clusters?xformat=json").body, source_.clusters_text());
  EXPECT_EQ(get("/clusters?format=json").body, source_.clusters_json());
  EXPECT_EQ(get("/clusters?a=b&format=json&c").content_type, "application/json");
}

TEST_F(EndpointsTest, unknown_paths_are_not_found) {
  for (const char* path : {"/nothing", "/metrics/", "/Metrics", "*", "//metrics"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
}

TEST_F(EndpointsTest, what_reads_does_not_take_post_and_what_changes_takes_nothing_else) {
  for (const char* path : {"/", "/metrics", "/ready", "/healthz", "/config_dump", "/clusters"}) {
    EXPECT_EQ(decide("HEAD", path).answer.status, 200) << path;
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
      const Decision decision = decide(method, path);
      EXPECT_EQ(decision.kind, Decision::Kind::answer);
      EXPECT_EQ(decision.answer.status, 405) << method << path;
      EXPECT_EQ(decision.answer.allow, "GET, HEAD");
    }
  }
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE"}) {
    const Decision decision = decide(method, "/reload");
    EXPECT_EQ(decision.kind, Decision::Kind::answer);
    EXPECT_EQ(decision.answer.status, 405) << method;
    EXPECT_EQ(decision.answer.allow, "POST");
  }
  EXPECT_EQ(decide("POST", "/reload").kind, Decision::Kind::reload);
}

TEST_F(EndpointsTest, refuses_a_foreign_host_on_every_path) {
  for (const char* path : {"/", "/metrics", "/nothing", "/reload"}) {
    RequestHead head;
    head.method = Method::post;
    head.path = path;
    head.authority = "evil.example";
    const Decision decision = endpoints_.decide(head);
    EXPECT_EQ(decision.kind, Decision::Kind::answer);
    EXPECT_EQ(decision.answer.status, 403) << path;
  }
}

TEST_F(EndpointsTest, what_the_api_refuses_is_a_problem_document) {
  RequestHead head;
  head.path = "/api/v1/tests/ns.trial/verdict?candidate=x";
  head.authority = "evil.example";
  for (const Answer& answer : {endpoints_.decide(head).answer, Endpoints::body_refused(head)}) {
    EXPECT_EQ(answer.content_type, "application/problem+json");
    const nlohmann::json json = nlohmann::json::parse(answer.body);
    EXPECT_EQ(json["status"], answer.status);
    EXPECT_FALSE(json["detail"].get<std::string>().empty());
  }
  head.path = "/reload";
  for (const Answer& answer : {endpoints_.decide(head).answer, Endpoints::body_refused(head)}) {
    EXPECT_TRUE(answer.content_type.starts_with("text/plain"));
    EXPECT_TRUE(answer.body.ends_with("\n"));
  }
}

TEST_F(EndpointsTest, a_client_of_http_1_0_need_not_name_a_host) {
  RequestHead head;
  head.path = "/ready";
  head.authority = "";
  head.version = Version::http10;
  EXPECT_EQ(endpoints_.decide(head).answer.status, 200);
  head.version = Version::http11;
  EXPECT_EQ(endpoints_.decide(head).answer.status, 403);
}

TEST_F(EndpointsTest, who_asks_from_another_machine_gets_verdicts_and_nothing_else) {
  source_.book.install(std::vector<trial::TrialRun::Plan>{trial::testing::make_plan()});
  Endpoints open{source_, *net::Address::parse("0.0.0.0", 19001), {.verdicts_only = true}};
  const auto status = [](Endpoints& of, std::string_view method, std::string_view path) {
    RequestHead head;
    head.method = parse_method(method);
    head.method_name = method;
    head.path = path;
    head.authority = "127.0.0.1:19001";
    const Decision decision = of.decide(head);
    EXPECT_EQ(decision.kind, Decision::Kind::answer);
    return decision.answer.status;
  };
  const std::string test = "/api/v1/tests/ns.trial";
  for (const std::string& path : {std::string("/api/v1/tests"), std::string("/api/v1/openapi.json"),
                                  test, test + "/verdict", test + "/differences"}) {
    for (const char* const method : {"GET", "HEAD"}) EXPECT_EQ(status(open, method, path), 200);
    EXPECT_EQ(status(open, "POST", path), 405);
  }
  EXPECT_EQ(status(open, "POST", test + "/flagger/confirm"), 409);
  EXPECT_EQ(status(open, "POST", test + "/flagger/rollout"), 200);
  EXPECT_EQ(status(open, "POST", test + "/flagger/rollback"), 409);
  for (const std::string& path :
       {std::string("/"), std::string("/metrics"), std::string("/config_dump"),
        std::string("/clusters"), std::string("/reload"), std::string("/nothing"),
        test + "/samples", test + "/epochs"}) {
    for (const char* const method : {"GET", "POST"}) {
      EXPECT_EQ(status(open, method, path), 403) << path;
    }
  }
  EXPECT_EQ(status(endpoints_, "GET", test + "/samples"), 200);
  EXPECT_EQ(status(endpoints_, "POST", test + "/epochs"), 201);
}

TEST_F(EndpointsTest, refuses_a_change_asked_for_by_a_foreign_page) {
  RequestHead head;
  head.method = Method::post;
  head.path = "/reload";
  head.authority = "localhost:19000";
  head.headers.add("Origin", "http://evil.example");
  const Decision decision = endpoints_.decide(head);
  EXPECT_EQ(decision.kind, Decision::Kind::answer);
  EXPECT_EQ(decision.answer.status, 403);
}

TEST_F(EndpointsTest, tells_how_a_reload_went) {
  source_.report.generation = 4;
  const Answer good = endpoints_.reload_answer(true, "");
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body, "{\"successful\":true,\"generation\":4,\"problems\":\"\"}\n");
  const Answer bad = endpoints_.reload_answer(false, "a.yaml:1:2: error: \"x\"\n");
  EXPECT_EQ(bad.status, 422);
  EXPECT_EQ(bad.content_type, "application/json");
  EXPECT_EQ(bad.body,
            "{\"successful\":false,\"generation\":4,"
            "\"problems\":\"a.yaml:1:2: error: \\\"x\\\"\\u000a\"}\n");
}

}  // namespace
}  // namespace gnomon::admin
