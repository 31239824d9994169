#include "config/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "config/kinds.h"
#include "config/load_cache.h"
#include "config/schema.h"
#include "config/settings.h"
#include "config/yaml.h"

namespace gnomon::config {
namespace {

class Loader {
 public:
  Loader(Files& files, const LoadLimits& limits, LoadCache* cache)
      : files_(files),
        limits_(limits),
        cache_(cache),
        sources_(cache != nullptr ? cache->sources() : std::make_shared<Sources>()),
        out_(sources_) {}

  Resources load(const std::string& path) {
    switch (files_.kind(path)) {
      case Files::Kind::file:
        load_file(path);
        break;
      case Files::Kind::directory:
        load_directory(path, 0);
        if (files_read_ == 0) fail(path, "there is no *.yaml or *.yml file in this directory");
        break;
      case Files::Kind::missing:
        fail(path, "there is no such file or directory");
        break;
      case Files::Kind::other:
        fail(path, "this is neither a file nor a directory");
        break;
    }
    return std::move(out_);
  }

 private:
  // A problem of a file as a whole.
  void fail(const std::string& path, std::string message) {
    out_.diagnostics.error({sources_->add(path, ""), 0, 0}, std::move(message));
  }

  void load_directory(const std::string& path, size_t depth) {
    if (!visited_.insert(files_.identity(path)).second) return;
    if (depth > limits_.depth) return fail(path, "directories are nested too deeply");
    auto names = files_.list(path);
    if (!names) return fail(path, std::move(names.error()));
    std::ranges::sort(*names);
    const std::string_view separator = path.ends_with('/') ? "" : "/";
    for (const std::string& name : *names) {
      if (name.starts_with('.')) continue;
      load_entry(fmt::format("{}{}{}", path, separator, name), depth);
    }
  }

  void load_entry(const std::string& path, size_t depth) {
    const Files::Kind kind = files_.kind(path);
    if (kind == Files::Kind::directory) return load_directory(path, depth + 1);
    if (!path.ends_with(".yaml") && !path.ends_with(".yml")) return;
    if (kind == Files::Kind::file) return load_file(path);
    fail(path, kind == Files::Kind::missing ? "this link leads nowhere" : "this is not a file");
  }

  void load_file(const std::string& path) {
    if (!visited_.insert(files_.identity(path)).second) return;
    if (++files_read_ > limits_.files) {
      if (files_read_ == limits_.files + 1) {
        fail(path, fmt::format("there are more than {} files", limits_.files));
      }
      return;
    }
    auto text = files_.read(path, limits_.file_bytes);
    if (!text) return fail(path, std::move(text.error()));
    if (text->size() > limits_.total_bytes - bytes_read_) {
      return fail(path, fmt::format("with this file there are more than {} bytes in all",
                                    limits_.total_bytes));
    }
    bytes_read_ += text->size();
    read_text(path, std::move(*text));
  }

  void read_text(const std::string& path, std::string text) {
    LoadedFile done{path, 0, {}, {}, false};
    const ResourceCounts before = counts();
    const size_t kept_before = out_.diagnostics.kept();
    const std::array<size_t, 3> problems_before = out_.diagnostics.counts();
    std::optional<LoadCache::Entry> known;
    if (cache_ != nullptr) known = cache_->take(path, text);
    if (known) {
      done.file = known->file;
      take(known->lists);
      out_.diagnostics.append(known->problems);
    } else {
      const bool concealed = may_hold_secret(path, text);
      done.file = sources_->add(path, std::move(text));
      if (concealed) sources_->conceal(done.file);
      YamlReader reader(*sources_, done.file, out_.diagnostics);
      while (const Node* document = reader.next()) load_document(*document, path);
    }
    if (cache_ == nullptr) return;
    const ResourceCounts after = counts();
    for (size_t i = 0; i < kListCount; ++i) done.counts[i] = after[i] - before[i];
    done.problems = out_.diagnostics.since(kept_before, problems_before);
    done.intact = done.problems.counts[static_cast<size_t>(Severity::error)] == 0;
    out_.files.push_back(std::move(done));
  }

  using ResourceCounts = std::array<size_t, kListCount>;
  ResourceCounts counts() {
    ResourceCounts out{};
    size_t i = 0;
    for_each_list(out_, out_, [&](const auto& list, const auto&) { out[i++] = list.size(); });
    return out;
  }

  // Resources that were read before; whether their names are free is found out anew.
  void take(ResourceLists& from) {
    for_each_list(out_, from, [&](auto& to, auto& known) {
      for (auto& resource : known) {
        if (register_name(resource.metadata)) to.push_back(std::move(resource));
      }
      known.clear();
    });
  }

  void load_document(const Node& document, const std::string& path) {
    Recognised found = recognise(document, path);
    switch (found.as) {
      case Recognised::As::resource:
        return load_resource(document, *found.info, found.flat);
      case Recognised::As::list:
        return load_list(document, path);
      case Recognised::As::foreign:
        return out_.diagnostics.skip(document.at(), std::move(found.why));
      case Recognised::As::unclear:
        return out_.diagnostics.error(document.at(), std::move(found.why), {},
                                      std::move(found.hint));
    }
  }

