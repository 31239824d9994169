// Configuration: whatever the bytes, loading ends without a crash; errors leave no snapshot and no
// errors leave one; every problem names a place that exists; and a snapshot answers requests.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/resources.h"
#include "routing/snapshot_builder.h"

namespace gnomon::fuzz {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void check_places(const config::Resources& resources) {
  const config::Sources& sources = *resources.sources;
  for (const config::Diagnostic& d : resources.diagnostics.sorted()) {
    bool known = false;
    for (uint32_t file = 0; file < sources.size() && !known; ++file) {
      known = sources.path(file) == d.file && d.line <= sources.line_count(file);
    }
    require(known);
    require((d.line == 0) == (d.column == 0));
    require(!d.message.empty());
    require(!config::render(d).empty());
    require(!config::to_json(d).empty());
  }
}

void ask(const routing::Snapshot& snapshot) {
  for (const std::string_view path : {"/", "/a?b=c", "*", ""}) {
    RequestHead head;
    head.authority = "example.com";
    head.path = path;
    for (size_t i = 0; i < snapshot.listeners().size(); ++i) {
      const routing::Match match = snapshot.match(i, head);
      require(match.route == nullptr || !match.virtual_host.empty());
    }
  }
  require(!snapshot.to_json().empty());
}

}  // namespace
}  // namespace gnomon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gnomon;  // NOLINT(google-build-using-namespace)
  const std::string text(reinterpret_cast<const char*>(data), size);
  config::MemoryFiles files{{"dir/virtualservices/shop/flat.yaml", text}, {"dir/any.yml", text}};
  const config::Resources resources = config::load(files, "dir");
  fuzz::check_places(resources);
  config::MemoryFiles none({});  // whatever the text names, no file of this machine is read
  const routing::Loaded loaded = routing::build_snapshot(resources, none);
  fuzz::require((loaded.errors == 0) == (loaded.snapshot != nullptr));
  if (loaded.snapshot != nullptr) fuzz::ask(*loaded.snapshot);
  return 0;
}

// libfyaml leaks some of its own state on a few kinds of malformed flow collections.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libfyaml"; }
