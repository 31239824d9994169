// What a route changes in a request or response on its way. Pure functions.
#pragma once

#include <optional>
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

// The authority to send, where it is known before a backend is picked and differs from the
// request's.
std::optional<std::string> rewrite_host(const HostRewrite& rewrite, const RequestHead& head);
// Unless it is the last one named there already.
void append_forwarded_host(Headers& headers, std::string_view authority);

// In the order given. Values are literal: formats are for proxy/header_edits.h to render.
void apply_edits(Headers& headers, std::span<const HeaderEdit> edits);

// The Location of a redirect.
std::string redirect_location(const Redirect& redirect, const Match& match,
                              const RequestHead& head);

}  // namespace gnomon::routing
