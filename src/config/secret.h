// A Secret, in Gloo's form or in that of Kubernetes. What it holds is never printed: not in a
// diagnostic, not in a dump; nothing of files with Secrets is quoted (Sources::conceal).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/metadata.h"
#include "config/read.h"
#include "config/source.h"

namespace gnomon::config {

// A value, whatever it looks like.
struct SecretText {
  Position at;
  std::string value;
};

// The same in base64, as Kubernetes keeps it; without a value if it was not that.
struct SecretData {
  Position at;
  std::optional<std::string> value;
};

template <>
struct Reader<SecretText> {
  static bool read(const Node& node, const Scope& scope, SecretText& out);
};
template <>
struct Reader<SecretData> {
  static bool read(const Node& node, const Scope& scope, SecretData& out);
};

struct HeaderSecret {
  std::map<std::string, SecretText> headers;
};

// PEM texts.
struct TlsSecret {
  SecretText cert_chain;
  SecretText private_key;
  SecretText root_ca;
  SecretData ocsp_staple;  // DER
};

struct Secret {
  Metadata metadata;
  std::optional<TlsSecret> tls;                   // Gloo's form
  std::optional<HeaderSecret> header;             // Gloo's form
  std::map<std::string, SecretData> data;         // Kubernetes' forms; of a name in both the
  std::map<std::string, SecretText> string_data;  // second counts

  // The value of an entry in one of Kubernetes' forms.
  std::optional<std::string_view> entry(const std::string& name) const;
  // Certificate, key and root of a TLS Secret, whichever its form; "" for what is not there.
  // Without a root nobody is verified, so one that is empty or cannot be decoded is told from
  // none: it is there, and "". In Gloo's form "" is none, as protobuf has it.
  struct TlsTexts {
    std::string_view cert_chain;
    std::string_view private_key;
    std::optional<std::string_view> root_ca;
    std::string_view ocsp_staple;  // DER
  };
  TlsTexts tls_texts() const;
  // Every field of a header Secret, by name, whichever its form.
  std::map<std::string_view, std::string_view> headers() const;
};

void describe(Schema<HeaderSecret>& s);
void describe(Schema<TlsSecret>& s);
void describe(Schema<Secret>& s);

// A text that may hold a Secret, even where it is not well-formed.
bool may_hold_secret(std::string_view path, std::string_view text) noexcept;

// RFC 4648 section 4, with line breaks in it, as Go reads it.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace gnomon::config
