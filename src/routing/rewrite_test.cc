#include "routing/rewrite.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gnomon::routing {
namespace {

TEST(RewritePath, replaces_what_matched) {
  struct Case {
    const char* rewrite;
    size_t matched;
    const char* path;
    const char* result;
  };
  const Case cases[] = {
      {"/api", 5, "/shop/cart?x=1", "/api/cart?x=1"},
      {"/api", 5, "/shop", "/api"},
      {"/api", 5, "/shop?x=1", "/api?x=1"},
      {"", 5, "/shop/cart", "/cart"},
      {"", 5, "/shop", "/"},
      {"", 5, "/shop?x=1", "/?x=1"},
      {"", 5, "/shopping", "/ping"},
      {"/", 5, "/shop/cart", "//cart"},
      {"/", 6, "/shop/cart", "/cart"},
      {"/api?v=2", 5, "/shop/cart", "/api?v=2/cart"},
      {"api", 5, "/shop/cart", "/api/cart"},
      {"/x", 99, "/shop", "/x"},
  };
  for (const Case& c : cases) {
    Route route;
    route.prefix_rewrite = c.rewrite;
    Match match{&route, {}, c.matched};
    EXPECT_EQ(rewrite_path(route, match, c.path), c.result) << c.rewrite << " on " << c.path;
  }
}

TEST(RewritePath, leaves_the_path_alone_without_a_rewrite) {
  const Route route;
  EXPECT_EQ(rewrite_path(route, Match{&route, {}, 3}, "/shop?x=1"), "/shop?x=1");
}

TEST(ApplyEdits, runs_in_the_order_given) {
  using Op = HeaderEdit::Op;
  Headers headers;
  headers.add("X-Keep", "1");
  headers.add("x-gone", "1");
  headers.add("x-set", "1");
  headers.add("X-Set", "2");
  const std::vector<HeaderEdit> edits{{Op::remove, "X-GONE", ""},
                                      {Op::append, "x-keep", "2"},
                                      {Op::set, "x-set", "3"},
                                      {Op::append, "x-new", "4"},
                                      {Op::set, "x-other", "5"}};
  apply_edits(headers, edits);
  std::string all;
  for (const Field& field : headers) {
    all += std::string(field.name) + "=" + std::string(field.value) + " ";
  }
  EXPECT_EQ(all, "X-Keep=1 x-keep=2 x-set=3 x-new=4 x-other=5 ");
}

TEST(RedirectLocation, changes_only_what_it_is_told_to) {
  RequestHead head;
  head.authority = "shop.example.com:8080";
  head.path = "/old/cart?x=1";
  const auto location = [&](const Redirect& redirect) {
    return redirect_location(redirect, Match{nullptr, {}, 4}, head);
  };
  EXPECT_EQ(location({}), "http://shop.example.com:8080/old/cart?x=1");
  EXPECT_EQ(location({.host = "b.com"}), "http://b.com/old/cart?x=1");
  EXPECT_EQ(location({.host = "b.com:1"}), "http://b.com:1/old/cart?x=1");
  EXPECT_EQ(location({.host = "b.com:1", .port = 2}), "http://b.com:2/old/cart?x=1");
  EXPECT_EQ(location({.path = "/new"}), "http://shop.example.com:8080/new?x=1");
  EXPECT_EQ(location({.path = "/new?y=2"}), "http://shop.example.com:8080/new?y=2");
  EXPECT_EQ(location({.path = "new"}), "http://shop.example.com:8080/new?x=1");
  EXPECT_EQ(location({.prefix = "/new"}), "http://shop.example.com:8080/new/cart?x=1");
  EXPECT_EQ(location({.prefix = "/new?y=2&z="}),
            "http://shop.example.com:8080/new?y=2&z=/cart?x=1");
  EXPECT_EQ(location({.prefix = ""}), "http://shop.example.com:8080/cart?x=1");
  EXPECT_EQ(location({.https = true}), "https://shop.example.com:8080/old/cart?x=1");
  EXPECT_EQ(location({.https = true, .port = 8443}), "https://shop.example.com:8443/old/cart?x=1");
  EXPECT_EQ(location({.strip_query = true}), "http://shop.example.com:8080/old/cart");
}

TEST(RedirectLocation, keeps_an_ipv6_literal_whole) {
  RequestHead head;
  head.authority = "[::1]:8080";
  head.path = "/";
  EXPECT_EQ(redirect_location({.port = 9}, {}, head), "http://[::1]:9/");
  EXPECT_EQ(redirect_location({.https = true}, {}, head), "https://[::1]:8080/");
  head.authority = "[::1]:80";
  EXPECT_EQ(redirect_location({.https = true}, {}, head), "https://[::1]/");
}

}  // namespace
}  // namespace gnomon::routing
