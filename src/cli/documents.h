// The resources of a configuration as they were written, for output in other forms.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "config/source.h"

namespace gnomon::cli {

using Json = nlohmann::ordered_json;

struct Document {
  std::string name_space;
  std::string name;
  Json body;  // apiVersion, kind, metadata and spec, whichever form it was written in
};

// Resources of one kind in the order of the texts. What cannot be read is passed over.
std::vector<Document> read_documents(const std::shared_ptr<const config::Sources>& sources,
                                     std::string_view kind);

// One document in YAML's block form; ends in a line break.
std::string to_yaml(const Json& value);

}  // namespace gnomon::cli
