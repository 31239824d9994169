#include "store/schema.h"

#include <fmt/format.h>

#include <array>

namespace gnomon::store {
namespace {

constexpr int64_t kApplication = 0x676e6d6e;  // "gnmn", in the head of the file

// Each entry brings the tables from the version before it to its own. What has been released is not
// edited: a change is one more entry.
constexpr std::array kMigrations = {
    R"(CREATE TABLE epoch (
         id INTEGER PRIMARY KEY, test TEXT NOT NULL, number INTEGER NOT NULL,
         began_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, elapsed_us INTEGER NOT NULL,
         cause TEXT NOT NULL, version TEXT NOT NULL DEFAULT '',
         rules INTEGER NOT NULL DEFAULT 0, endpoints TEXT NOT NULL DEFAULT '',
         failed TEXT NOT NULL DEFAULT '', counters TEXT NOT NULL, UNIQUE (test, number));
       CREATE TABLE difference (
         epoch INTEGER NOT NULL REFERENCES epoch ON DELETE CASCADE,
         endpoint TEXT NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL,
         first_seen_us INTEGER NOT NULL, candidate INTEGER NOT NULL, control INTEGER NOT NULL,
         both INTEGER NOT NULL, unpaired INTEGER NOT NULL,
         PRIMARY KEY (epoch, endpoint, path, kind)) WITHOUT ROWID;
       CREATE TABLE sample (
         id INTEGER PRIMARY KEY,
         epoch INTEGER NOT NULL REFERENCES epoch ON DELETE CASCADE,
         latest INTEGER NOT NULL, endpoint TEXT NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL,
         at_us INTEGER NOT NULL, body BLOB NOT NULL,
         UNIQUE (epoch, latest, endpoint, path, kind));
       CREATE TABLE ruling (
         id INTEGER PRIMARY KEY,
         epoch INTEGER NOT NULL REFERENCES epoch ON DELETE CASCADE,
         at_us INTEGER NOT NULL, ruling TEXT NOT NULL, reason TEXT NOT NULL,
         log_e_fail REAL NOT NULL, compared INTEGER NOT NULL, body TEXT NOT NULL);
       CREATE INDEX ruling_of_epoch ON ruling (epoch, id);)",
    R"(ALTER TABLE epoch ADD COLUMN candidate TEXT NOT NULL DEFAULT '';
       ALTER TABLE epoch ADD COLUMN candidate_digest INTEGER NOT NULL DEFAULT 0;
       ALTER TABLE epoch ADD COLUMN versions TEXT NOT NULL DEFAULT '';)"};

}  // namespace

int64_t schema_version() noexcept { return kMigrations.size(); }

std::expected<SchemaState, Failure> migrate(const Database& database) {
  const auto version = database.integer("PRAGMA user_version");
  const auto application = database.integer("PRAGMA application_id");
  const auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  if (!version) return std::unexpected(version.error());
  if (!application) return std::unexpected(application.error());
  if (!tables) return std::unexpected(tables.error());
  if (*application != kApplication && *tables > 0) return SchemaState::foreign;
  if (*version > schema_version()) return SchemaState::newer;
  for (int64_t next = *version; next < schema_version(); ++next) {
    const auto done = database.run(fmt::format(
        "BEGIN IMMEDIATE; {} PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT",
        kMigrations[static_cast<size_t>(next)], kApplication, next + 1));
    if (!done) {
      static_cast<void>(database.run("ROLLBACK"));
      return std::unexpected(done.error());
    }
  }
  return SchemaState::ready;
}

}  // namespace gnomon::store
