#include "config/secret.h"

#include <gtest/gtest.h>

#include "config/testing.h"

namespace gnomon::config {
namespace {

using Fields = std::map<std::string_view, std::string_view>;

// Everything a person may get to read of what was found.
std::string told(const Resources& resources) {
  std::string out;
  for (const Diagnostic& problem : resources.diagnostics.sorted()) {
    out += render(problem) + to_json(problem) + "\n";
  }
  return out;
}

TEST(Secret, is_read_in_every_form) {
  const std::string forms[] = {
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ntype: Opaque\n"
      "data: {x-token: czNjcjN0}\n",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nimmutable: true\n"
      "data: {x-token: b2xk}\nstringData: {x-token: s3cr3t}\n",
      "apiVersion: gloo.solo.io/v1\nkind: Secret\nmetadata: {name: a}\n"
      "header: {headers: {x-token: s3cr3t}}\n",
      "apiVersion: gloo.solo.io/v1\nkind: Secret\nmetadata: {name: a}\n"
      "spec: {header: {headers: {x-token: s3cr3t}}}\n",
  };
  for (const std::string& form : forms) {
    const Resources resources = load_text(form);
    EXPECT_EQ(brief(resources), "") << form;
    ASSERT_EQ(resources.secrets.size(), 1u) << form;
    EXPECT_EQ(resources.secrets[0].headers(), (Fields{{"x-token", "s3cr3t"}})) << form;
  }
  const Resources by_directory =
      load_text("metadata: {name: a, namespace: b}\nheader: {headers: {x-token: s3cr3t}}\n",
                "data/secret/secrets/b/a.yaml");
  EXPECT_EQ(brief(by_directory), "");
  ASSERT_EQ(by_directory.secrets.size(), 1u);
  EXPECT_EQ(by_directory.secrets[0].metadata.full_name(), "b.a");
}

TEST(Secret, gives_single_entries) {
  const Resources resources = load_text(
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"
      "data: {tls.crt: Y2VydA==, empty: , bad: '*'}\nstringData: {tls.key: key}\n");
  ASSERT_EQ(resources.secrets.size(), 1u);
  const Secret& secret = resources.secrets[0];
  EXPECT_EQ(secret.entry("tls.crt"), "cert");
  EXPECT_EQ(secret.entry("tls.key"), "key");
  EXPECT_EQ(secret.entry("empty"), "");
  EXPECT_EQ(secret.entry("bad"), std::nullopt);
  EXPECT_EQ(secret.entry("other"), std::nullopt);
  EXPECT_EQ(brief(resources), "4:41 warning: data.bad: this is not base64; taken for absent\n");
}

TEST(Secret, kinds_of_gloo_that_nothing_uses_are_accepted) {
  const Resources resources = load_text(
      "apiVersion: gloo.solo.io/v1\nkind: Secret\nmetadata: {name: a}\n"
      "aws: {accessKey: a, secretKey: b}\n");
  EXPECT_EQ(brief(resources), "");
  EXPECT_TRUE(resources.secrets.at(0).headers().empty());
}

TEST(Secret, is_never_quoted) {
  const std::string head = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n";
  const std::string texts[] = {
      head + "data: {a: 's3cr3t!'}\n",
      head + "data: [s3cr3t]\n",
      head + "data: s3cr3t\n",
      head + "stringData: {a: [s3cr3t]}\n",
      head + "stringData: {a: {b: s3cr3t}}\n",
      head + "stringDate: {a: s3cr3t}\n",
      head + "stringData: {a: s3cr3t, a: s3cr3t}\n",
      head + "stringData: {a: \"s3cr3t\\q\"}\n",
      head + "stringData: {a: s3cr3t}\n b: [s3cr3t\n",
      "apiVersion: gloo.solo.io/v1\nkind: Secret\nmetadata: {name: a}\n"
      "header: {headers: [s3cr3t]}\n",
      "apiVersion: gloo.solo.io/v1\nkind: Secret\nmetadata: {name: a}\nheader: s3cr3t\n",
  };
  for (const std::string& text : texts) {
    const Resources resources = load_text(text);
    EXPECT_FALSE(resources.diagnostics.sorted().empty()) << text;
    EXPECT_FALSE(told(resources).contains("s3cr3t")) << told(resources);
  }
}

TEST(Secret, may_stand_in_a_text) {
  EXPECT_TRUE(may_hold_secret("a.yaml", "kind: Secret\n"));
  EXPECT_TRUE(may_hold_secret("a.yaml", "{\"kind\":\"Secret\"}"));
  EXPECT_TRUE(may_hold_secret("a.yaml", "Secret"));
  EXPECT_TRUE(may_hold_secret("config/secrets/a.yaml", "x"));
  EXPECT_TRUE(may_hold_secret("secrets/a.yaml", "x"));
  EXPECT_FALSE(may_hold_secret("a.yaml", "headerSecretRef: {}, Secrets, OAuthSecret"));
  EXPECT_FALSE(may_hold_secret("a.yaml", ""));
}

TEST(Base64, is_decoded_as_go_does) {
  const std::pair<std::string_view, std::string_view> good[] = {
      {"", ""},
      {"Zg==", "f"},
      {"Zm8=", "fo"},
      {"Zm9v", "foo"},
      {"Zm9v\nYmFy", "foobar"},
      {"Zm9vYg==", "foob"},
      {"+/+/", "\xfb\xff\xbf"},
  };
  for (const auto& [text, value] : good) EXPECT_EQ(decode_base64(text), value) << text;
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zg==Zg==", "Z!==", "Zm 9v"}) {
    EXPECT_EQ(decode_base64(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace gnomon::config
