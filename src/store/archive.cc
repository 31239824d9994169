#include "store/archive.h"

#include <fmt/format.h>

#include <utility>

#include "store/schema.h"
#include "verdict/counter_text.h"

namespace gnomon::store {
namespace {

constexpr int kPageBytes = 4096;
constexpr int kMostPruneRounds = 100;

std::unexpected<Failure> other(std::string text) {
  return std::unexpected(Failure{Failure::Kind::other, std::move(text)});
}

int64_t whole(uint64_t n) noexcept { return static_cast<int64_t>(n); }

Statement& bind_field(Statement& statement, int at, const verdict::FieldKey& field) noexcept {
  return statement.bind(at, field.endpoint).bind(at + 1, field.path).bind(at + 2, field.kind);
}

}  // namespace

Archive::Archive(std::string path, Bounds bounds, Log& log)
    : path_(std::move(path)), bounds_(bounds), log_(log) {}

std::expected<void, Failure> Archive::open() {
  // Somebody may have removed or replaced the file; what is written to the old one nobody would
  // see.
  if (database_ && identity_of(path_) != identity_) close();
  if (!database_) {
    if (auto made = make_private_file(path_); !made) return other(made.error());
  }
  if (auto locked = lock_.acquire(path_ + ".lock"); !locked) {
    close();
    return std::unexpected(Failure{Failure::Kind::busy, locked.error()});
  }
  if (database_) return {};
  auto opened = open_file();
  if (!opened && opened.error().kind == Failure::Kind::corrupt) {
    give_up(opened.error().text);
    if (auto made = make_private_file(path_); !made) return other(made.error());
    opened = open_file();
  }
  if (!opened) close();
  return opened;
}

std::expected<void, Failure> Archive::open_file() {
  auto database = Database::open(path_, Database::Mode::write);
  if (!database) return std::unexpected(database.error());
  database_ = std::move(*database);
  identity_ = identity_of(path_);
  return prepare_file();
}

std::expected<void, Failure> Archive::prepare_file() {
  const uint64_t pages = bounds_.bytes / kPageBytes;
  // The file may be a little larger than the bound, so that rows can be removed when it is reached.
  const auto set = database_->run(fmt::format(
      "PRAGMA page_size = {}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
      "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
      "PRAGMA journal_size_limit = 4194304; PRAGMA max_page_count = {}",
      kPageBytes, pages + pages / 16 + 64));
  if (!set) return set;
  const auto state = migrate(*database_);
  if (!state) return std::unexpected(state.error());
  if (*state == SchemaState::foreign) return other(path_ + " is a database of something else");
  if (*state == SchemaState::newer) {
    return std::unexpected(Failure{Failure::Kind::corrupt, "it is of a later version"});
  }
  const auto checked = database_->text("PRAGMA quick_check(1)");
  if (!checked) return std::unexpected(checked.error());
  if (*checked != "ok") return std::unexpected(Failure{Failure::Kind::corrupt, *checked});
  return {};
}

void Archive::give_up(const std::string& why) {
  close();
  const std::string suffix = ".broken";
  if (auto moved = move_aside(path_, suffix); !moved) {
    log_.error("the store cannot be used, and not be moved aside",
               {{"file", path_}, {"why", why}, {"error", moved.error()}});
    return;
  }
  ++moved_aside_;
  log_.error("the store could not be used and was moved aside; a new one begins",
             {{"file", path_}, {"moved_to", path_ + suffix}, {"why", why}});
}

std::expected<void, Failure> Archive::write(const Batch& batch, uint64_t& samples_refused) {
  if (auto begun = database_->run("BEGIN IMMEDIATE"); !begun) return begun;
  auto written = write_all(batch, samples_refused);
  if (written) written = database_->run("COMMIT");
  // Fails where SQLite has rolled back by itself.
  if (!written) static_cast<void>(database_->run("ROLLBACK"));
  return written;
}

std::expected<void, Failure> Archive::write_all(const Batch& batch, uint64_t& samples_refused) {
  for (const EpochRecord& record : batch.epochs) {
    if (auto done = write_epoch(record); !done) return done;
  }
  for (const SampleRecord& record : batch.samples) {
    const auto kept = write_sample(record);
    if (!kept) return std::unexpected(kept.error());
    samples_refused += *kept ? 0 : 1;
  }
  for (const RulingRecord& record : batch.rulings) {
    if (auto done = write_ruling(record); !done) return done;
  }
  return {};
}

// Samples and rulings may come before the first counters of their epoch.
std::expected<int64_t, Failure> Archive::epoch_id(const EpochKey& key) {
  auto found = database_->prepare("SELECT id FROM epoch WHERE test = ?1 AND number = ?2");
  if (!found) return std::unexpected(found.error());
  const auto row = found->bind(1, key.test).bind(2, whole(key.number)).step();
  if (!row) return std::unexpected(row.error());
  if (*row) return found->integer(0);
  auto made = database_->prepare(
      "INSERT INTO epoch (test, number, began_us, updated_us, elapsed_us, cause, counters)"
      " VALUES (?1, ?2, 0, 0, 0, '', ?3) RETURNING id");
  if (!made) return std::unexpected(made.error());
  const std::string none = to_text(verdict::Counters{});
  const auto inserted = made->bind(1, key.test).bind(2, whole(key.number)).bind(3, none).step();
  if (!inserted) return std::unexpected(inserted.error());
  return made->integer(0);
}

std::expected<void, Failure> Archive::write_epoch(const EpochRecord& record) {
  const auto epoch = epoch_id(record.key);
  if (!epoch) return std::unexpected(epoch.error());
  auto update = database_->prepare(
      "UPDATE epoch SET began_us = ?2, updated_us = ?3, elapsed_us = ?4, cause = ?5, counters = ?6,"
      " version = ?7, rules = ?8, endpoints = ?9, failed = ?10, candidate = ?11,"
      " candidate_digest = ?12, versions = ?13 WHERE id = ?1");
  if (!update) return std::unexpected(update.error());
  const std::string counters = to_text(record.counters);
  update->bind(1, *epoch)
      .bind(2, record.began_us)
      .bind(3, record.updated_us)
      .bind(4, record.elapsed_us)
      .bind(5, record.cause)
      .bind(6, counters)
      .bind(7, record.version)
      .bind(8, static_cast<int64_t>(record.rules))
      .bind(9, record.endpoints)
      .bind(10, record.failed)
      .bind(11, record.candidate)
      .bind(12, static_cast<int64_t>(record.candidate_digest))
      .bind(13, record.versions);
  if (auto done = update->run(); !done) return done;
  return write_fields(*epoch, record.counters.fields);
}

// Rows that have not changed are not written again.
std::expected<void, Failure> Archive::write_fields(int64_t epoch,
                                                   const verdict::FieldTable& fields) {
  auto insert = database_->prepare(
      "INSERT INTO difference VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
      " ON CONFLICT DO UPDATE SET first_seen_us = ?5, candidate = ?6, control = ?7, both = ?8,"
      " unpaired = ?9 WHERE candidate <> ?6 OR control <> ?7 OR both <> ?8 OR unpaired <> ?9"
      " OR first_seen_us <> ?5");
  if (!insert) return std::unexpected(insert.error());
  for (const verdict::Field& field : fields.fields()) {
    bind_field(insert->bind(1, epoch), 2, field.key)
        .bind(5, field.first_seen_us)
        .bind(6, whole(field.count.candidate))
        .bind(7, whole(field.count.control))
        .bind(8, whole(field.count.both))
        .bind(9, whole(field.unpaired));
    if (auto done = insert->run(); !done) return done;
  }
  return {};
}

// The first one of a field stays, the latest one is replaced. False: no room for it.
std::expected<bool, Failure> Archive::write_sample(const SampleRecord& record) {
  if (record.body.size() > bounds_.sample_bytes) return false;
  const auto epoch = epoch_id(record.key);
  if (!epoch) return std::unexpected(epoch.error());
  auto first = database_->prepare(
      "INSERT OR IGNORE INTO sample (epoch, latest, endpoint, path, kind, at_us, body)"
      " SELECT ?1, 0, ?2, ?3, ?4, ?5, ?6"
      " WHERE (SELECT count(*) FROM sample WHERE epoch = ?1 AND latest = 0) < ?7");
  if (!first) return std::unexpected(first.error());
  bind_field(first->bind(1, *epoch), 2, record.field).bind(5, record.at_us);
  first->bind_blob(6, record.body).bind(7, whole(bounds_.sampled_fields));
  if (auto done = first->run(); !done) return std::unexpected(done.error());
  if (database_->changed_rows() > 0) return true;
  auto latest = database_->prepare(
      "INSERT INTO sample (epoch, latest, endpoint, path, kind, at_us, body)"
      " SELECT ?1, 1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM sample WHERE epoch = ?1"
      " AND latest = 0 AND endpoint = ?2 AND path = ?3 AND kind = ?4)"
      " ON CONFLICT DO UPDATE SET at_us = ?5, body = ?6");
  if (!latest) return std::unexpected(latest.error());
  bind_field(latest->bind(1, *epoch), 2, record.field).bind(5, record.at_us);
  latest->bind_blob(6, record.body);
  if (auto done = latest->run(); !done) return std::unexpected(done.error());
  return database_->changed_rows() > 0;
}

std::expected<void, Failure> Archive::write_ruling(const RulingRecord& record) {
  const auto epoch = epoch_id(record.key);
  if (!epoch) return std::unexpected(epoch.error());
  auto insert = database_->prepare(
      "INSERT INTO ruling (epoch, at_us, ruling, reason, log_e_fail, compared, body)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  if (!insert) return std::unexpected(insert.error());
  insert->bind(1, *epoch).bind(2, record.at_us).bind(3, record.ruling).bind(4, record.reason);
  insert->bind(5, record.log_e_fail).bind(6, whole(record.compared)).bind(7, record.body);
  if (auto done = insert->run(); !done) return done;
  auto trim = database_->prepare(
      "DELETE FROM ruling WHERE epoch = ?1 AND id <= (SELECT id FROM ruling WHERE epoch = ?1"
      " ORDER BY id DESC LIMIT 1 OFFSET ?2)");
  if (!trim) return std::unexpected(trim.error());
  return trim->bind(1, *epoch).bind(2, whole(bounds_.rulings)).run();
}

std::expected<uint64_t, Failure> Archive::used_bytes() const {
  const auto pages = database_->integer("PRAGMA page_count");
  if (!pages) return std::unexpected(pages.error());
  const auto unused = database_->integer("PRAGMA freelist_count");
  if (!unused) return std::unexpected(unused.error());
  return static_cast<uint64_t>(*pages - *unused) * kPageBytes;
}

std::expected<uint64_t, Failure> Archive::remove(const std::string& sql) {
  if (auto done = database_->run(sql); !done) return std::unexpected(done.error());
  return static_cast<uint64_t>(database_->changed_rows());
}

// The oldest epoch that has a newer one of its trial; or the oldest tenth of the samples; or that
// of the rulings. Counters of the newest epoch stay.
std::expected<uint64_t, Failure> Archive::remove_least_useful() {
  for (const char* const sql :
       {"DELETE FROM epoch WHERE id = (SELECT id FROM epoch AS old WHERE EXISTS (SELECT 1 FROM "
        "epoch"
        " WHERE test = old.test AND number > old.number) ORDER BY updated_us, id LIMIT 1)",
        "DELETE FROM sample WHERE id IN (SELECT id FROM sample ORDER BY at_us, id"
        " LIMIT (SELECT (count(*) + 9) / 10 FROM sample))",
        "DELETE FROM ruling WHERE id IN (SELECT id FROM ruling ORDER BY id"
        " LIMIT (SELECT (count(*) + 9) / 10 FROM ruling))"}) {
    const auto removed = remove(sql);
    if (!removed || *removed > 0) return removed;
  }
  return 0;
}

std::expected<uint64_t, Failure> Archive::prune(int64_t now_us) {
  const int64_t age_us = std::chrono::duration_cast<std::chrono::microseconds>(bounds_.age).count();
  // An epoch without counters yet has no time of its own.
  auto removed = remove(
      fmt::format("DELETE FROM epoch WHERE updated_us < {} AND updated_us > 0", now_us - age_us));
  if (!removed) return removed;
  uint64_t all = *removed;
  auto used = used_bytes();
  if (!used) return used;
  if (*used > bounds_.bytes) {
    for (int round = 0; *used > bounds_.bytes / 5 * 4 && round < kMostPruneRounds; ++round) {
      removed = remove_least_useful();
      if (!removed) return removed;
      if (*removed == 0) break;
      all += *removed;
      used = used_bytes();
      if (!used) return used;
    }
  }
  if (all == 0) return 0;
  const auto vacuumed = database_->run("PRAGMA incremental_vacuum");
  if (!vacuumed) return std::unexpected(vacuumed.error());
  return all;
}

}  // namespace gnomon::store
