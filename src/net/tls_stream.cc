#include "net/tls_stream.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "tls/context.h"

namespace gnomon::net {
namespace {

constexpr size_t kRecordBytes = 16384;
// Sealed at a time, so that they leave in one write. In the background less: what a copy holds
// here is not charged to its budget.
constexpr size_t kBatchBytes = 4 * kRecordBytes;
constexpr size_t kBackgroundBatchBytes = kRecordBytes;

// OpenSSL's own is one record. More at a time, so that a large upload is read with few calls; not
// before the handshake is over, because whoever has not got that far shall not cost that much. And
// no more than the allocator keeps on a thread: the buffer is released whenever it is empty, and
// beyond 32 KiB that would give its pages back to the system after each request.
constexpr size_t kReadAheadBytes = size_t{31} * 1024;
// What one read() takes from below: a flood of records that bring no data must not hold the loop.
constexpr size_t kTakenMax = size_t{128} * 1024;
// Replies, to a KeyUpdate for example, that a peer has called for and does not read.
constexpr size_t kUnreadMax = size_t{256} * 1024;

constexpr std::string_view kClearTextAnswer =
    "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 53\r\n"
    "connection: close\r\n\r\nThis port speaks HTTPS; the request was plain HTTP.\r\n";

// Room for records, lent to whichever stream of this thread is writing.
std::string& spare_buffer() {
  thread_local std::string spare;
  return spare;
}

}  // namespace

// The callbacks of the BIO between OpenSSL and a stream's inner stream. Reads come straight from
// there; writes are collected in out_ and never block.
struct TlsBio {
  static TlsStream& stream(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* to, int size) {
    BIO_clear_retry_flags(bio);
    TlsStream& self = stream(bio);
    if (self.out_.size() - self.sent_ > kUnreadMax) self.inner_ended_ = true;
    if (size <= 0 || self.inner_ended_) return 0;
    if (!self.inner_->readable() || self.taken_ >= kTakenMax) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const IoResult io = self.inner_->read(to, static_cast<size_t>(size));
    if (io.status == IoResult::Status::ok) {
      self.taken_ += io.bytes;
      return static_cast<int>(io.bytes);
    }
    if (io.status == IoResult::Status::would_block) {
      BIO_set_retry_read(bio);
      return -1;
    }
    self.inner_ended_ = true;
    return 0;
  }

  static int write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    TlsStream& self = stream(bio);
    if (size <= 0) return 0;
    if (self.out_.empty()) self.out_.swap(spare_buffer());
    self.out_.append(data, static_cast<size_t>(size));
    return size;
  }

  static long control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
    switch (command) {
      case BIO_CTRL_FLUSH:
      case BIO_CTRL_DUP:
        return 1;
      case BIO_CTRL_EOF:
        return stream(bio).inner_ended_ ? 1 : 0;
      default:
        return 0;
    }
  }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO_METHOD* method() {
    static const tls::BioMethodPtr kMethod = [] {
      tls::BioMethodPtr made(BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "stream"));
      BIO_meth_set_read(made.get(), read);
      BIO_meth_set_write(made.get(), write);
      BIO_meth_set_ctrl(made.get(), control);
      BIO_meth_set_create(made.get(), create);
      return made;
    }();
    return kMethod.get();
  }
};

void HandshakeTurns::add(TlsStream& stream) {
  if (std::exchange(stream.awaits_turn_, true)) return;
  waiting_.push_back(&stream);
  loop_.schedule_continuation(run_, Lane::live);
}

void HandshakeTurns::remove(TlsStream& stream) noexcept {
  if (std::exchange(stream.awaits_turn_, false)) std::erase(waiting_, &stream);
}

void HandshakeTurns::run() {
  const TimePoint end = loop_.precise_now() + kSlice;
  while (!waiting_.empty()) {
    TlsStream* stream = waiting_.front();
    waiting_.pop_front();
    stream->awaits_turn_ = false;
    stream->shake_hands();
    if (loop_.precise_now() >= end) break;
  }
  if (!waiting_.empty()) loop_.schedule_continuation(run_, Lane::live);
}

