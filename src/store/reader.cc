#include "store/reader.h"

#include <fmt/format.h>

#include <utility>

#include "verdict/counter_text.h"

namespace gnomon::store {
namespace {

uint64_t count(const Statement& row, int column) noexcept {
  return static_cast<uint64_t>(row.integer(column));
}

verdict::FieldKey field_key(const Statement& row, int column) {
  return {row.text(column), row.text(column + 1), row.text(column + 2)};
}

// As JSON, where each character of a name may need an escape of six.
size_t bytes_of(const SampleRecord& sample) noexcept {
  constexpr size_t kFrame = 128;
  const verdict::FieldKey& field = sample.field;
  const size_t names = field.endpoint.size() + field.path.size() + field.kind.size();
  return sample.body.size() + 6 * names + kFrame;
}

// `read` makes a value of each row.
template <typename T, typename Read>
std::expected<std::vector<T>, Failure> all_rows(Statement& query, Read&& read) {
  std::vector<T> rows;
  for (;;) {
    const auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return rows;
    rows.push_back(read(query));
  }
}

}  // namespace

Reader::Answer<std::optional<Statement>> Reader::prepare(std::string_view sql) {
  const FileIdentity now = identity_of(path_);
  if (now != identity_) database_.reset();
  if (now == FileIdentity{}) return std::nullopt;
  if (!database_) {
    auto opened = Database::open(path_, Database::Mode::read);
    if (!opened) return std::unexpected(opened.error());
    database_ = std::move(*opened);
    identity_ = now;
  }
  // Made, but its writer has not come to the tables yet.
  const auto tables = database_->integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());
  if (*tables == 0) return std::nullopt;
  auto statement = database_->prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  return std::move(*statement);
}

Reader::Answer<std::vector<std::string>> Reader::tests() {
  auto query = prepare("SELECT DISTINCT test FROM epoch ORDER BY test");
  if (!query) return std::unexpected(query.error());
  if (!*query) return {};
  return all_rows<std::string>(**query, [](const Statement& row) { return row.text(0); });
}

Reader::Answer<std::vector<Reader::EpochLine>> Reader::epochs(const std::string& test,
                                                              size_t most) {
  auto query = prepare(
      "SELECT number, began_us, updated_us, elapsed_us, cause FROM epoch WHERE test = ?1"
      " ORDER BY number DESC LIMIT ?2");
  if (!query) return std::unexpected(query.error());
  if (!*query) return {};
  (*query)->bind(1, test).bind(2, static_cast<int64_t>(most));
  return all_rows<EpochLine>(**query, [&test](const Statement& row) {
    return EpochLine{
        {test, count(row, 0)}, row.integer(1), row.integer(2), row.integer(3), row.text(4)};
  });
}

Reader::Answer<std::optional<EpochRecord>> Reader::epoch(const EpochKey& key) {
  auto query = prepare_epoch("WHERE test = ?1 AND number = ?2");
  if (!query) return std::unexpected(query.error());
  if (!*query) return std::nullopt;
  (*query)->bind(1, key.test).bind(2, static_cast<int64_t>(key.number));
  return read_epoch(**query);
}

Reader::Answer<std::optional<EpochRecord>> Reader::newest_epoch(const std::string& test) {
  auto query = prepare_epoch("WHERE test = ?1 ORDER BY number DESC LIMIT 1");
  if (!query) return std::unexpected(query.error());
  if (!*query) return std::nullopt;
  (*query)->bind(1, test);
  return read_epoch(**query);
}

// Another process may still write it, which knows less.
Reader::Answer<std::optional<Statement>> Reader::prepare_epoch(std::string_view where) {
  const auto opened = prepare("SELECT 1");
  if (!opened) return std::unexpected(opened.error());
  if (!*opened) return std::nullopt;
  const auto version = database_->integer("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  return prepare(fmt::format(
      "SELECT id, test, number, began_us, updated_us, elapsed_us, cause, counters, version, rules,"
      " endpoints, failed, {} FROM epoch {}",
      *version < 2 ? "'', 0, ''" : "candidate, candidate_digest, versions", where));
}

Reader::Answer<std::optional<EpochRecord>> Reader::read_epoch(Statement& query) {
  // One view of the file, though it is read by two statements: the first stays open until the end.
  const auto row = query.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  EpochRecord record{.key = {query.text(1), count(query, 2)},
                     .began_us = query.integer(3),
                     .updated_us = query.integer(4),
                     .elapsed_us = query.integer(5),
                     .cause = query.text(6),
                     .version = query.text(8),
                     .rules = static_cast<uint64_t>(query.integer(9)),
                     .endpoints = query.text(10),
                     .failed = query.text(11),
                     .candidate = query.text(12),
                     .candidate_digest = count(query, 13),
                     .versions = query.text(14)};
  auto counters = verdict::from_text(query.text(7));
  if (!counters) {
    return std::unexpected(Failure{Failure::Kind::corrupt, "the counters cannot be read"});
  }
  record.counters = std::move(*counters);
  auto table = fields(query.integer(0), std::move(record.counters.fields));
  if (!table) return std::unexpected(table.error());
  record.counters.fields = std::move(*table);
  return record;
}

