#include "store/database.h"

#include <sqlite3.h>

#include <utility>

namespace gnomon::store {
namespace {

// Long enough for a checkpoint of a reader, short enough to go on gathering.
constexpr int kBusyMs = 250;

Failure::Kind kind_of(int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Failure::Kind::busy;
    case SQLITE_FULL:
      return Failure::Kind::full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Failure::Kind::corrupt;
    default:
      return Failure::Kind::other;
  }
}

std::unexpected<Failure> failed(sqlite3* connection, int code) {
  const char* const text =
      connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection);
  return std::unexpected(Failure{kind_of(code), text});
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
  sqlite3_finalize(statement);
}

Statement& Statement::bind(int at, int64_t value) noexcept {
  sqlite3_bind_int64(statement_.get(), at, value);
  return *this;
}

Statement& Statement::bind(int at, double value) noexcept {
  sqlite3_bind_double(statement_.get(), at, value);
  return *this;
}

Statement& Statement::bind(int at, std::string_view text) noexcept {
  const char* const data = text.data() == nullptr ? "" : text.data();
  sqlite3_bind_text64(statement_.get(), at, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int at, std::string_view bytes) noexcept {
  const char* const data = bytes.data() == nullptr ? "" : bytes.data();
  sqlite3_bind_blob64(statement_.get(), at, data, bytes.size(), SQLITE_STATIC);
  return *this;
}

std::expected<bool, Failure> Statement::step() noexcept {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failed(sqlite3_db_handle(statement_.get()), code);
}

std::expected<void, Failure> Statement::run() noexcept {
  auto row = step();
  while (row.has_value() && *row) row = step();
  sqlite3_reset(statement_.get());
  if (!row.has_value()) return std::unexpected(std::move(row.error()));
  return {};
}

int64_t Statement::integer(int column) const noexcept {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const noexcept {
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr ? "" : std::string(static_cast<const char*>(bytes), size);
}

void Database::Close::operator()(sqlite3* connection) const noexcept {
  sqlite3_close_v2(connection);
}

std::expected<Database, Failure> Database::open(const std::string& path, Mode mode) {
  sqlite3* connection = nullptr;
  const int flags = mode == Mode::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(connection);  // there is one to close even if it could not be opened
  if (code != SQLITE_OK) return failed(connection, code);
  sqlite3_busy_timeout(connection, kBusyMs);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return database;
}

std::expected<Statement, Failure> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  if (code != SQLITE_OK) return failed(connection_.get(), code);
  return Statement(statement);
}

std::expected<void, Failure> Database::run(const std::string& sql) const {
  const int code = sqlite3_exec(connection_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed(connection_.get(), code);
  return {};
}

std::expected<int64_t, Failure> Database::integer(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(std::move(statement.error()));
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->integer(0) : 0;
}

std::expected<std::string, Failure> Database::text(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(std::move(statement.error()));
  const auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->text(0) : std::string();
}

int64_t Database::changed_rows() const noexcept { return sqlite3_changes64(connection_.get()); }

}  // namespace gnomon::store