TlsStream::TlsStream(EventLoop& loop, std::unique_ptr<Stream> inner, Side side)
    : loop_(loop),
      lane_(side.lane),
      inner_(std::move(inner)),
      turns_(side.turns),
      client_(std::move(side.client)),
      session_peer_(std::move(side.session_peer)),
      ssl_(std::move(side.ssl)),
      told_([this] { notify(); }),
      out_(std::move(side.preface)) {
  BIO* bio = BIO_new(TlsBio::method());
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_.get(), bio, bio);
  if (client_ != nullptr) SSL_set_app_data(ssl_.get(), const_cast<std::string*>(&session_peer_));
  inner_->set_handler(this);
  if (inner_->state() == State::open) begin_handshake();
}

TlsStream::~TlsStream() {
  if (turns_ != nullptr) turns_->remove(*this);
  inner_->set_handler(nullptr);
  // Whoever closes without a word ends in order all the same; only abort() does not.
  if (phase_ == Phase::open && end_ != End::broken && !write_failed_) {
    send_close_notify();
    flush();
  } else {
    // Not the session's fault: it may be resumed.
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
}

void TlsStream::set_handler(StreamHandler* handler) noexcept {
  handler_ = handler;
  if (handler != nullptr) {
    // The event that told of what is buffered here may have been used up.
    loop_.schedule(told_, lane_);
  } else {
    told_.cancel();
  }
}

Stream::State TlsStream::state() const noexcept {
  switch (phase_) {
    case Phase::connecting:
    case Phase::handshake:
      return State::connecting;
    case Phase::open:
      return State::open;
    case Phase::failed:
    case Phase::aborted:
      return State::failed;
  }
  return State::failed;
}

Errc TlsStream::connect_error() const noexcept {
  return inner_->state() == State::failed ? inner_->connect_error() : Errc::connect_failed;
}

bool TlsStream::readable() const noexcept {
  if (phase_ != Phase::open) return false;
  if (end_ != End::no) return !end_told_;
  return inner_->readable() || inner_ended_ || (!starved_ && SSL_has_pending(ssl_.get()) == 1);
}

bool TlsStream::writable() const noexcept {
  if (phase_ != Phase::open) return false;
  return write_failed_ || (out_.empty() && inner_->writable());
}

bool TlsStream::peer_closed() const noexcept {
  return end_ != End::no || inner_->peer_closed() ||
         (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}

bool TlsStream::broken() const noexcept {
  return phase_ == Phase::failed || phase_ == Phase::aborted || inner_->broken();
}

IoResult TlsStream::read(char* to, size_t size) {
  if (phase_ == Phase::failed || phase_ == Phase::aborted) return {IoResult::Status::error};
  if (phase_ != Phase::open) return {IoResult::Status::would_block};
  size_t got = 0;
  taken_ = 0;
  while (got < size && end_ == End::no) {
    size_t n = 0;
    ERR_clear_error();
    const int outcome = SSL_read_ex(ssl_.get(), to + got, size - got, &n);
    if (outcome == 1) {
      got += n;
      starved_ = false;
      if (SSL_has_pending(ssl_.get()) == 0) break;
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), outcome);
    if (error == SSL_ERROR_WANT_READ) {
      starved_ = true;
      // Not because there was nothing: nobody would tell of it again.
      if (taken_ >= kTakenMax) loop_.schedule_continuation(told_, lane_);
      break;
    }
    // Without close_notify anybody may have cut what the peer had to say (RFC 8446 section 6.1).
    end_ = error == SSL_ERROR_ZERO_RETURN ? End::clean : End::broken;
  }
  flush();  // what reading may have called for: an answer to a KeyUpdate, an alert
  if (got > 0) return {IoResult::Status::ok, got};
  return end_ == End::no ? IoResult{IoResult::Status::would_block} : end_of_reading();
}

IoResult TlsStream::end_of_reading() {
  end_told_ = true;
  return {end_ == End::clean ? IoResult::Status::eof : IoResult::Status::error};
}

IoResult TlsStream::write(const struct iovec* parts, int count) {
  if (phase_ == Phase::connecting || phase_ == Phase::handshake) {
    return {IoResult::Status::would_block};
  }
  if (phase_ != Phase::open || write_failed_ || close_sent_) return {IoResult::Status::error};
  flush();
  if (write_failed_) return {IoResult::Status::error};
  if (!out_.empty()) return {IoResult::Status::would_block};
  size_t offered = 0;
  for (int i = 0; i < count; ++i) offered += parts[i].iov_len;
  const size_t left = std::min(std::exchange(owed_, 0), offered);
  const size_t sealed = seal_parts(parts, count, left);
  flush();
  if (write_failed_) return {IoResult::Status::error};
  if (out_.empty()) return {IoResult::Status::ok, left + sealed};
  owed_ = sealed;
  if (left == 0) return {IoResult::Status::would_block};
  return {IoResult::Status::ok, left};
}

// Small parts share a record; large ones are sealed where they lie.
size_t TlsStream::seal_parts(const struct iovec* parts, int count, size_t skip) {
  const size_t most = lane_ == Lane::live ? kBatchBytes : kBackgroundBatchBytes;
  std::array<char, kRecordBytes> record;
  size_t used = 0;
  size_t taken = 0;
  for (int i = 0; i < count && taken < most; ++i) {
    const size_t skipped = std::min(skip, parts[i].iov_len);
    skip -= skipped;
    const char* at = static_cast<const char*>(parts[i].iov_base) + skipped;
    size_t left = std::min(parts[i].iov_len - skipped, most - taken);
    taken += left;
    while (left > 0) {
      const size_t n = std::min(left, kRecordBytes - used);
      if (n == kRecordBytes) {
        if (!seal(at, n)) return taken;
      } else {
        std::memcpy(record.data() + used, at, n);
        used += n;
      }
      at += n;
      left -= n;
      if (used == kRecordBytes && !seal(record.data(), std::exchange(used, 0))) return taken;
    }
  }
  if (used > 0) seal(record.data(), used);
  return taken;
}

bool TlsStream::seal(const char* data, size_t size) {
  size_t written = 0;
  ERR_clear_error();
  if (SSL_write_ex(ssl_.get(), data, size, &written) == 1) return true;
  write_failed_ = true;
  return false;
}

void TlsStream::flush() {
  while (sent_ < out_.size()) {
    if (!inner_->writable()) return;
    const struct iovec rest{out_.data() + sent_, out_.size() - sent_};
    const IoResult io = inner_->write(&rest, 1);
    if (io.status == IoResult::Status::would_block) return;
    if (io.status != IoResult::Status::ok) {
      write_failed_ = true;
      break;
    }
    sent_ += io.bytes;
  }
  out_.clear();
  sent_ = 0;
  if (out_.capacity() > spare_buffer().capacity()) out_.swap(spare_buffer());
  std::string().swap(out_);
  if (std::exchange(fin_wanted_, false) && !write_failed_) inner_->shutdown_write();
}

void TlsStream::send_close_notify() {
  if (std::exchange(close_sent_, true)) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

void TlsStream::shutdown_write() {
  if (phase_ != Phase::open) return;
  send_close_notify();
  fin_wanted_ = true;
  flush();
}

void TlsStream::abort() {
  if (phase_ == Phase::handshake) aborted_in_handshake_ = true;
  phase_ = Phase::aborted;
  out_.clear();
  sent_ = 0;
  told_.cancel();
  inner_->abort();
}

std::string_view TlsStream::alpn() const noexcept {
  const unsigned char* data = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &data, &size);
  return {reinterpret_cast<const char*>(data), size};
}

// Whoever gives up on a handshake has waited for too long.
const tls::HandshakeFailure* TlsStream::handshake_failure() const noexcept {
  static const tls::HandshakeFailure kUnfinished{tls::HandshakeFailure::Cause::timeout,
                                                 "the handshake was not completed"};
  const bool unfinished = phase_ == Phase::handshake || aborted_in_handshake_;
  return unfinished ? &kUnfinished : failure_.get();
}

const tls::TlsFacts* TlsStream::tls() const noexcept {
  if (phase_ != Phase::open) return nullptr;
  if (facts_ == nullptr) facts_ = std::make_unique<tls::TlsFacts>(tls::read_facts(*ssl_));
  return facts_.get();
}

void TlsStream::notify() {
  if (handler_ != nullptr) handler_->on_stream_ready();
}

void TlsStream::on_stream_ready() {
  switch (phase_) {
    case Phase::connecting:
      if (inner_->state() == State::connecting) return;
      if (inner_->state() == State::failed) {
        phase_ = Phase::failed;
        return notify();
      }
      return begin_handshake();
    case Phase::handshake:
      if (turns_ != nullptr) return turns_->add(*this);
      return shake_hands();
    case Phase::open:
      if (inner_->readable()) starved_ = false;
      flush();
      return notify();
    case Phase::failed:
      return flush();
    case Phase::aborted:
      return;
  }
}

void TlsStream::begin_handshake() {
  phase_ = Phase::handshake;
  if (turns_ != nullptr) return turns_->add(*this);
  shake_hands();
}

void TlsStream::shake_hands() {
  if (phase_ != Phase::handshake) return;
  taken_ = 0;
  ERR_clear_error();
  const int outcome = SSL_do_handshake(ssl_.get());
  if (outcome != 1) {
    const int error = SSL_get_error(ssl_.get(), outcome);
    if (error != SSL_ERROR_WANT_READ) return fail_handshake();
    flush();
    if (write_failed_) return fail_handshake();
    if (taken_ >= kTakenMax) fail_handshake();  // no handshake is that long
    return;
  }
  phase_ = Phase::open;
  // A copy's answer is of no use; what it holds in memory is charged to its budget.
  if (lane_ == Lane::live) SSL_set_default_read_buffer_len(ssl_.get(), kReadAheadBytes);
  if (client_ != nullptr) client_->on_connected(*ssl_);
  flush();
  notify();
}

// OpenSSL numbers the alerts of peers from a thousand on.
tls::HandshakeFailure TlsStream::read_failure() const {
  using Cause = tls::HandshakeFailure::Cause;
  const bool alerted = ERR_GET_REASON(ERR_peek_last_error()) >= SSL_AD_REASON_OFFSET;
  const long verdict = SSL_get_verify_result(ssl_.get());
  std::string text = tls::take_error();
  const bool closed = inner_ended_ || write_failed_;
  if (closed && !alerted) text = "the peer closed the connection";
  if (verdict != X509_V_OK) {
    text += fmt::format(": {}", X509_verify_cert_error_string(verdict));
    return {Cause::certificate, std::move(text)};
  }
  if (alerted) return {Cause::alert, std::move(text)};
  return {closed ? Cause::closed : Cause::protocol, std::move(text)};
}

void TlsStream::fail_handshake() {
  const bool clear_text = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_HTTP_REQUEST;
  failure_ = std::make_unique<tls::HandshakeFailure>(read_failure());
  phase_ = Phase::failed;
  if (clear_text) return refuse_clear_text();
  flush();  // the alert
  notify();
}

void TlsStream::refuse_clear_text() {
  out_.assign(kClearTextAnswer);
  sent_ = 0;
  fin_wanted_ = true;
  flush();
  notify();
}

std::unique_ptr<Stream> make_tls_client(EventLoop& loop, Lane lane, std::unique_ptr<Stream> inner,
                                        const TlsPeer& peer, std::string preface) {
  std::string session_peer = fmt::format("{} {}", inner->peer().to_string(), peer.server_name);
  TlsStream::Side side;
  side.lane = lane;
  side.ssl = peer.context->connect(peer.server_name, session_peer);
  if (!peer.only_protocol.empty()) {
    const std::string wire = tls::alpn_wire({std::string(peer.only_protocol)});
    SSL_set_alpn_protos(side.ssl.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                        static_cast<unsigned>(wire.size()));
  }
  side.client = peer.context;
  side.session_peer = std::move(session_peer);
  side.preface = std::move(preface);
  return std::make_unique<TlsStream>(loop, std::move(inner), std::move(side));
}

}  // namespace gnomon::net
