#include "routing/tls_builder.h"

#include <gtest/gtest.h>

#include "routing/testing.h"
#include "tls/testing.h"

namespace gnomon::routing {
namespace {

using tls::testing::Identity;
using tls::testing::make_identity;

const Identity& shop() {
  static const Identity made = make_identity("shop", {"DNS:shop.test"});
  return made;
}

const Identity& other() {
  static const Identity made = make_identity("other", {"DNS:other.test"});
  return made;
}

Loaded load_with_files(std::string text) {
  config::MemoryFiles files{{"test.yaml", std::move(text)},
                            {"/pki/shop.crt", shop().certificate_pem},
                            {"/pki/shop.key", shop().key_pem},
                            {"/pki/other.crt", other().certificate_pem},
                            {"/pki/other.key", other().key_pem},
                            {"/pki/junk.pem", "junk"},
                            {"/pki/empty.pem", ""}};
  return load_snapshot(files, "test.yaml");
}

constexpr const char* kGateway =
    "metadata: {name: tls}\nssl: true\nbindPort: 8443\nhttpGateway: {}\n---\n";
constexpr const char* kShop = "sslFiles: {tlsCert: /pki/shop.crt, tlsKey: /pki/shop.key}";
constexpr const char* kOther = "sslFiles: {tlsCert: /pki/other.crt, tlsKey: /pki/other.key}";

// A VirtualService of four lines; `ssl` is what its sslConfig holds.
std::string service(const std::string& name, const std::string& ssl) {
  return "metadata: {name: " + name + "}\nvirtualHost: {domains: [" + name +
         ".test], routes: [{matchers: [{prefix: /}], directResponseAction: {status: 200}}]}\n" +
         (ssl.empty() ? "" : "sslConfig: {" + ssl + "}\n") + "---\n";
}

std::string problems(const std::string& ssl) {
  return brief(load_with_files(kGateway + service("a", ssl)));
}

TEST(TlsBuilder, opens_tls_listeners_with_what_belongs_there) {
  const Loaded loaded = load_with_files(
      kGateway + std::string("metadata: {name: clear}\nbindPort: 8080\nhttpGateway: {}\n---\n") +
      service("a", kShop) + service("b", ""));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  EXPECT_EQ(brief(loaded), "");
  const auto listeners = loaded.snapshot->listeners();
  ASSERT_EQ(listeners.size(), 2u);
  ASSERT_NE(listeners[0].tls, nullptr);
  EXPECT_NE(listeners[0].tls->find("anything"), nullptr);
  EXPECT_EQ(listeners[1].tls, nullptr);
  EXPECT_NE(loaded.snapshot->match(0, get("a.test", "/")).route, nullptr);
  EXPECT_EQ(loaded.snapshot->match(0, get("b.test", "/")).route, nullptr);
  EXPECT_EQ(loaded.snapshot->match(1, get("a.test", "/")).route, nullptr);
  EXPECT_NE(loaded.snapshot->match(1, get("b.test", "/")).route, nullptr);
  ASSERT_EQ(loaded.files.size(), 2u);
  EXPECT_NE(loaded.files.at("/pki/shop.crt"), loaded.files.at("/pki/shop.key"));
}

TEST(TlsBuilder, opens_8443_without_gateways_where_there_is_something_to_serve) {
  EXPECT_EQ(load_with_files(service("b", "")).snapshot->listeners().size(), 1u);
  const Loaded loaded = load_with_files(service("a", kShop) + service("b", ""));
  ASSERT_EQ(loaded.snapshot->listeners().size(), 2u);
  EXPECT_EQ(loaded.snapshot->listeners()[1].port, 8443);
}

TEST(TlsBuilder, says_what_a_tls_gateway_has_not_got) {
  EXPECT_EQ(brief(load_with_files(kGateway + service("b", ""))),
            "1:1 warning: ssl: no VirtualService with sslConfig is served here; this Gateway is "
            "not opened\n"
            "1:1 warning: none of the Gateways can be opened, so nothing would listen\n");
  EXPECT_EQ(brief(load_with_files("metadata: {name: clear}\nbindPort: 80\nhttpGateway: {}\n---\n" +
                                  service("a", kShop))),
            "7:12 warning: sslConfig: no Gateway with \"ssl: true\" serves this VirtualService; it "
            "gets no traffic\n");
}

TEST(TlsBuilder, names_file_and_field_of_what_is_bad) {
  EXPECT_EQ(problems(kShop), "");
  EXPECT_EQ(
      problems("sslFiles: {tlsCert: /pki/none, tlsKey: /pki/shop.key}"),
      "8:33 error: sslConfig.sslFiles.tlsCert: cannot read /pki/none: there is no such file\n");
  EXPECT_EQ(problems("sslFiles: {tlsCert: /pki, tlsKey: /pki/shop.key}"),
            "8:33 error: sslConfig.sslFiles.tlsCert: cannot read /pki: it is not a file\n");
  EXPECT_EQ(problems("sslFiles: {tlsCert: /pki/shop.crt, tlsKey: /pki/other.key}"),
            "8:56 error: sslConfig.sslFiles.tlsKey: /pki/other.key is not the key of the "
            "certificate\n");
  EXPECT_EQ(problems("sslFiles: {tlsCert: /pki/junk.pem, tlsKey: /pki/other.key}"),
            "8:33 error: sslConfig.sslFiles.tlsCert: /pki/junk.pem holds no certificate in PEM\n");
  EXPECT_EQ(problems("sslFiles: {tlsCert: /pki/shop.crt}"),
            "8:12 error: sslConfig.sslFiles: a certificate needs its private key, and a key its "
            "certificate\n");
  EXPECT_EQ(problems("oneWayTls: true"),
            "8:12 error: sslConfig: a server needs a certificate and its private key\n");
  EXPECT_EQ(problems(std::string(kShop) + ", verifySubjectAltName: [a]"),
            "8:95 error: sslConfig.verifySubjectAltName: a root_ca must be provided if "
            "verify_subject_alt_name is not empty\n");
  EXPECT_EQ(problems(std::string(kShop) + ", parameters: {cipherSuites: [NOPE]}"),
            "8:100 error: sslConfig.parameters.cipherSuites: unknown cipher \"NOPE\"\n");
  EXPECT_EQ(problems(std::string(kShop) +
                     ", parameters: {minimumProtocolVersion: TLSv1_3, maximumProtocolVersion: "
                     "TLSv1_2}"),
            "8:142 error: sslConfig.parameters: maximumProtocolVersion is below "
            "minimumProtocolVersion\n");
  EXPECT_EQ(problems(std::string(kShop) + ", sniDomains: ['*', 'a.test']"),
            "8:85 error: sslConfig.sniDomains[0]: must be a name, such as \"shop.test\" or "
            "\"*.shop.test\"\n");
}

TEST(TlsBuilder, an_empty_root_is_not_taken_for_none) {
  constexpr const char* kEmpty =
      "sslFiles: {tlsCert: /pki/shop.crt, tlsKey: /pki/shop.key, rootCa: /pki/empty.pem}";
  EXPECT_EQ(problems(kEmpty),
            "8:79 error: sslConfig.sslFiles.rootCa: /pki/empty.pem is empty or cannot be "
            "decoded\n");
  EXPECT_EQ(problems(kEmpty + std::string(", oneWayTls: true")), "");
  EXPECT_EQ(brief(load_with_files("metadata: {name: u}\nstatic: {hosts: [{addr: a, port: 80}]}\n"
                                  "sslConfig: {sslFiles: {rootCa: /pki/empty.pem}}\n")),
            "3:32 error: sslConfig.sslFiles.rootCa: /pki/empty.pem is empty or cannot be "
            "decoded\n");
}

TEST(TlsBuilder, a_root_in_a_secret_is_read_or_refused) {
  const auto upstream = [](const std::string& secret) {
    return brief(load_with_files("metadata: {name: s}\n" + secret +
                                 "\n---\nmetadata: {name: u}\nstatic: {hosts: [{addr: a, port: "
                                 "80}]}\nsslConfig: {secretRef: {name: s}}\n"));
  };
  const std::string refused =
      ": sslConfig.secretRef: rootCa of Secret gloo-system.s is empty or cannot be decoded\n";
  const std::string kubernetes = "apiVersion: v1\nkind: Secret\n";
  const std::string gloo = "apiVersion: gloo.solo.io/v1\nkind: Secret\n";
  EXPECT_EQ(upstream(kubernetes + "data: {other: ''}"), "");
  EXPECT_EQ(upstream(gloo + "tls: {rootCa: ''}"), "");
  for (const std::string& empty :
       {kubernetes + "data: {ca.crt: ''}", kubernetes + "stringData: {ca.crt: ''}"}) {
    EXPECT_EQ(upstream(empty), "8:24 error" + refused) << empty;
  }
  EXPECT_EQ(
      upstream(kubernetes + "data: {ca.crt: '-----BEGIN'}"),
      "4:16 warning: data.ca.crt: this is not base64; taken for absent\n8:24 error" + refused);
}

TEST(TlsBuilder, two_certificates_for_one_name_are_an_error) {
  const std::string one = kGateway + service("a", std::string(kShop) + ", sniDomains: [x.test]");
  EXPECT_EQ(
      brief(load_with_files(one + service("b", std::string(kShop) + ", sniDomains: [X.test]"))),
      "");
  EXPECT_EQ(
      brief(load_with_files(one + service("b", std::string(kOther) + ", sniDomains: [X.test]"))),
      "12:87 error: sslConfig.sniDomains: another sslConfig is for X.test already: that of "
      "gloo-system.a\n");
  EXPECT_EQ(brief(load_with_files(kGateway + service("a", kShop) + service("b", kOther))),
            "12:12 error: sslConfig: another sslConfig is for clients that ask for any name "
            "already: that of gloo-system.a\n");
}

TEST(TlsBuilder, takes_certificates_from_secrets_and_quotes_none) {
  const auto indented = [](const std::string& text) {
    std::string out = "    ";
    for (const char c : text) out += c == '\n' ? std::string("\n    ") : std::string(1, c);
    return out;
  };
  const std::string secret =
      "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData:\n  tls.crt: |\n" +
      indented(shop().certificate_pem) + "\n  tls.key: |\n" + indented(shop().key_pem) + "\n---\n";
  const Loaded loaded = load_with_files(secret + kGateway + service("a", "secretRef: {name: s}"));
  ASSERT_NE(loaded.snapshot, nullptr) << brief(loaded);
  const std::string key = shop().key_pem.substr(40, 30);
  EXPECT_EQ(loaded.snapshot->to_json().find(key), std::string::npos);
}

constexpr const char* kSomeSecret =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: some}\nstringData: {a: b}\n---\n";
constexpr const char* kLost = "secretRef: {name: gone, namespace: x}";

TEST(TlsBuilder, a_missing_secret_is_an_error) {
  EXPECT_EQ(brief(load_with_files(kSomeSecret + std::string(kGateway) + service("a", kLost))),
            "13:24 error: sslConfig.secretRef: SSL secret not found: there is no Secret x.gone\n");
}

TEST(TlsBuilder, without_any_secret_a_missing_one_is_a_warning_and_nothing_is_said_in_clear) {
  EXPECT_EQ(problems(kLost),
            "8:24 warning: sslConfig.secretRef: SSL secret not found: there is no Secret x.gone; "
            "this is not served\n");
  const Loaded listener = load_with_files(kGateway + service("a", kLost));
  ASSERT_NE(listener.snapshot, nullptr);
  ASSERT_NE(listener.snapshot->listeners()[0].tls, nullptr);
  EXPECT_EQ(listener.snapshot->listeners()[0].tls->find("a.test"), nullptr);
  const Loaded upstream =
      load_with_files("metadata: {name: u}\nstatic: {hosts: [{addr: a, port: 80}]}\nsslConfig: {" +
                      std::string(kLost) + "}\n");
  ASSERT_NE(upstream.snapshot, nullptr);
  EXPECT_TRUE(upstream.snapshot->clusters()[0].endpoints.empty());
}

TEST(TlsBuilder, upstreams_speak_tls_by_gloos_rules) {
  const auto cluster = [](const std::string& fields) {
    const Loaded loaded = load_with_files("metadata: {name: u}\n" + fields);
    EXPECT_NE(loaded.snapshot, nullptr) << brief(loaded);
    std::string out = loaded.snapshot->clusters()[0].tls == nullptr ? "clear" : "tls";
    for (const Endpoint& endpoint : loaded.snapshot->clusters()[0].endpoints) {
      out += " " + endpoint.server_name;
    }
    return out;
  };
  EXPECT_EQ(cluster("static: {hosts: [{addr: a, port: 80}]}\nsslConfig: {sni: b}\n"), "tls b");
  EXPECT_EQ(cluster("static: {hosts: [{addr: a, port: 80, sniAddr: c}]}\nsslConfig: {sni: b}\n"),
            "tls c");
  EXPECT_EQ(cluster("static: {hosts: [{addr: a, port: 80}], useTls: true}\n"), "tls a");
  EXPECT_EQ(
      cluster("static: {hosts: [{port: 81, sniAddr: x}, {addr: a, port: 80}], useTls: true}\n"),
      "tls a");
  EXPECT_EQ(cluster("static: {hosts: [{addr: a, port: 80}, {addr: b, port: 443}]}\n"), "tls a b");
  EXPECT_EQ(cluster("static: {hosts: [{addr: a, port: 80}, {addr: b, port: 443}], autoSniRewrite: "
                    "false}\n"),
            "tls a a");
  EXPECT_EQ(cluster("static: {hosts: [{addr: b, port: 443}], useTls: false}\n"), "clear ");
  EXPECT_EQ(cluster("pipe: {path: /run/a}\nsslConfig: {}\n"), "tls ");
  EXPECT_EQ(cluster("static: {hosts: [{addr: a, port: 80}]}\nsslConfig: {sds: {}}\n"), "clear");
}

}  // namespace
}  // namespace gnomon::routing
