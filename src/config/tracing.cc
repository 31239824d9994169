#include "config/tracing.h"

#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<ZipkinTracing>& s) {
  s.field("collectorUpstreamRef", &ZipkinTracing::collector);
  s.ignored({"clusterName", "collectorEndpoint", "collectorEndpointVersion", "sharedSpanContext",
             "traceId128bit"});
  s.one_of({"collectorUpstreamRef", "clusterName"});
}

void describe(Schema<DatadogTracing>& s) {
  s.field("collectorUpstreamRef", &DatadogTracing::collector);
  s.ignored({"clusterName", "collectorHostname", "remoteConfig", "serviceName"});
  s.one_of({"collectorUpstreamRef", "clusterName"});
}

void describe(Schema<OpenTelemetryTracing>& s) {
  s.field("collectorUpstreamRef", &OpenTelemetryTracing::collector);
  s.ignored({"clusterName", "grpcService", "maxCacheSize", "serviceName"});
  s.one_of({"collectorUpstreamRef", "clusterName"});
}

void describe(Schema<Tracing>& s) {
  s.field("zipkinConfig", &Tracing::zipkin);
  s.field("datadogConfig", &Tracing::datadog);
  s.field("openTelemetryConfig", &Tracing::open_telemetry);
  s.ignored({"environmentVariablesForTags", "literalsForTags", "metadataForTags",
             "openCensusConfig", "requestHeadersForTags", "spawnUpstreamSpan", "tracePercentages",
             "verbose"});
  s.one_of({"zipkinConfig", "datadogConfig", "openTelemetryConfig", "openCensusConfig"});
}

}  // namespace gnomon::config
