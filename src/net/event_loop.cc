#include "net/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace gnomon::net {
namespace {

constexpr uint64_t kWakeToken = 0;
constexpr uint64_t make_token(uint32_t generation, size_t index) noexcept {
  return (static_cast<uint64_t>(generation) << 32) | static_cast<uint32_t>(index);
}

}  // namespace

void Task::cancel() noexcept {
  if (next_ == nullptr) return;
  next_->prev_ = prev_;
  prev_->next_ = next_;
  next_ = prev_ = nullptr;
}

TaskList::~TaskList() {
  while (pop() != nullptr) {
  }
  head_.next_ = head_.prev_ = nullptr;
}

void TaskList::push(Task& task) noexcept {
  task.next_ = &head_;
  task.prev_ = head_.prev_;
  head_.prev_->next_ = &task;
  head_.prev_ = &task;
}

Task* TaskList::pop() noexcept {
  if (empty()) return nullptr;
  Task* task = head_.next_;
  task->cancel();
  return task;
}

EventLoop::EventLoop(const Clock& clock, Poller& poller)
    : clock_(clock), poller_(poller), timers_(clock.now()) {
  slots_.emplace_back();  // token 0 is the poller's own
}

EventLoop::~EventLoop() = default;

uint64_t EventLoop::add(int fd, IoHandler& handler, Lane lane) {
  size_t index = slots_.size();
  if (!free_slots_.empty()) {
    index = free_slots_.back();
    free_slots_.pop_back();
  } else {
    slots_.emplace_back();
  }
  slots_[index].handler = &handler;
  slots_[index].lane = lane;
  const uint64_t token = make_token(slots_[index].generation, index);
  if (poller_.add(fd, token)) return token;
  slots_[index].handler = nullptr;
  free_slots_.push_back(static_cast<uint32_t>(index));
  return 0;
}

void EventLoop::remove(uint64_t token, int fd) {
  const auto index = static_cast<uint32_t>(token);
  poller_.remove(fd);
  slots_[index].handler = nullptr;
  ++slots_[index].generation;  // events of this turn that name the old token are dropped
  free_slots_.push_back(index);
}

void EventLoop::schedule(Task& task, Lane lane) noexcept {
  if (task.scheduled()) return;
  (lane == Lane::live ? live_tasks_ : background_tasks_).push(task);
}

void EventLoop::schedule_gathering(Task& task, Lane lane) noexcept {
  if (task.scheduled()) return;
  (lane == Lane::live ? gathering_ : background_tasks_).push(task);
}

void EventLoop::schedule_continuation(Task& task, Lane lane) noexcept {
  if (task.scheduled()) return;
  (lane == Lane::live ? continuations_ : background_tasks_).push(task);
}

bool EventLoop::post(std::function<void()> work) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (posted_.size() >= kPostedMax || stop_requested_) return false;
    posted_.push_back(std::move(work));
    has_posted_ = true;
  }
  poller_.wake();
  return true;
}

void EventLoop::stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_requested_ = true;
  }
  poller_.wake();
}

void EventLoop::run() {
  for (;;) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (stop_requested_) return;
    }
    run_once(Duration(-1));
  }
}

void EventLoop::run_once(Duration max_wait) {
  Duration wait = timers_.next_wait();
  if (wait < Duration::zero() || (max_wait >= Duration::zero() && max_wait < wait)) wait = max_wait;
  if (!live_tasks_.empty() || !gathering_.empty() || !continuations_.empty() ||
      !background_tasks_.empty() || !background_events_.empty()) {
    wait = Duration::zero();
  }
  events_.clear();
  poller_.wait(wait, events_);
  timers_.set_now(clock_.now());
  wall_.reset();
  for (const Poller::Event& event : events_) {
    const Slot& slot = slots_[static_cast<uint32_t>(event.token)];
    if (slot.lane == Lane::background) {
      background_events_.push_back(event);
    } else {
      dispatch(event);
      run_live_tasks();
    }
  }
  timers_.fire_due();
  run_posted();
  run_live_tasks();
  run_gathering();
  run_continuations();
  run_gathering();
  run_background();
}

