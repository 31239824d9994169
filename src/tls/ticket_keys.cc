#include "tls/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <system_error>

namespace gnomon::tls {
namespace {

template <size_t N>
void fill(std::array<unsigned char, N>& to) {
  if (RAND_bytes(to.data(), static_cast<int>(N)) == 1) return;
  throw std::system_error(std::make_error_code(std::errc::io_error), "no random numbers");
}

}  // namespace

TicketKeys& TicketKeys::instance() {
  static TicketKeys keys;
  return keys;
}

void TicketKeys::rotate() {
  Key key{};
  fill(key.name);
  fill(key.cipher);
  fill(key.mac);
  const std::lock_guard<std::mutex> lock(mutex_);
  keys_.push_front(key);
  if (keys_.size() > kKept + 1) keys_.pop_back();
}

void TicketKeys::install(SSL_CTX& context) {
  SSL_CTX_set_tlsext_ticket_key_evp_cb(&context, on_ticket);
}

TicketKeys::Key TicketKeys::newest() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return keys_.front();
}

int TicketKeys::find(const unsigned char* name, Key& to) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::ranges::find_if(
      keys_, [&](const Key& key) { return std::equal(key.name.begin(), key.name.end(), name); });
  if (found == keys_.end()) return 0;
  to = *found;
  return found == keys_.begin() ? 1 : 2;
}

int TicketKeys::on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                          EVP_MAC_CTX* mac, int sealing) {
  TicketKeys& self = instance();
  Key key{};
  int outcome = 1;
  if (sealing != 0) {
    key = self.newest();
    std::ranges::copy(key.name, name);
    if (RAND_bytes(iv, EVP_CIPHER_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    if (EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) != 1) {
      return -1;
    }
  } else {
    outcome = self.find(name, key);
    if (outcome == 0) return 0;
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv) != 1) {
      return -1;
    }
    // Tickets of TLS 1.3 are for one use, so that each use is to bring a new one.
    if (SSL_version(ssl) >= TLS1_3_VERSION) outcome = 2;
  }
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1 ? outcome : -1;
}

}  // namespace gnomon::tls
