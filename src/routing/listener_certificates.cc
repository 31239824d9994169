#include "routing/listener_certificates.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/inherit.h"

namespace gnomon::routing {
namespace {

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

class CertificateCollector {
 public:
  explicit CertificateCollector(BuildContext& context) : context_(context) {}

  void add(TlsBuilder& tls, uint32_t host, const config::SslConfig& ssl) {
    const config::Metadata& owner = context_.resources.virtual_services[host].metadata;
    const tls::ServerContextPtr made = tls.server(owner, ssl);
    if (made == nullptr) return;
    if (ssl.connect_timeout) {
      out_.handshake_timeout = std::max(out_.handshake_timeout, to_millis(*ssl.connect_timeout));
    }
    std::vector<config::Located<std::string>> names = ssl.sni_domains;
    if (names.empty()) names.push_back({"", ssl.at});
    for (const auto& [name, at] : names) add_name(name, at, made, host);
  }

  ListenerCertificates take() { return std::move(out_); }

 private:
  void add_name(const std::string& name, config::Position at, const tls::ServerContextPtr& made,
                uint32_t host) {
    const auto [first, fresh] = taken_.try_emplace(lower_case(name), made, host);
    if (fresh) {
      out_.names.emplace_back(name, made);
    } else if (first->second.first != made) {
      report_taken(host, at, name, first->second.second);
    }
  }

  void report_taken(uint32_t host, config::Position at, const std::string& name, uint32_t first) {
    const auto& services = context_.resources.virtual_services;
    context_.error(services[host].metadata, at,
                   fmt::format("another sslConfig is for {} already: that of {}",
                               name.empty() ? "clients that ask for any name" : name,
                               services[first].metadata.full_name()),
                   name.empty() ? "sslConfig" : "sslConfig.sniDomains",
                   "give each its own sniDomains, or both the same settings");
  }

  BuildContext& context_;
  ListenerCertificates out_;
  std::map<std::string, std::pair<tls::ServerContextPtr, uint32_t>> taken_;
};

}  // namespace

ListenerCertificates listener_certificates(BuildContext& context, TlsBuilder& tls,
                                           const std::vector<uint32_t>& hosts,
                                           const config::SslConfig* defaults) {
  CertificateCollector collector(context);
  for (const uint32_t host : hosts) {
    config::SslConfig ssl = *context.resources.virtual_services[host].ssl_config;
    if (defaults != nullptr) config::inherit(ssl, *defaults, config::Precedence::child);
    collector.add(tls, host, ssl);
  }
  return collector.take();
}

}  // namespace gnomon::routing
