// The keys that session tickets are sealed with: one set for the process, so that a client may
// resume at any worker, and after a reload. They never leave memory.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <deque>
#include <mutex>

namespace gnomon::tls {

// Thread-safe.
class TicketKeys {
 public:
  // Of the process.
  static TicketKeys& instance();

  // A new key seals from now on. The former ones still open for a while: those of the last
  // kKept rotations.
  void rotate();
  void install(SSL_CTX& context);

 private:
  static constexpr size_t kKept = 3;
  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> mac;
  };

  TicketKeys() { rotate(); }
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int sealing);
  Key newest();
  // 0: unknown, 1: good, 2: good, but the client shall get a new ticket.
  int find(const unsigned char* name, Key& to);

  std::mutex mutex_;
  std::deque<Key> keys_;  // the newest first
};

}  // namespace gnomon::tls
