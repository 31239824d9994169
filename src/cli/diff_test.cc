#include "cli/diff.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/diff_side.h"
#include "compare/coding_testing.h"
#include "compare/proto_testing.h"

namespace gnomon::cli {
namespace {

class DiffTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              fmt::format("gnomon-diff-{}-{}", info->name(), getpid());
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, std::string_view text) {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  // "$.a value; $.b removed"
  std::string compare(std::string_view left, std::string_view right) {
    options_.left = write("left", left);
    options_.right = write("right", right);
    options_.json = true;
    std::ostringstream out;
    std::ostringstream err;
    exit_ = diff(options_, out, err);
    err_ = err.str();
    if (exit_ == 2) return err_;
    json_ = nlohmann::json::parse(out.str());
    std::string found;
    for (const auto& each : json_["differences"]) {
      if (!found.empty()) found += "; ";
      found +=
          fmt::format("{} {}", each["path"].get<std::string>(), each["kind"].get<std::string>());
    }
    EXPECT_EQ(found.empty(), exit_ == 0);
    return found;
  }

  std::filesystem::path folder_;
  DiffOptions options_;
  nlohmann::json json_;
  std::string err_;
  int exit_ = -1;
};

std::string response(std::string_view fields, std::string_view body, int status = 200) {
  return fmt::format("HTTP/1.1 {} X\r\n{}\r\n{}", status, fields, body);
}

TEST_F(DiffTest, responses_are_compared_part_by_part) {
  const std::string old = response("etag: 1\r\n", R"({"a": 1})");
  EXPECT_EQ(compare(old, old), "");
  EXPECT_EQ(compare(old, response("etag: 2\r\n", R"({"a": 2})")), "header:etag header; $.a value");
  EXPECT_EQ(compare(old, response("", "", 500)), "status status");
}

TEST_F(DiffTest, responses_in_another_version_of_http_are_no_difference) {
  EXPECT_EQ(compare("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                    "HTTP/2 200 \r\ncontent-length: 2\r\n\r\n{}"),
            "");
}

TEST_F(DiffTest, body_that_was_decoded_is_compared_with_one_that_was_not) {
  const std::string body = R"({"a": 1, "b": 2})";
  const std::string as_it_came =
      response("content-encoding: gzip\r\n", compare::testing::gzipped(body));
  const std::string decoded = response("content-encoding: gzip\r\n", R"({"b": 2, "a": 1})");
  EXPECT_EQ(compare(as_it_came, decoded), "");
  EXPECT_NE(err_.find("is not in the content-encoding gzip"), err_.npos) << err_;
}

TEST_F(DiffTest, message_and_file_are_compared_by_their_bodies) {
  options_.rules = {};
  const std::string message =
      response("content-type: application/json\r\ncontent-encoding: gzip\r\n",
               compare::testing::gzipped(R"({"a": 1, "b": 2})"));
  EXPECT_EQ(compare(message, R"({"b": 2, "a": 3})"), "$.a value");
  EXPECT_NE(err_.find("right is no HTTP message: only bodies are compared"), err_.npos) << err_;
}

TEST_F(DiffTest, requests_are_compared_by_line_headers_and_body) {
  const std::string old = "GET /pets?a=1&b=2&b=3 HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(compare(old, "GET /pets?b=2&a=%31&b=3 HTTP/2\r\nhost: a\r\n\r\n"), "");
  EXPECT_EQ(compare(old, "POST /pet%73?b=2&c=1&a=2&b=3 HTTP/1.1\r\nHost: b\r\n\r\n"),
            "method value; path value; query:a value; query:c added; header:host header");
  EXPECT_EQ(compare("PUT http://h/a HTTP/1.1\n\n{\"n\": 1}", "PUT /a HTTP/1.1\n\n{\"n\": 2}"),
            "$.n value");
}

TEST_F(DiffTest, rules_hold_for_requests) {
  options_.rules.ignore = {"query:nonce", "path", "header:accept"};
  options_.rules.value_class = {"query:id=uuid"};
  options_.rules.ignore_headers = {"host"};
  EXPECT_EQ(
      compare(
          "GET /1?nonce=1&id=5f2b8c1e-0c7b-4a39-9d1c-0e3f8a6b7c5d HTTP/1.1\nHost: a\nAccept: a\n\n",
          "GET /2?id=9b0c51c4-70b1-4e0e-8d0e-3f1d0b7c1a22 HTTP/1.1\nHost: b\nAccept: b\n\n"),
      "");
  ASSERT_EQ(json_["excused"].size(), 4U) << json_;
  EXPECT_EQ(json_["excused"][0]["rule"], "path");
  EXPECT_EQ(json_["excused"][3]["rule"], "header:accept");
  EXPECT_TRUE(json_["unusedRules"].empty());
}

TEST_F(DiffTest, request_and_response_cannot_be_compared) {
  EXPECT_EQ(compare("GET / HTTP/1.1\n\n", response("", "")),
            "gnomon: a request and a response cannot be compared\n");
}

TEST_F(DiffTest, messages_that_cannot_be_read_are_told) {
  EXPECT_EQ(compare("HTTP/1.1 OK\n\n", "HTTP/1.1 200\n\n"),
            fmt::format("gnomon: {}: no HTTP message: its first line is no status line: HTTP/1.1 "
                        "OK\n",
                        options_.left));
}

TEST_F(DiffTest, files_that_are_too_large_are_refused) {
  const std::string path = write("large", std::string(100'000, 'x'));
  EXPECT_TRUE(read_diff_side(path, 100'000));
  EXPECT_EQ(read_diff_side(path, 99'999).error(), path + ": has more than 99999 bytes");
}

TEST_F(DiffTest, rules_that_match_nothing_are_told) {
  options_.rules.ignore = {"$.nowhere", "$.a", "header:x-*"};
  EXPECT_EQ(compare(R"({"a": 1})", R"({"a": 2})"), "");
  EXPECT_EQ(json_["unusedRules"], (std::vector<std::string>{"$.nowhere", "header:x-*"}));
  EXPECT_EQ(err_,
            "gnomon: the rule for $.nowhere matched nothing\n"
            "gnomon: the rule for header:x-* matched nothing\n");
  EXPECT_EQ(json_["excused"][0]["rule"], "$.a");
  // Equal bodies are looked at too.
  EXPECT_EQ(compare(R"({"a": 1})", R"({"a": 1})"), "");
  EXPECT_EQ(json_["unusedRules"], (std::vector<std::string>{"$.nowhere", "header:x-*"}));
  // Nobody has looked for them.
  compare(response("", R"({"a": 1})"), response("", "", 404));
  EXPECT_TRUE(json_["unusedRules"].empty());
  options_.rules.ignore.emplace_back("status");
  compare(response("", R"({"a": 1})"), response("", "", 404));
  EXPECT_EQ(json_["unusedRules"].size(), 2U);
}

TEST_F(DiffTest, rules_of_an_endpoint_hold_for_what_was_asked) {
  options_.rules.file = write("rules.yaml",
                              "compare:\n"
                              "  endpoints: ['/pets/{id}']\n"
                              "  rules:\n"
                              "  - {path: $.at, ignore: true, endpoints: ['GET /pets/{id}']}\n");
  const std::string_view left = R"({"at": 1})";
  const std::string_view right = R"({"at": 2})";
  EXPECT_EQ(compare(left, right), "$.at value");
  EXPECT_NE(err_.find("--request says"), err_.npos) << err_;
  options_.request = "/pets/7";
  EXPECT_EQ(compare(left, right), "");
  options_.request = "PUT /pets/7";
  EXPECT_EQ(compare(left, right), "$.at value");
  EXPECT_EQ(err_, "");
  options_.request = "";
  const auto request = [](int id, std::string_view body) {
    return fmt::format("GET /pets/{} HTTP/1.1\n\n{}", id, body);
  };
  EXPECT_EQ(compare(request(7, left), request(7, right)), "");
}

TEST_F(DiffTest, grpc_by_names_of_a_descriptor_set) {
  using namespace compare::testing;
  options_.rules.descriptor_set = write("pets.pb", shop_with_search());
  options_.request = "/shop.Pets/Find";
  const auto answer = [](std::string_view name) {
    return response("content-type: application/grpc\r\n", grpc_frame(bytes_field(1, name)));
  };
  EXPECT_EQ(compare(answer("rex"), answer("tom")), "$[*].name value");
  const auto request = [](std::string_view word) {
    return fmt::format("POST /shop.Pets/Find HTTP/2\r\ncontent-type: application/grpc\r\n\r\n{}",
                       grpc_frame(bytes_field(1, word)));
  };
  options_.request = "";
  EXPECT_EQ(compare(request("rex"), request("tom")), "$[*].word value");
}

TEST_F(DiffTest, bodies_longer_than_the_file_says_are_compared_by_digest) {
  options_.rules.file = write("rules.yaml", "compare: {bodyBytes: 8}\n");
  EXPECT_EQ(compare(R"({"a": 1, "b": 2})", R"({"b": 2, "a": 1})"), "body value");
  EXPECT_EQ(json_["limits"], std::vector<std::string>{"bodyCapture"});
}

TEST_F(DiffTest, table_says_how_often_and_what_was_excused) {
  options_.left = write("left", R"([{"a": 1, "b": 1}, {"a": 2, "b": 1}])");
  options_.right = write("right", R"([{"a": 3, "b": 2}, {"a": 4, "b": 1}])");
  options_.rules.ignore = {"$[*].b"};
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(diff(options_, out, err), 1);
  EXPECT_NE(out.str().find("$[*].a | value | medium | 2"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("excused: $[*].b value, by the rule for $[*].b"), std::string::npos)
      << out.str();
  options_.left = write("left", "{}");
  options_.rules.subset = true;
  options_.right = write("right", R"({"a": 1})");
  EXPECT_EQ(diff(options_, out, err), 0);
  EXPECT_NE(out.str().find("equal\nexcused: $.a added, by the mode subset"), std::string::npos)
      << out.str();
  EXPECT_EQ(compare("{}", R"({"a": 1})"), "");
  EXPECT_TRUE(json_["excused"][0]["rule"].is_null());
}

}  // namespace
}  // namespace gnomon::cli