  // Lists in lists would be a way to recurse without end.
  void load_list(const Node& list, const std::string& path) {
    const Node* items = list.find("items");
    if (items == nullptr) return;
    for (const Node* item : items->items()) {
      if (recognise(*item, path).as == Recognised::As::list) {
        out_.diagnostics.error(item->at(), "a List cannot hold another List");
      } else {
        load_document(*item, path);
      }
    }
  }

  void load_resource(const Node& document, const KindInfo& info, bool flat) {
    switch (info.kind) {
      case Kind::virtual_service:
        return add(document, info, flat, out_.virtual_services);
      case Kind::upstream:
        return add(document, info, flat, out_.upstreams);
      case Kind::gateway:
        return add(document, info, flat, out_.gateways);
      case Kind::shadow_test:
        return add(document, info, flat, out_.shadow_tests);
      case Kind::route_table:
        return add(document, info, flat, out_.route_tables);
      case Kind::upstream_group:
        return add(document, info, flat, out_.upstream_groups);
      case Kind::route_option:
        return add(document, info, flat, out_.route_options);
      case Kind::virtual_host_option:
        return add(document, info, flat, out_.virtual_host_options);
      case Kind::matchable_http_gateway:
        return add(document, info, flat, out_.matchable_http_gateways);
      case Kind::secret:
        return add(document, info, flat, out_.secrets);
      case Kind::settings:
        return check_settings(document, info, flat);
      case Kind::later:
        return out_.diagnostics.warning(document.at(),
                                        fmt::format("kind {} is not served yet", info.name));
    }
  }

  void check_settings(const Node& document, const KindInfo& info, bool flat) {
    std::vector<Settings> unused;
    add(document, info, flat, unused);
    out_.diagnostics.warning(document.at(),
                             "Settings are those of Gloo's programs; nothing here "
                             "follows them");
  }

  template <typename T>
  void add(const Node& document, const KindInfo& info, bool flat, std::vector<T>& to) {
    const size_t errors_before = out_.diagnostics.errors();
    const size_t warnings_before = out_.diagnostics.count(Severity::warning);
    T resource;
    const Scope root(out_.diagnostics, "");
    read_metadata(document, root, resource.metadata);
    resource.metadata.kind = info.name;
    resource.metadata.flat = flat;
    if (flat) {
      Schema<T>::instance().read_mapping(document, root, &resource, "metadata");
    } else {
      read_spec(document, resource);
    }
    resource.metadata.broken = out_.diagnostics.errors() != errors_before;
    resource.metadata.warned = out_.diagnostics.count(Severity::warning) != warnings_before;
    if (register_name(resource.metadata)) to.push_back(std::move(resource));
  }

  void read_metadata(const Node& document, const Scope& root, Metadata& out) {
    const Node* metadata = document.find("metadata");
    if (metadata == nullptr) {
      root.error(document.at(), "\"metadata\" is missing");
    } else {
      read(*metadata, root.field("metadata"), out);
    }
    out.at = document.at();
  }

  template <typename T>
  void read_spec(const Node& document, T& resource) {
    const Scope root(out_.diagnostics, "");
    for (const Entry& entry : document.entries()) {
      const std::string_view key = entry.key->text();
      if (key == "apiVersion" || key == "kind" || key == "metadata" || key == "status") continue;
      const Scope scope = root.field(key);
      if (key != "spec") {
        scope.error(entry.key->at(), "unknown field",
                    "a resource has apiVersion, kind, metadata and spec");
      } else if (!entry.value->is_null()) {
        Schema<T>::instance().read_mapping(*entry.value, scope, &resource);
      }
    }
  }

  // False when another resource of the kind has the same name.
  bool register_name(const Metadata& metadata) {
    if (metadata.name.value.empty()) return true;
    const auto [first, fresh] = names_.emplace(
        std::tuple(metadata.kind, metadata.name_space, metadata.name.value), metadata.name.at);
    if (fresh) return true;
    out_.diagnostics.error(metadata.name.at, fmt::format("{} is defined twice", metadata.title()),
                           "metadata.name",
                           fmt::format("first defined at {}", sources_->describe(first->second)));
    return false;
  }

  Files& files_;
  LoadLimits limits_;
  LoadCache* cache_;
  std::shared_ptr<Sources> sources_;
  Resources out_;
  std::set<std::string> visited_;
  std::map<std::tuple<std::string_view, std::string, std::string>, Position> names_;
  size_t files_read_ = 0;
  size_t bytes_read_ = 0;
};

}  // namespace

Resources load(Files& files, const std::string& path, const LoadLimits& limits, LoadCache* cache) {
  return Loader(files, limits, cache).load(path);
}

}  // namespace gnomon::config
