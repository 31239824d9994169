// The tables, and how older ones become them.
#pragma once

#include <cstdint>
#include <expected>

#include "store/database.h"

namespace gnomon::store {

enum class SchemaState : uint8_t {
  ready,
  newer,    // of a later version of the program
  foreign,  // a database of something else
};

// Brings the tables to the version that this program knows; an empty database gets them all.
// Touches nothing that is newer or foreign.
std::expected<SchemaState, Failure> migrate(const Database& database);
int64_t schema_version() noexcept;

}  // namespace gnomon::store
