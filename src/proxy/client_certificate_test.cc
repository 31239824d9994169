#include "proxy/client_certificate.h"

#include <gtest/gtest.h>

namespace gnomon::proxy {
namespace {

using routing::ClientCertSettings;
using Forward = ClientCertSettings::Forward;

tls::TlsFacts session() {
  tls::TlsFacts out;
  out.local.uri_names = {"spiffe://shop"};
  out.peer.sha256 = "ab12";
  out.peer.subject = "CN=a\"b\\c";
  out.peer.pem = "-----\nA+/=\n";
  out.peer.uri_names = {"spiffe://x;y,\"z"};
  out.peer.dns_names = {"a.test", "b.test"};
  return out;
}

std::string forwarded(const ClientCertSettings& settings, const tls::TlsFacts* facts,
                      bool sent = true) {
  Headers headers;
  if (sent) headers.add("X-Forwarded-Client-Cert", "sent");
  forward_client_certificate(headers, settings, facts);
  std::string out;
  for (const Field& field : headers) out.append(out.empty() ? "" : "|").append(field.value);
  return out;
}

TEST(ClientCertificate, is_told_as_the_listener_says) {
  const tls::TlsFacts facts = session();
  EXPECT_EQ(forwarded({}, &facts), "");
  EXPECT_EQ(forwarded({.forward = Forward::forward_only}, &facts), "sent");
  EXPECT_EQ(forwarded({.forward = Forward::sanitize_set}, &facts), "By=spiffe://shop;Hash=ab12");
  EXPECT_EQ(forwarded({.forward = Forward::append_forward}, &facts),
            "sent,By=spiffe://shop;Hash=ab12");
  EXPECT_EQ(forwarded({.forward = Forward::append_forward}, &facts, false),
            "By=spiffe://shop;Hash=ab12");
  EXPECT_EQ(forwarded({.forward = Forward::always}, nullptr), "sent");
}

// Whoever shows no certificate may not claim to have one.
TEST(ClientCertificate, is_believed_of_nobody_without_one) {
  const tls::TlsFacts none;
  for (const Forward forward :
       {Forward::sanitize, Forward::forward_only, Forward::append_forward, Forward::sanitize_set}) {
    EXPECT_EQ(forwarded({.forward = forward}, nullptr), "");
    EXPECT_EQ(forwarded({.forward = forward}, &none), "");
  }
}

TEST(ClientCertificate, its_texts_cannot_end_the_value_they_stand_in) {
  const tls::TlsFacts facts = session();
  const ClientCertSettings all{Forward::sanitize_set, true, true, true, true};
  EXPECT_EQ(forwarded(all, &facts),
            "By=spiffe://shop;Hash=ab12;Cert=\"-----%0AA%2B%2F%3D%0A\";Subject=\"CN=a\\\"b\\\\c\";"
            "URI=spiffe://x%3By%2C%22z;DNS=a.test;DNS=b.test");
}

}  // namespace
}  // namespace gnomon::proxy
