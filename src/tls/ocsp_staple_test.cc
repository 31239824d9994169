#include "tls/ocsp_staple.h"

#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include <optional>

#include "tls/testing.h"

namespace gnomon::tls {
namespace {

using testing::Identity;
using testing::make_identity;

TimePtr from_now(long seconds) { return TimePtr(X509_gmtime_adj(nullptr, seconds)); }

std::string to_der(OCSP_RESPONSE* response) {
  unsigned char* data = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &data);
  std::string der(reinterpret_cast<char*>(data), static_cast<size_t>(size));
  OPENSSL_free(data);
  OCSP_RESPONSE_free(response);
  return der;
}

class OcspStapleTest : public ::testing::Test {
 protected:
  // About each of these certificates, until then.
  std::string answer(std::initializer_list<const Identity*> about, std::optional<long> until) {
    OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
    const TimePtr begin = from_now(-7200);
    const TimePtr end = until ? from_now(*until) : nullptr;
    for (const Identity* one : about) {
      OCSP_CERTID* id = OCSP_cert_to_id(nullptr, one->certificate.get(), root_.certificate.get());
      OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, begin.get(), end.get());
      OCSP_CERTID_free(id);
    }
    OCSP_basic_sign(basic, root_.certificate.get(), root_.key.get(), EVP_sha256(), nullptr, 0);
    OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    OCSP_BASICRESP_free(basic);
    return to_der(response);
  }
  std::string complaint(std::string der) {
    const auto parsed = OcspStaple::parse(std::move(der), *shop_.certificate);
    return parsed ? "" : parsed.error();
  }
  bool expires(std::optional<long> until) {
    const auto parsed = OcspStaple::parse(answer({&shop_}, until), *shop_.certificate);
    EXPECT_TRUE(parsed.has_value());
    return parsed->expired();
  }

  const Identity root_ = make_identity("root", {});
  const Identity shop_ = make_identity("shop", {"DNS:shop.test"}, &root_);
  const Identity other_ = make_identity("other", {"DNS:other.test"}, &root_);
};

TEST_F(OcspStapleTest, holds_until_its_next_update) {
  EXPECT_FALSE(expires(3600));
  EXPECT_TRUE(expires(-3600));
  EXPECT_TRUE(expires(std::nullopt));
}

TEST_F(OcspStapleTest, is_kept_as_it_came) {
  const std::string der = answer({&shop_}, 3600);
  EXPECT_EQ(OcspStaple::parse(der, *shop_.certificate)->der(), der);
}

TEST_F(OcspStapleTest, must_be_about_the_certificate_alone) {
  EXPECT_EQ(complaint(answer({&shop_}, 3600)), "");
  EXPECT_EQ(complaint(answer({&other_}, 3600)), "is about another certificate");
  EXPECT_EQ(complaint(answer({&shop_, &other_}, 3600)),
            "is no answer of OCSP about one certificate");
}

TEST_F(OcspStapleTest, must_be_an_answer) {
  EXPECT_EQ(complaint(""), "is no answer of OCSP in DER");
  EXPECT_EQ(complaint("junk"), "is no answer of OCSP in DER");
  const std::string whole = answer({&shop_}, 3600);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(complaint(whole.substr(0, size)), "");
  EXPECT_EQ(complaint(to_der(OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, nullptr))),
            "is an answer of OCSP that says that it failed");
}

}  // namespace
}  // namespace gnomon::tls
