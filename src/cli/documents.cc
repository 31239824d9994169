#include "cli/documents.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/kinds.h"
#include "config/metadata.h"
#include "config/scalar.h"
#include "config/yaml.h"

namespace gnomon::cli {
namespace {

Json scalar_json(const config::Node& node) {
  const std::string_view text = node.text();
  if (!node.is_plain()) return Json(std::string(text));
  switch (config::classify(text)) {
    case config::ScalarType::null:
      return nullptr;
    case config::ScalarType::boolean:
      return config::parse_bool(text).value_or(false);
    case config::ScalarType::integer:
      if (const auto number = config::parse_int64(text)) return *number;
      break;
    case config::ScalarType::real:
      if (const auto number = config::parse_double(text)) return *number;
      break;
    case config::ScalarType::string:
      break;
  }
  return Json(std::string(text));
}

// The reader limits how deep a document is.
Json node_json(const config::Node& node) {
  if (node.is_scalar()) return scalar_json(node);
  if (node.is_sequence()) {
    Json out = Json::array();
    for (const config::Node* item : node.items()) out.push_back(node_json(*item));
    return out;
  }
  Json out = Json::object();
  for (const config::Entry& entry : node.entries()) {
    out[std::string(entry.key->text())] = node_json(*entry.value);
  }
  return out;
}

std::string text_of(const Json& object, const char* key, std::string_view otherwise) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (found == object.end() || !found->is_string()) return std::string(otherwise);
  return found->get<std::string>();
}

Document make_document(const config::Node& node, const config::Recognised& recognised) {
  Json body = node_json(node);
  if (recognised.flat) {
    Json metadata = std::move(body["metadata"]);
    body.erase("metadata");
    const std::string api = fmt::format("{}/{}", recognised.info->group, recognised.info->version);
    body = {{"apiVersion", api},
            {"kind", recognised.info->name},
            {"metadata", std::move(metadata)},
            {"spec", std::move(body)}};
  }
  const Json metadata = body.value("metadata", Json::object());
  return {text_of(metadata, "namespace", config::kDefaultNamespace), text_of(metadata, "name", ""),
          std::move(body)};
}

void collect(const config::Node& node, const std::string& path, std::string_view kind,
             std::vector<Document>& out) {
  const config::Recognised found = config::recognise(node, path);
  if (found.as == config::Recognised::As::list) {
    const config::Node* items = node.find("items");
    if (items == nullptr) return;
    for (const config::Node* item : items->items()) {
      if (config::recognise(*item, path).as == config::Recognised::As::resource) {
        collect(*item, path, kind, out);
      }
    }
  } else if (found.as == config::Recognised::As::resource && found.info->name == kind) {
    out.push_back(make_document(node, found));
  }
}

bool is_safe_plain(std::string_view text) {
  const auto safe = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '/' || c == '.' || c == '-';
  };
  return !text.empty() && text.front() != '-' && std::ranges::all_of(text, safe) &&
         config::classify(text) == config::ScalarType::string;
}

std::string scalar_yaml(const Json& value) {
  if (value.is_string() && is_safe_plain(value.get_ref<const std::string&>())) {
    return value.get<std::string>();
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// `lead` stands before the first line only: the dash of a list.
void write_yaml(const Json& value, const std::string& indent, std::string lead, std::string& out) {
  if (!value.is_structured() || value.empty()) {
    out += lead + scalar_yaml(value) + "\n";
    return;
  }
  for (const auto& [key, item] : value.items()) {
    out += std::exchange(lead, indent);
    const bool nested = item.is_structured() && !item.empty();
    if (value.is_array()) {
      write_yaml(item, indent + "  ", "- ", out);
    } else if (nested) {
      out += scalar_yaml(Json(key)) + ":\n";
      const std::string deeper = indent + (item.is_array() ? "" : "  ");
      write_yaml(item, deeper, deeper, out);
    } else {
      out += scalar_yaml(Json(key)) + ": " + scalar_yaml(item) + "\n";
    }
  }
}

}  // namespace

std::vector<Document> read_documents(const std::shared_ptr<const config::Sources>& sources,
                                     std::string_view kind) {
  std::vector<Document> out;
  config::Diagnostics told_before(sources);
  for (uint32_t file = 0; file < sources->size(); ++file) {
    config::YamlReader reader(*sources, file, told_before);
    while (const config::Node* node = reader.next()) {
      collect(*node, sources->path(file), kind, out);
    }
  }
  return out;
}

std::string to_yaml(const Json& value) {
  std::string out;
  write_yaml(value, "", "", out);
  return out;
}

}  // namespace gnomon::cli
