#include "tls/ocsp_staple.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>

#include <utility>

namespace gnomon::tls {
namespace {

using ResponsePtr = std::unique_ptr<OCSP_RESPONSE, Freer<OCSP_RESPONSE_free>>;
using BasicPtr = std::unique_ptr<OCSP_BASICRESP, Freer<OCSP_BASICRESP_free>>;

std::unexpected<std::string> problem(const char* text) {
  ERR_clear_error();
  return std::unexpected<std::string>(text);
}

bool is_about(OCSP_SINGLERESP& answer, X509& certificate) {
  ASN1_INTEGER* serial = nullptr;
  // The structure is not changed, whatever its type says.
  auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(&answer));
  OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial, id);
  return ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(&certificate)) == 0;
}

}  // namespace

std::expected<OcspStaple, std::string> OcspStaple::parse(std::string der, X509& certificate) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const ResponsePtr response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  if (response == nullptr) return problem("is no answer of OCSP in DER");
  if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return problem("is an answer of OCSP that says that it failed");
  }
  const BasicPtr basic(OCSP_response_get1_basic(response.get()));
  if (basic == nullptr || OCSP_resp_count(basic.get()) != 1) {
    return problem("is no answer of OCSP about one certificate");
  }
  OCSP_SINGLERESP* const answer = OCSP_resp_get0(basic.get(), 0);
  if (!is_about(*answer, certificate)) return problem("is about another certificate");
  ASN1_GENERALIZEDTIME* from = nullptr;
  ASN1_GENERALIZEDTIME* until = nullptr;
  OCSP_single_get0_status(answer, nullptr, nullptr, &from, &until);
  // Without a next update there is newer information all the time (RFC 6960 section 4.2.2.1).
  TimePtr last_moment(ASN1_STRING_dup(until != nullptr ? until : from));
  return OcspStaple(std::move(der), std::move(last_moment));
}

bool OcspStaple::expired() const noexcept {
  return last_moment_ == nullptr || X509_cmp_current_time(last_moment_.get()) < 0;
}

}  // namespace gnomon::tls
