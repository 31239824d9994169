// What a route changes in a request or response on its way. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "msg/headers.h"
#include "routing/plan.h"
#include "routing/snapshot.h"

namespace gnomon::routing {

// The path to send, with its query. Never empty, and never without its leading slash, whatever the
// rewrite leaves over.
std::string rewrite_path(const Route& route, const Match& match, std::string_view path_and_query);

// In the order given.
void apply_edits(Headers& headers, std::span<const HeaderEdit> edits);

// The Location of a redirect.
std::string redirect_location(const Redirect& redirect, const Match& match,
                              const RequestHead& head);

}  // namespace gnomon::routing
