#include "config/secret.h"

#include <cstdint>

#include "config/schema.h"

namespace gnomon::config {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  size_t digits = 0;
  size_t padding = 0;
  for (const char c : text) {
    if (c == '\r' || c == '\n') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = base64_value(c);
    if (value < 0 || padding > 0) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(value);
    if (++digits % 4 == 0) {
      for (const int shift : {16, 8, 0}) out.push_back(static_cast<char>(bits >> shift));
      bits = 0;
    }
  }
  const size_t rest = digits % 4;
  if (padding != (4 - rest) % 4 || rest == 1) return std::nullopt;
  if (rest == 3) bits >>= 2;
  if (rest == 2) bits >>= 4;
  if (rest == 3) out.push_back(static_cast<char>(bits >> 8));
  if (rest >= 2) out.push_back(static_cast<char>(bits));
  return out;
}

bool Reader<SecretText>::read(const Node& node, const Scope& scope, SecretText& out) {
  out.at = node.at();
  if (!node.is_scalar()) return refuse(node, scope, "a string");
  if (!node.is_null()) out.value = node.text();
  return true;
}

// Kubernetes would refuse it; here it may belong to a Secret that nothing refers to.
bool Reader<SecretData>::read(const Node& node, const Scope& scope, SecretData& out) {
  SecretText text;
  if (!Reader<SecretText>::read(node, scope, text)) return false;
  out.at = text.at;
  out.value = decode_base64(text.value);
  if (!out.value) {
    scope.warning(node.at(), "this is not base64; taken for absent",
                  "text without base64 goes under stringData");
  }
  return true;
}

std::optional<std::string_view> Secret::entry(const std::string& name) const {
  if (const auto found = string_data.find(name); found != string_data.end()) {
    return found->second.value;
  }
  const auto found = data.find(name);
  if (found == data.end() || !found->second.value) return std::nullopt;
  return *found->second.value;
}

Secret::TlsTexts Secret::tls_texts() const {
  std::optional<std::string_view> root_ca;
  if (tls) {
    if (!tls->root_ca.value.empty()) root_ca = tls->root_ca.value;
    return {tls->cert_chain.value, tls->private_key.value, root_ca,
            tls->ocsp_staple.value ? std::string_view(*tls->ocsp_staple.value) : ""};
  }
  const std::string root_name = "ca.crt";
  if (data.contains(root_name) || string_data.contains(root_name)) {
    root_ca = entry(root_name).value_or("");
  }
  return {entry("tls.crt").value_or(""), entry("tls.key").value_or(""), root_ca,
          entry("tls.ocsp-staple").value_or("")};
}

std::map<std::string_view, std::string_view> Secret::headers() const {
  std::map<std::string_view, std::string_view> out;
  if (header) {
    for (const auto& [name, text] : header->headers) out.emplace(name, text.value);
  }
  for (const auto& [name, text] : string_data) out.emplace(name, text.value);
  for (const auto& [name, text] : data) {
    if (text.value) out.emplace(name, *text.value);
  }
  return out;
}

// The word must stand alone: "headerSecretRef" is no sign of one.
bool may_hold_secret(std::string_view path, std::string_view text) noexcept {
  if (path.find("/secrets/") != std::string_view::npos || path.starts_with("secrets/")) return true;
  constexpr std::string_view kWord = "Secret";
  for (size_t at = text.find(kWord); at != std::string_view::npos; at = text.find(kWord, at + 1)) {
    const size_t end = at + kWord.size();
    const bool alone =
        (at == 0 || !is_letter(text[at - 1])) && (end == text.size() || !is_letter(text[end]));
    if (alone) return true;
  }
  return false;
}

void describe(Schema<HeaderSecret>& s) { s.field("headers", &HeaderSecret::headers); }

void describe(Schema<TlsSecret>& s) {
  s.field("certChain", &TlsSecret::cert_chain);
  s.field("privateKey", &TlsSecret::private_key);
  s.field("rootCa", &TlsSecret::root_ca);
  s.field("ocspStaple", &TlsSecret::ocsp_staple);
}

void describe(Schema<Secret>& s) {
  s.field("tls", &Secret::tls);
  s.field("header", &Secret::header);
  s.field("data", &Secret::data);
  s.field("stringData", &Secret::string_data);
  s.ignored({"apiKey", "aws", "azure", "credentials", "encryption", "extensions", "oauth"});
  s.ignored({"apiVersion", "immutable", "kind", "sops", "type"});
  s.one_of({"apiKey", "aws", "azure", "credentials", "encryption", "extensions", "header", "oauth",
            "tls"});
}

}  // namespace gnomon::config
