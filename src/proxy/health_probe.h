// One question to one host, asked again and again: does it answer as a healthy host does?
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/client_connection.h"
#include "net/address.h"
#include "net/stream.h"
#include "routing/plan.h"
#include "tls/client_context.h"

namespace gnomon::proxy {

// What probes of one checker borrow. Outlives them.
struct ProbeContext {
  net::EventLoop& loop;
  net::Network& network;
  http::ReadBuffer& read_buffer;
  const http::ClientSettings& settings;
  net::Lane lane;
};

enum class ProbeResult : uint8_t {
  good,
  bad,      // an answer that is not the expected one
  network,  // none
};

class HealthProbe {
 public:
  // Once per start(), unless stop() comes before; it may come from within start().
  using Done = std::function<void(ProbeResult result)>;

  virtual ~HealthProbe() = default;
  virtual void start() = 0;
  // Gives up the question under way.
  virtual void stop() = 0;
};

struct ProbeTarget {
  net::Address address;
  std::string host;           // for Host, unless the check names one
  std::string preface;        // bytes that begin each connection
  tls::ClientContextPtr tls;  // null: clear text
  std::string server_name;    // for SNI
};

// `cluster` has a health check, and outlives the probe.
std::unique_ptr<HealthProbe> make_probe(const ProbeContext& context,
                                        const routing::Cluster& cluster, ProbeTarget target,
                                        HealthProbe::Done done);

// As a live connection would be opened. `protocol` is all that is offered by ALPN, if it is given.
// What of the preface is still to be said is left in it.
Result<std::unique_ptr<net::Stream>> dial(const ProbeContext& context, const ProbeTarget& target,
                                          std::string_view protocol, std::string& preface);

}  // namespace gnomon::proxy
