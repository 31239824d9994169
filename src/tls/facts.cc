#include "tls/facts.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/pem.h>

#include <array>
#include <span>

#include "tls/openssl.h"

namespace gnomon::tls {
namespace {

using BnPtr = std::unique_ptr<BIGNUM, Freer<BN_free>>;

std::string hex(std::span<const unsigned char> bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

std::string contents(BIO& memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(&memory, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

std::string name_text(const X509_NAME* name) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253);
  return contents(*out);
}

std::string serial_text(const X509& certificate) {
  const BnPtr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  if (number == nullptr) return {};
  std::string bytes(static_cast<size_t>(BN_num_bytes(number.get())), '\0');
  auto* to = reinterpret_cast<unsigned char*>(bytes.data());
  BN_bn2bin(number.get(), to);
  return hex({to, bytes.size()});
}

std::string digest_text(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(&certificate, EVP_sha256(), digest.data(), &size);
  return hex({digest.data(), size});
}

std::string pem_text(X509& certificate) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), &certificate);
  return contents(*out);
}

std::optional<WallTime> wall_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

void read_names(X509& certificate, PeerFacts& to) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (names == nullptr) return;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI && name->type != GEN_DNS) continue;
    const ASN1_STRING* text = name->d.ia5;
    (name->type == GEN_URI ? to.uri_names : to.dns_names)
        .emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                      static_cast<size_t>(ASN1_STRING_length(text)));
  }
}

PeerFacts read_peer(X509& certificate) {
  PeerFacts out;
  out.subject = name_text(X509_get_subject_name(&certificate));
  out.issuer = name_text(X509_get_issuer_name(&certificate));
  out.serial = serial_text(certificate);
  out.sha256 = digest_text(certificate);
  out.pem = pem_text(certificate);
  out.not_before = wall_time(X509_get0_notBefore(&certificate));
  out.not_after = wall_time(X509_get0_notAfter(&certificate));
  read_names(certificate, out);
  return out;
}

}  // namespace

TlsFacts read_facts(const SSL& ssl) {
  TlsFacts out;
  out.version = SSL_get_version(&ssl);
  out.cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(&ssl));
  if (const char* name = SSL_get_servername(&ssl, TLSEXT_NAMETYPE_host_name))
    out.server_name = name;
  out.resumed = SSL_session_reused(&ssl) == 1;
  unsigned size = 0;
  const unsigned char* id = SSL_SESSION_get_id(SSL_get_session(&ssl), &size);
  out.session_id = hex({id, size});
  const X509Ptr peer(SSL_get1_peer_certificate(&ssl));
  if (peer != nullptr) out.peer = read_peer(*peer);
  if (X509* own = SSL_get_certificate(&ssl)) {
    out.local.subject = name_text(X509_get_subject_name(own));
    read_names(*own, out.local);
  }
  return out;
}

}  // namespace gnomon::tls
