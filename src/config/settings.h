// Settings: how Gloo's own programs run. Nothing of it applies here, but a mistake in it is told.
#pragma once

#include <optional>
#include <vector>

#include "config/metadata.h"

namespace gnomon::config {

struct SettingsDiscovery {};
struct VaultSource {};
struct SecretSource {
  std::optional<VaultSource> vault;
};
struct SecretOptions {
  std::vector<SecretSource> sources;
};

struct Settings {
  Metadata metadata;
  std::optional<SettingsDiscovery> discovery;
  std::optional<SecretOptions> secrets;
};

void describe(Schema<SettingsDiscovery>& s);
void describe(Schema<VaultSource>& s);
void describe(Schema<SecretSource>& s);
void describe(Schema<SecretOptions>& s);
void describe(Schema<Settings>& s);

}  // namespace gnomon::config
