#include "proxy/health_probe.h"

#include <utility>

#include "net/tls_stream.h"
#include "proxy/grpc_probe.h"
#include "proxy/http_probe.h"
#include "proxy/tcp_probe.h"

namespace gnomon::proxy {

Result<std::unique_ptr<net::Stream>> dial(const ProbeContext& context, const ProbeTarget& target,
                                          std::string_view protocol, std::string& preface) {
  preface = target.preface;
  auto stream = context.network.connect(target.address, context.lane, {});
  if (!stream || target.tls == nullptr) return stream;
  return net::make_tls_client(context.loop, context.lane, std::move(*stream),
                              {target.tls, target.server_name, protocol},
                              std::exchange(preface, {}));
}

std::unique_ptr<HealthProbe> make_probe(const ProbeContext& context,
                                        const routing::Cluster& cluster, ProbeTarget target,
                                        HealthProbe::Done done) {
  const routing::HealthCheck& check = *cluster.health_check;
  const auto make = check.http ? make_http_probe : check.grpc ? make_grpc_probe : make_tcp_probe;
  return make(context, cluster, std::move(target), std::move(done));
}

}  // namespace gnomon::proxy
