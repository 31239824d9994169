// sslConfig to contexts of OpenSSL: reads the certificates that it names, and says what is wrong
// with them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/ssl.h"
#include "routing/build_context.h"
#include "tls/client_context.h"
#include "tls/server_context.h"

namespace gnomon::routing {

class TlsBuilder {
 public:
  explicit TlsBuilder(BuildContext& context) : context_(context) {}

  // Of an sslConfig towards clients; null where something is wrong or missing, which has been
  // reported.
  // Equal ones are shared.
  tls::ServerContextPtr server(const config::Metadata& owner, const config::SslConfig& ssl);
  // Of an Upstream that speaks TLS, whether or not it says how; null as above.
  tls::ClientContextPtr client(const config::Upstream& upstream);

 private:
  // Where an sslConfig stands.
  struct Place {
    const config::Metadata& owner;
    const config::SslCommon& ssl;
  };
  // Where parts of it come from, to say when one of them is bad.
  struct Origins {
    std::map<tls::Part, std::pair<config::Position, std::string>> parts;  // and the field
    std::map<tls::Part, std::string> names;                               // of file or Secret
  };

  std::optional<tls::Settings> settings(const Place& place, Origins& origins);
  bool read_materials(const Place& place, tls::Settings& to, Origins& origins);
  bool read_secret(const Place& place, tls::Settings& to, Origins& origins);
  void report_missing_secret(const Place& place, const std::string& name);
  bool read_file(const Place& place, const config::Located<std::string>& path,
                 std::string_view field, tls::Part part, std::string& to, Origins& origins);
  void report(const Place& place, const Origins& origins, const tls::Problem& problem);
  void error(const Place& place, config::Position at, std::string message, std::string_view field);

  BuildContext& context_;
  std::map<std::string, tls::ServerContextPtr> servers_;  // by identity
};

}  // namespace gnomon::routing
