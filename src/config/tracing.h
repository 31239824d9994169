// tracing of a listener: no spans are made; only where they would go is looked at.
#pragma once

#include <optional>

#include "config/metadata.h"

namespace gnomon::config {

struct ZipkinTracing {
  std::optional<ResourceRef> collector;
};

struct DatadogTracing {
  std::optional<ResourceRef> collector;
};

struct OpenTelemetryTracing {
  std::optional<ResourceRef> collector;
};

struct Tracing {
  std::optional<ZipkinTracing> zipkin;
  std::optional<DatadogTracing> datadog;
  std::optional<OpenTelemetryTracing> open_telemetry;
};

void describe(Schema<ZipkinTracing>& s);
void describe(Schema<DatadogTracing>& s);
void describe(Schema<OpenTelemetryTracing>& s);
void describe(Schema<Tracing>& s);

}  // namespace gnomon::config
