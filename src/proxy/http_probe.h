// Asks over HTTP and judges by the status.
#pragma once

#include "proxy/health_probe.h"

namespace gnomon::proxy {

std::unique_ptr<HealthProbe> make_http_probe(const ProbeContext& context,
                                             const routing::Cluster& cluster, ProbeTarget target,
                                             HealthProbe::Done done);

}  // namespace gnomon::proxy