Reader::Answer<verdict::FieldTable> Reader::fields(int64_t epoch, verdict::FieldTable table) {
  auto query = prepare(
      "SELECT endpoint, path, kind, first_seen_us, candidate, control, both, unpaired"
      " FROM difference WHERE epoch = ?1 ORDER BY first_seen_us, endpoint, path, kind");
  if (!query) return std::unexpected(query.error());
  if (!*query) return table;
  (*query)->bind(1, epoch);
  const auto rows = all_rows<verdict::Field>(**query, [](const Statement& row) {
    return verdict::Field{.key = field_key(row, 0),
                          .first_seen_us = row.integer(3),
                          .count = {count(row, 4), count(row, 5), count(row, 6)},
                          .unpaired = count(row, 7)};
  });
  if (!rows) return std::unexpected(rows.error());
  for (const verdict::Field& field : *rows) table.restore(field);
  return table;
}

// Sorted without what they hold, which is fetched for those alone that have room in the page. One
// view of the file: the first statement stays open.
Reader::Answer<Reader::SamplePage> Reader::samples(const EpochKey& key, const SampleQuery& wanted) {
  auto query = prepare(
      "SELECT endpoint, path, kind, latest, sample.id FROM sample"
      " JOIN epoch ON epoch.id = sample.epoch WHERE test = ?1 AND number = ?2"
      " AND (?3 = 0 OR (endpoint = ?4 AND path = ?5 AND kind = ?6))"
      " AND (?7 = 0 OR (endpoint, path, kind, latest) > (?8, ?9, ?10, ?11))"
      " ORDER BY endpoint, path, kind, latest LIMIT ?12");
  if (!query) return std::unexpected(query.error());
  if (!*query) return {};
  Statement& rows = **query;
  const verdict::FieldKey field = wanted.field.value_or(verdict::FieldKey{});
  const SamplePlace after = wanted.after.value_or(SamplePlace{});
  rows.bind(1, key.test).bind(2, static_cast<int64_t>(key.number));
  rows.bind(3, int64_t{wanted.field.has_value()}).bind(4, field.endpoint).bind(5, field.path);
  rows.bind(6, field.kind).bind(7, int64_t{wanted.after.has_value()});
  rows.bind(8, after.field.endpoint).bind(9, after.field.path).bind(10, after.field.kind);
  rows.bind(11, int64_t{after.latest}).bind(12, static_cast<int64_t>(wanted.most) + 1);
  SamplePage page;
  SamplePlace place;
  for (size_t bytes = 0;;) {
    const auto row = rows.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return page;
    SampleRecord sample{key, field_key(rows, 0)};
    const auto filled = fill(sample, rows.integer(4));
    if (!filled) return std::unexpected(filled.error());
    bytes += bytes_of(sample);
    if (page.samples.size() == wanted.most || (bytes > wanted.bytes && !page.samples.empty())) {
      page.last = std::move(place);
      return page;
    }
    place = {sample.field, rows.integer(3) != 0};
    page.samples.push_back(std::move(sample));
  }
}

std::expected<void, Failure> Reader::fill(SampleRecord& sample, int64_t id) {
  auto query = database_->prepare("SELECT at_us, body FROM sample WHERE id = ?1");
  if (!query) return std::unexpected(query.error());
  const auto row = query->bind(1, id).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return {};
  sample.at_us = query->integer(0);
  sample.body = query->text(1);
  return {};
}

Reader::Answer<std::vector<RulingRecord>> Reader::rulings(const EpochKey& key, size_t most) {
  auto query = prepare(
      "SELECT at_us, ruling, reason, log_e_fail, compared, body FROM ruling"
      " JOIN epoch ON epoch.id = ruling.epoch WHERE test = ?1 AND number = ?2"
      " ORDER BY ruling.id DESC LIMIT ?3");
  if (!query) return std::unexpected(query.error());
  if (!*query) return {};
  (*query)->bind(1, key.test).bind(2, static_cast<int64_t>(key.number));
  (*query)->bind(3, static_cast<int64_t>(most));
  return all_rows<RulingRecord>(**query, [&key](const Statement& row) {
    return RulingRecord{key,         row.integer(0), row.text(1), row.text(2),
                        row.real(3), count(row, 4),  row.text(5)};
  });
}

}  // namespace gnomon::store