void EventLoop::dispatch(const Poller::Event& event) {
  const Slot& slot = slots_[static_cast<uint32_t>(event.token)];
  if (slot.handler == nullptr || slot.generation != event.token >> 32) return;
  slot.handler->on_io(event.events);
}

void EventLoop::run_live_tasks() {
  while (Task* task = live_tasks_.pop()) task->run_();
}

void EventLoop::run_gathering() {
  while (Task* task = gathering_.pop()) {
    task->run_();
    run_live_tasks();
  }
}

// Each once: what they schedule anew waits for the next turn.
void EventLoop::run_continuations() {
  if (continuations_.empty()) return;
  Task end_of_turn([] {});
  continuations_.push(end_of_turn);
  while (Task* task = continuations_.pop()) {
    if (task == &end_of_turn) return;
    task->run_();
    run_live_tasks();
  }
}

// The lane gets as much time as live work took in this turn: under full load half of the thread, so
// that copies of a healthy shadow keep up, and never more, so that a bad one cannot take it all.
// Events come first, for half of the time, so that a shadow that talks without end does not keep
// other copies' tasks from running. Two rounds of tasks: in the first, copies hand their bytes to
// connections; in the second, connections write them out. Work that is left when the slice is used
// up, and work that schedules more of itself, waits until live descriptors have been looked at
// again.
void EventLoop::run_background() {
  if (background_events_.empty() && background_tasks_.empty()) return;
  const TimePoint begin = clock_.now();
  const Duration slice = std::clamp(begin - now(), kBackgroundSliceMin, kBackgroundSliceMax);
  const TimePoint end = begin + slice;
  run_background_events(begin + slice / 2);
  for (int round = 0; round < 2 && !background_tasks_.empty(); ++round) {
    Task end_of_round([] {});
    background_tasks_.push(end_of_round);
    while (Task* task = background_tasks_.pop()) {
      if (task == &end_of_round) break;
      task->run_();
      run_live_tasks();
      if (clock_.now() >= end) return;
    }
  }
  run_background_events(end);
}

void EventLoop::run_background_events(TimePoint end) {
  while (background_next_ < background_events_.size()) {
    if (clock_.now() >= end) return;
    dispatch(background_events_[background_next_++]);
    run_live_tasks();
  }
  background_events_.clear();
  background_next_ = 0;
}

void EventLoop::run_posted() {
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!has_posted_) return;
    work.swap(posted_);
    has_posted_ = false;
  }
  for (const std::function<void()>& item : work) {
    item();
    run_live_tasks();
  }
}

EpollPoller::EpollPoller()
    : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = kWakeToken;
  if (epoll_fd_ < 0 || wake_fd_ < 0 || epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot create an event loop");
  }
}

EpollPoller::~EpollPoller() {
  ::close(wake_fd_);
  ::close(epoll_fd_);
}

bool EpollPoller::add(int fd, uint64_t token) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = token;
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void EpollPoller::remove(int fd) { epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr); }

void EpollPoller::wait(Duration timeout, std::vector<Event>& out) {
  std::array<epoll_event, 256> ready;
  int timeout_ms = -1;
  if (timeout >= Duration::zero()) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    timeout_ms = static_cast<int>(std::min<int64_t>(ms, 60'000));
  }
  const int n = epoll_wait(epoll_fd_, ready.data(), ready.size(), timeout_ms);
  for (int i = 0; i < n; ++i) {
    if (ready[i].data.u64 == kWakeToken) {
      uint64_t count = 0;
      [[maybe_unused]] const ssize_t got = ::read(wake_fd_, &count, sizeof(count));
      continue;
    }
    out.push_back({ready[i].data.u64, ready[i].events});
  }
}

void EpollPoller::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t put = ::write(wake_fd_, &one, sizeof(one));
}

}  // namespace gnomon::net
