#include "shadow/copy_head.h"

#include <gtest/gtest.h>

namespace gnomon::shadow {
namespace {

RequestHead primary_head() {
  RequestHead head;
  head.method = Method::post;
  head.method_name = "POST";
  head.authority = "shop.example.com:8080";
  head.path = "/pets?limit=1";
  head.body = BodyKind::sized;
  head.content_length = 5;
  head.expect_continue = true;
  head.headers.add("authorization", "Bearer secret");
  head.headers.add("x-forwarded-for", "192.0.2.7");
  head.headers.add("x-request-id", "id-1");
  return head;
}

TEST(ShadowAuthority, suffix_goes_before_the_port_and_knows_ipv6) {
  const std::pair<const char*, const char*> rows[] = {
      {"cluster1", "cluster1-shadow"},
      {"cluster1:8000", "cluster1-shadow:8000"},
      {"127.0.0.1:80", "127.0.0.1-shadow:80"},
      {"[::1]:8080", "[::1]-shadow:8080"},
      {"[::1]", "[::1]-shadow"},
      {"a:", "a-shadow:"},
  };
  for (const auto& [authority, expected] : rows) {
    EXPECT_EQ(shadow_authority(authority), expected);
  }
}

TEST(CopyHead, keeps_the_request_and_marks_it) {
  const RequestHead copy = make_copy_head(primary_head(), {}, "198.51.100.1");
  EXPECT_EQ(copy.method_name, "POST");
  EXPECT_EQ(copy.path, "/pets?limit=1");
  EXPECT_EQ(copy.content_length, 5);
  EXPECT_EQ(copy.authority, "shop.example.com-shadow:8080");
  EXPECT_EQ(copy.headers.get(Known::x_request_id), "id-1");
  EXPECT_EQ(copy.headers.get(Known::authorization), "Bearer secret");
  EXPECT_EQ(copy.headers.get(Known::x_forwarded_for), "192.0.2.7,198.51.100.1");
  EXPECT_EQ(copy.headers.get("x-envoy-internal"), "true");
  EXPECT_TRUE(is_marked(copy));
}

// In one block beside each other, in blocks of their own, and in none.
TEST(CopyHead, moves_into_a_stash_wherever_its_bytes_lay) {
  RequestHead head = primary_head();
  head.path = head.headers.intern("/pets");
  head.headers.add_view("x-gnomon-shadow", "true", Known::x_gnomon_shadow);
  head.headers.add("empty", "");
  head.headers.add("x-long", std::string(3000, 'l'));
  head.headers.add("x-after", "after");
  ByteStash stash;
  RequestHead copy;
  copy_into(copy, head, stash);
  EXPECT_EQ(copy.method_name, "POST");
  EXPECT_EQ(copy.authority, "shop.example.com:8080");
  EXPECT_EQ(copy.path, "/pets");
  const std::vector<Field> expected(head.headers.begin(), head.headers.end());
  ASSERT_EQ(copy.headers.size(), expected.size());
  size_t i = 0;
  for (const Field& field : copy.headers) {
    EXPECT_EQ(field.name, expected[i].name);
    EXPECT_EQ(field.value, expected[i].value);
    EXPECT_EQ(field.known, expected[i].known);
    if (!field.value.empty()) EXPECT_NE(field.value.data(), expected[i].value.data());
    ++i;
  }
}

TEST(CopyHead, does_not_ask_the_shadow_whether_it_wants_the_body) {
  EXPECT_FALSE(make_copy_head(primary_head(), {}, "198.51.100.1").expect_continue);
}

TEST(CopyHead, literal_host_replaces_everything_and_wins_over_the_suffix) {
  routing::ShadowPolicy policy;
  policy.host_rewrite = "v2.internal";
  EXPECT_EQ(make_copy_head(primary_head(), policy, "").authority, "v2.internal");
}

TEST(CopyHead, suffix_can_be_switched_off) {
  routing::ShadowPolicy policy;
  policy.append_host_suffix = false;
  EXPECT_EQ(make_copy_head(primary_head(), policy, "").authority, "shop.example.com:8080");
}

TEST(CopyHead, an_http10_request_without_a_host_gets_no_suffix) {
  RequestHead head = primary_head();
  head.authority = {};
  EXPECT_EQ(make_copy_head(head, {}, "").authority, "");
}

TEST(CopyHead, edits_touch_the_copy_alone) {
  using Op = routing::HeaderEdit::Op;
  routing::ShadowPolicy policy;
  policy.edits = {{Op::remove, "authorization", ""}, {Op::set, "x-shadow", "1"}};
  const RequestHead primary = primary_head();
  const RequestHead copy = make_copy_head(primary, policy, "");
  EXPECT_FALSE(copy.headers.has(Known::authorization));
  EXPECT_EQ(copy.headers.get("x-shadow"), "1");
  EXPECT_EQ(primary.headers.get(Known::authorization), "Bearer secret");
  EXPECT_EQ(primary.headers.find("x-shadow"), nullptr);
  EXPECT_EQ(primary.authority, "shop.example.com:8080");
}

TEST(CopyHead, a_detached_head_lives_without_the_block_it_came_from) {
  RequestHead head;
  {
    const Chunk bytes = Chunk::copy_of("PATCHhost.test/pathnamevalue");
    head.headers.adopt(bytes.block());
    head.method_name = bytes.view().substr(0, 5);
    head.authority = bytes.view().substr(5, 9);
    head.path = bytes.view().substr(14, 5);
    head.headers.add_view(bytes.view().substr(19, 4), bytes.view().substr(23, 5), Known::none);
    detach(head);
    EXPECT_TRUE(bytes.block()->unique());
  }
  EXPECT_EQ(head.method_name, "PATCH");
  EXPECT_EQ(head.authority, "host.test");
  EXPECT_EQ(head.path, "/path");
  EXPECT_EQ(head.headers.get("name"), "value");
  EXPECT_EQ(head_bytes(head), 5u + 9 + 5 + 4 + 5 + 4);
}

}  // namespace
}  // namespace gnomon::shadow
