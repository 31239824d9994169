#include "proxy/client_certificate.h"

#include <fmt/format.h>

#include <iterator>
#include <vector>

namespace gnomon::proxy {
namespace {

constexpr std::string_view kField = "x-forwarded-client-cert";

bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

// Names come out of a certificate: what would end a value, or the field, is written as %XX.
std::string bare(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = c > ' ' && c < 0x7f && c != ';' && c != ',' && c != '"' && c != '\\';
    if (plain) {
      out += c;
    } else {
      out += percent_encode({&c, 1});
    }
  }
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c >= ' ' && c < 0x7f) {
      out += c;
    } else {
      out += percent_encode({&c, 1});
    }
  }
  return out += '"';
}

// In Envoy's order.
std::string describe(const routing::ClientCertSettings& settings, const tls::TlsFacts& session) {
  std::vector<std::string> parts;
  parts.reserve(session.local.uri_names.size() + 1);
  for (const std::string& uri : session.local.uri_names) parts.push_back("By=" + bare(uri));
  parts.push_back("Hash=" + session.peer.sha256);
  if (settings.cert) parts.push_back("Cert=\"" + percent_encode(session.peer.pem) + "\"");
  if (settings.subject) parts.push_back("Subject=" + quoted(session.peer.subject));
  if (settings.uri) {
    if (session.peer.uri_names.empty()) parts.emplace_back("URI=");
    for (const std::string& uri : session.peer.uri_names) parts.push_back("URI=" + bare(uri));
  }
  if (settings.dns) {
    for (const std::string& name : session.peer.dns_names) parts.push_back("DNS=" + bare(name));
  }
  return fmt::format("{}", fmt::join(parts, ";"));
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

void forward_client_certificate(Headers& headers, const routing::ClientCertSettings& settings,
                                const tls::TlsFacts* session) {
  using Forward = routing::ClientCertSettings::Forward;
  if (settings.forward == Forward::always) return;
  const bool verified = session != nullptr && !session->peer.sha256.empty();
  if (!verified || settings.forward == Forward::sanitize) return headers.remove(kField);
  if (settings.forward == Forward::forward_only) return;
  std::string value;
  if (settings.forward == Forward::append_forward) {
    for (const Field& field : headers) {
      if (equals_ignore_case(field.name, kField)) value.append(field.value).append(",");
    }
  }
  value += describe(settings, *session);
  headers.remove(kField);
  headers.add(kField, value);
}

}  // namespace gnomon::proxy
