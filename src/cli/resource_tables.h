// Resources in the tables of glooctl, with the shadowing that those leave out.
#pragma once

#include <string>
#include <string_view>

#include "config/resources.h"
#include "routing/snapshot_builder.h"

namespace gnomon::cli {

// Which resources are shown; empty: all.
struct TableChoice {
  std::string name;
  std::string name_space;
  bool wide = false;  // with namespace and place

  bool holds(std::string_view in_name_space, std::string_view named) const {
    return (name.empty() || name == named) && (name_space.empty() || name_space == in_name_space);
  }
};

// `kind` is VirtualService, Upstream, RouteTable or UpstreamGroup.
std::string render_table(const std::string& kind, const TableChoice& choice,
                         const config::Resources& resources, const routing::Loaded& loaded);

}  // namespace gnomon::cli
