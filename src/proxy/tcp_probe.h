// Connects, says some bytes and waits for others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/health_probe.h"

namespace gnomon::proxy {

std::unique_ptr<HealthProbe> make_tcp_probe(const ProbeContext& context,
                                            const routing::Cluster& cluster, ProbeTarget target,
                                            HealthProbe::Done done);

// Whether all parts occur in this order, with anything between them.
bool holds_in_order(std::string_view bytes, const std::vector<std::string>& parts) noexcept;

}  // namespace gnomon::proxy
