// Certificates for tests, made on the spot.
#pragma once

#include <openssl/pem.h>

#include <string>
#include <vector>

#include "tls/openssl.h"

namespace gnomon::tls::testing {

struct Identity {
  std::string certificate_pem;
  std::string key_pem;
  X509Ptr certificate;
  KeyPtr key;
};

inline void add_extension(X509& certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, &certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(&certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

inline std::string contents(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<size_t>(size)};
}

// `names` as in "DNS:shop.test"; without an issuer it signs itself and is an authority.
inline Identity make_identity(const std::string& common_name, const std::vector<std::string>& names,
                              const Identity* issuer = nullptr, long valid_s = 3600) {
  static long serial = 1000;
  Identity out;
  out.key.reset(EVP_EC_gen("P-256"));
  out.certificate.reset(X509_new());
  X509& certificate = *out.certificate;
  X509_set_version(&certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(&certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(&certificate), -7200);
  X509_gmtime_adj(X509_getm_notAfter(&certificate), valid_s);
  X509_NAME* subject = X509_get_subject_name(&certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  const bool authority = issuer == nullptr;
  X509* signer = authority ? &certificate : issuer->certificate.get();
  X509_set_issuer_name(&certificate, X509_get_subject_name(signer));
  X509_set_pubkey(&certificate, out.key.get());
  add_extension(certificate, signer, NID_basic_constraints,
                authority ? "critical,CA:TRUE" : "CA:FALSE");
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ",") + name;
  if (!list.empty()) add_extension(certificate, signer, NID_subject_alt_name, list);
  X509_sign(&certificate, authority ? out.key.get() : issuer->key.get(), EVP_sha256());
  const BioPtr text(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(text.get(), &certificate);
  out.certificate_pem = contents(text.get());
  const BioPtr key(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(key.get(), out.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  out.key_pem = contents(key.get());
  return out;
}

}  // namespace gnomon::tls::testing
