#include "tls/server_context.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "tls/context.h"
#include "tls/ticket_keys.h"

namespace gnomon::tls {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// The server's order counts. Without a protocol in common the connection goes on without ALPN, as
// at Envoy.
int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned in_size, void* alpn) {
  const std::string& own = *static_cast<const std::string*>(alpn);
  unsigned char* chosen = nullptr;
  const int found =
      SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(own.data()),
                            static_cast<unsigned>(own.size()), in, in_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// RFC 6066 section 3: a list of names, of which only one of type host_name is ever sent.
std::string_view server_name(SSL* ssl) {
  const unsigned char* data = nullptr;
  size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1) return {};
  constexpr size_t kPrefix = 5;  // size of the list, type, size of the name
  if (size < kPrefix || data[2] != TLSEXT_NAMETYPE_host_name) return {};
  const size_t name_size = (static_cast<size_t>(data[3]) << 8) | data[4];
  if (name_size > size - kPrefix) return {};
  return {reinterpret_cast<const char*>(data + kPrefix), name_size};
}

}  // namespace

std::expected<std::shared_ptr<const ServerContext>, Problem> ServerContext::make(
    Settings settings) {
  auto made = make_context(Role::server, settings);
  if (!made) return std::unexpected(std::move(made.error()));
  std::optional<OcspStaple> staple;
  if (!settings.ocsp_der.empty()) {
    X509* const certificate = SSL_CTX_get0_certificate(made->get());
    if (certificate == nullptr) {
      return std::unexpected(Problem{Part::staple, "needs the certificate that it is about"});
    }
    auto parsed = OcspStaple::parse(settings.ocsp_der, *certificate);
    if (!parsed) return std::unexpected(Problem{Part::staple, std::move(parsed.error())});
    staple = std::move(*parsed);
  } else if (settings.stapling == Stapling::must) {
    return std::unexpected(Problem{Part::staple, "MUST_STAPLE needs an answer of OCSP"});
  }
  return std::make_shared<const ServerContext>(std::move(settings), std::move(*made),
                                               std::move(staple));
}

ServerContext::ServerContext(Settings settings, CtxPtr context, std::optional<OcspStaple> staple)
    : settings_(std::move(settings)),
      identity_(identity_of(settings_)),
      staple_(std::move(staple)),
      alpn_(alpn_wire(settings_.alpn)),
      context_(std::move(context)) {
  if (!settings_.root_ca_pem.empty()) want_names(*context_, settings_.names);
  if (staple_) {
    SSL_CTX_set_tlsext_status_cb(context_.get(), ServerContext::staple);
    SSL_CTX_set_tlsext_status_arg(context_.get(), this);
  }
  if (alpn_.empty()) return;
  SSL_CTX_set_alpn_select_cb(context_.get(), choose_protocol, const_cast<std::string*>(&alpn_));
}

// Asked only for clients that want one.
int ServerContext::staple(SSL* ssl, void* self) {
  const ServerContext& context = *static_cast<const ServerContext*>(self);
  if (context.staple_->expired()) {
    const bool goes_on = context.settings_.stapling == Stapling::lenient;
    return goes_on ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  const std::string& der = context.staple_->der();
  void* const copy = OPENSSL_memdup(der.data(), der.size());
  if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, static_cast<unsigned char*>(copy),
                                  static_cast<long>(der.size()));
  return SSL_TLSEXT_ERR_OK;
}

ServerContexts::ServerContexts() {
  auto made = make_context(Role::server, {});
  if (!made) {
    throw std::system_error(std::make_error_code(std::errc::not_enough_memory), made.error().text);
  }
  front_ = std::move(*made);
  TicketKeys::instance().install(*front_);
  SSL_CTX_set_client_hello_cb(front_.get(), on_client_hello, this);
}

bool ServerContexts::add(std::string_view name, ServerContextPtr context, uint32_t tag) {
  return by_name_.emplace(lower(name), Entry{std::move(context), tag}).second;
}

const ServerContext* ServerContexts::find(std::string_view name) const {
  const Entry* entry = find_entry(name);
  return entry == nullptr ? nullptr : entry->context.get();
}

std::optional<uint32_t> ServerContexts::tag_of(std::string_view name) const {
  const Entry* entry = find_entry(name);
  if (entry == nullptr || entry->context == nullptr) return std::nullopt;
  return entry->tag;
}

const ServerContexts::Entry* ServerContexts::find_entry(std::string_view name) const {
  std::string wanted = lower(name);
  if (wanted.ends_with('.')) wanted.pop_back();
  if (const auto exact = by_name_.find(wanted); exact != by_name_.end()) {
    return &exact->second;
  }
  for (size_t dot = wanted.find('.'); dot != std::string::npos; dot = wanted.find('.', dot + 1)) {
    const auto wildcard = by_name_.find("*" + wanted.substr(dot));
    if (wildcard != by_name_.end()) return &wildcard->second;
  }
  const auto any = by_name_.find(std::string_view());
  return any == by_name_.end() ? nullptr : &any->second;
}

SslPtr ServerContexts::accept() const {
  SslPtr ssl(SSL_new(front_.get()));
  if (ssl != nullptr) SSL_set_accept_state(ssl.get());
  return ssl;
}

int ServerContexts::on_client_hello(SSL* ssl, int* alert, void* self) {
  const ServerContext* context = static_cast<const ServerContexts*>(self)->find(server_name(ssl));
  if (context == nullptr) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
  }
  apply(*ssl, *context);
  return SSL_CLIENT_HELLO_SUCCESS;
}

// SSL_set_SSL_CTX takes over certificate, trusted roots, ciphers and ALPN; the rest is copied here.
void ServerContexts::apply(SSL& ssl, const ServerContext& context) {
  SSL_CTX& native = context.native();
  SSL_set_SSL_CTX(&ssl, &native);
  SSL_set_verify(&ssl, SSL_CTX_get_verify_mode(&native), nullptr);
  apply_parameters(ssl, context.settings().parameters, context.settings().resumption);
  // A ticket counts only where it was given out: certificates, roots and names are the same.
  const std::string& identity = context.identity();
  const auto size =
      static_cast<unsigned>(std::min<size_t>(identity.size(), SSL_MAX_SID_CTX_LENGTH));
  SSL_set_session_id_context(&ssl, reinterpret_cast<const unsigned char*>(identity.data()), size);
}

}  // namespace gnomon::tls
