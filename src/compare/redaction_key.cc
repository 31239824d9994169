#include "compare/redaction_key.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>

namespace gnomon::compare {
namespace {

constexpr size_t kKept = 12;  // bytes of the hash

void append_base64url(std::string& out, const unsigned char* bytes, size_t size) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (size_t i = 0; i + 3 <= size; i += 3) {
    const uint32_t group = static_cast<uint32_t>(bytes[i]) << 16U |
                           static_cast<uint32_t>(bytes[i + 1]) << 8U | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) out.push_back(kDigits[(group >> shift) & 63U]);
  }
}

}  // namespace

std::string RedactionKey::stand_in(std::string_view bytes, Of of) const {
  std::string message(1, static_cast<char>(of));
  message.append(bytes);
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  const auto* const data = reinterpret_cast<const unsigned char*>(message.data());
  if (HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), data, message.size(),
           hash, &size) == nullptr) {
    throw std::bad_alloc();
  }
  std::string out(kRedacted);
  out.push_back('-');
  append_base64url(out, hash, kKept);
  return out;
}

}  // namespace gnomon::compare
