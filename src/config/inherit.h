// What a child leaves out and its parent gives.
#pragma once

#include "config/connection_manager.h"
#include "config/ssl.h"

namespace gnomon::config {

// Fields that can be told from their default are the parent's even where the child gives them, if
// the parent insists.
enum class Precedence : uint8_t { child, parent };

void inherit(SslConfig& child, const SslConfig& parent, Precedence precedence);
void inherit(ConnectionManager& child, const ConnectionManager& parent, Precedence precedence);

}  // namespace gnomon::config
