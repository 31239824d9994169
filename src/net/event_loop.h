// One loop per thread. A turn: wait, live descriptors, due timers, then the background lane, which
// is where everything that belongs to a shadow runs: after every live event that was ready, and
// only for a slice of time.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "net/timer.h"

namespace gnomon::net {

enum class Lane : uint8_t { live, background };

// Descriptor events, edge-triggered: told once when something becomes possible.
class IoHandler {
 public:
  virtual void on_io(uint32_t epoll_events) = 0;

 protected:
  ~IoHandler() = default;
};

// What the loop waits on. A seam: production uses epoll, tests move a clock by hand.
class Poller {
 public:
  struct Event {
    uint64_t token;
    uint32_t events;
  };
  virtual ~Poller() = default;
  virtual bool add(int fd, uint64_t token) = 0;
  virtual void remove(int fd) = 0;
  // Negative waits for ever. Appends nothing when woken or timed out.
  virtual void wait(Duration timeout, std::vector<Event>& out) = 0;
  // May be called from any thread.
  virtual void wake() = 0;
};

// Work to be done soon on the loop's own thread. Scheduling twice before it ran runs it once;
// destroying it cancels it.
class Task {
 public:
  explicit Task(std::function<void()> run) : run_(std::move(run)) {}
  ~Task() { cancel(); }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  bool scheduled() const noexcept { return next_ != nullptr; }
  void cancel() noexcept;

 private:
  friend class EventLoop;
  friend class TaskList;
  std::function<void()> run_;
  Task* next_ = nullptr;
  Task* prev_ = nullptr;
};

// Intrusive, first in first out.
class TaskList {
 public:
  TaskList() : head_([] {}) { head_.next_ = head_.prev_ = &head_; }
  ~TaskList();
  TaskList(const TaskList&) = delete;
  TaskList& operator=(const TaskList&) = delete;
  bool empty() const noexcept { return head_.next_ == &head_; }
  void push(Task& task) noexcept;
  Task* pop() noexcept;

 private:
  Task head_;
};

class EventLoop {
 public:
  EventLoop(const Clock& clock, Poller& poller);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Runs turns until stop(). Only post(), stop() and wake-ups may be called from other threads.
  void run();
  // One turn that waits at most `max_wait`.
  void run_once(Duration max_wait);
  void stop();

  // Time of this turn; the same for everything that happens in it.
  TimePoint now() const noexcept { return timers_.now(); }
  // The calendar's, read once a turn, by whoever asks first.
  WallTime wall() const noexcept {
    if (!wall_) wall_ = clock_.wall();
    return *wall_;
  }
  // Time read now, for durations that end within a turn.
  TimePoint precise_now() const noexcept { return clock_.now(); }
  TimerWheel& timers() noexcept { return timers_; }

  // Registers a descriptor once, for everything; never changed again. Returns a token, or 0 when
  // the kernel refused. The handler must outlive the registration.
  uint64_t add(int fd, IoHandler& handler, Lane lane);
  void remove(uint64_t token, int fd);

  // Live tasks run right after the event that scheduled them, background tasks after all live work.
  void schedule(Task& task, Lane lane) noexcept;
  // Live work that gathers what several events of a turn have brought, such as a write on behalf of
  // many streams: runs behind all live events of the turn, before anything that goes on for long.
  void schedule_gathering(Task& task, Lane lane) noexcept;
  // Work that goes on for long and lets others have their turn in between. Live work of that sort
  // runs once a turn, behind the live events and before anything in the background.
  void schedule_continuation(Task& task, Lane lane) noexcept;

  // From any thread: runs `work` on this loop. False when the queue is full or the loop has
  // stopped.
  bool post(std::function<void()> work);

 private:
  struct Slot {
    IoHandler* handler = nullptr;
    uint32_t generation = 1;
    Lane lane = Lane::live;
  };
  static constexpr size_t kPostedMax = 65536;
  // Bounds of the time that the background lane may take in one turn, give or take one handler.
  static constexpr Duration kBackgroundSliceMin = std::chrono::microseconds(250);
  static constexpr Duration kBackgroundSliceMax = std::chrono::milliseconds(2);

  void dispatch(const Poller::Event& event);
  void run_live_tasks();
  void run_gathering();
  void run_continuations();
  void run_background_events(TimePoint end);
  void run_background();
  void run_posted();

  const Clock& clock_;
  Poller& poller_;
  TimerWheel timers_;
  mutable std::optional<WallTime> wall_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  std::vector<Poller::Event> events_;
  std::vector<Poller::Event> background_events_;
  size_t background_next_ = 0;  // the first of them that has not been told
  TaskList live_tasks_;
  TaskList gathering_;
  TaskList continuations_;
  TaskList background_tasks_;

  std::mutex mutex_;  // guards the three below
  std::vector<std::function<void()>> posted_;
  bool stop_requested_ = false;
  bool has_posted_ = false;
};

// epoll(7), edge-triggered.
class EpollPoller final : public Poller {
 public:
  EpollPoller();
  ~EpollPoller() override;
  bool add(int fd, uint64_t token) override;
  void remove(int fd) override;
  void wait(Duration timeout, std::vector<Event>& out) override;
  void wake() override;

 private:
  int epoll_fd_;
  int wake_fd_;
};

// Moves a clock instead of waiting.
class VirtualPoller final : public Poller {
 public:
  explicit VirtualPoller(ManualClock& clock) : clock_(clock) {}
  bool add(int /*fd*/, uint64_t /*token*/) override { return false; }
  void remove(int /*fd*/) override {}
  void wait(Duration timeout, std::vector<Event>& /*out*/) override {
    if (timeout > Duration::zero()) clock_.advance(timeout);
  }
  void wake() override {}

 private:
  ManualClock& clock_;
};

}  // namespace gnomon::net
