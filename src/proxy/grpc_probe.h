// Asks as the health checking protocol of gRPC says: grpc.health.v1.Health/Check.
#pragma once

#include "proxy/health_probe.h"

namespace gnomon::proxy {

std::unique_ptr<HealthProbe> make_grpc_probe(const ProbeContext& context,
                                             const routing::Cluster& cluster, ProbeTarget target,
                                             HealthProbe::Done done);

}  // namespace gnomon::proxy
