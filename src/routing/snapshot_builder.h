// Resources to a Snapshot. Everything that no resource can know alone is checked here: references,
// domains that two VirtualServices claim, routes that cannot be reached.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "config/files.h"
#include "config/resources.h"
#include "routing/snapshot.h"

namespace gnomon::routing {

// How many resources of a kind there are, and how many of them have errors.
struct KindSummary {
  std::string kind;  // "VirtualService"
  std::string name;  // "virtual services"
  size_t total = 0;
  size_t broken = 0;
};

struct Loaded {
  SnapshotPtr snapshot;  // null when there is an error
  std::vector<config::Diagnostic> diagnostics;
  std::vector<KindSummary> kinds;
  // What there is to say about VirtualServices, Upstreams, RouteTables and UpstreamGroups, by
  // "<kind> <namespace>.<name>": the gravest. Those in order are not listed.
  std::map<std::string, config::Severity> states;
  // All there were, even where too many to keep.
  size_t errors = 0;
  size_t warnings = 0;
  // Files that the configuration names, such as certificates, with a hash of what they say: a
  // change of one calls for a reload.
  std::map<std::string, size_t> files;
};

// From a file or a directory, on disk or elsewhere.
// With a cache, what has not changed since its last use is not read again.
Loaded load_snapshot(const std::string& path, config::LoadCache* cache = nullptr);
Loaded load_snapshot(config::Files& files, const std::string& path,
                     config::LoadCache* cache = nullptr);
// `files` are where certificates are read from.
Loaded build_snapshot(const config::Resources& resources, config::Files& files);
Loaded build_snapshot(const config::Resources& resources);

}  // namespace gnomon::routing
