#include "config/settings.h"

#include "config/schema.h"

namespace gnomon::config {

void describe(Schema<SettingsDiscovery>& s) { s.ignored({"fdsMode", "fdsOptions", "udsOptions"}); }

void describe(Schema<VaultSource>& s) {
  s.ignored({"accessToken", "address", "aws", "caCert", "caPath", "clientCert", "clientKey",
             "insecure", "pathPrefix", "rootKey", "tlsConfig", "tlsServerName", "token"});
}

void describe(Schema<SecretSource>& s) {
  s.field("vault", &SecretSource::vault);
  s.ignored({"directory", "kubernetes"});
}

void describe(Schema<SecretOptions>& s) { s.field("sources", &SecretOptions::sources); }

void describe(Schema<Settings>& s) {
  s.field("discovery", &Settings::discovery);
  s.field("secretOptions", &Settings::secrets);
  s.ignored({"cachingServer",
             "consoleOptions",
             "consul",
             "consulDiscovery",
             "consulKvArtifactSource",
             "consulKvSource",
             "devMode",
             "directoryArtifactSource",
             "directoryConfigSource",
             "directorySecretSource",
             "discoveryNamespace",
             "extProc",
             "extProcEarly",
             "extProcLate",
             "extauth",
             "extensions",
             "gateway",
             "gloo",
             "graphqlOptions",
             "ipV4Only",
             "knative",
             "kubernetes",
             "kubernetesArtifactSource",
             "kubernetesConfigSource",
             "kubernetesSecretSource",
             "linkerd",
             "namedExtauth",
             "namespacedStatuses",
             "observabilityOptions",
             "ratelimit",
             "ratelimitServer",
             "rbac",
             "refreshRate",
             "status",
             "upstreamOptions",
             "vaultSecretSource",
             "watchNamespaceSelectors",
             "watchNamespaces"});
}

}  // namespace gnomon::config
