#include "net/event_loop.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace gnomon::net {
namespace {

class EventLoopTest : public testing::Test {
 protected:
  ManualClock clock_;
  VirtualPoller poller_{clock_};
  EventLoop loop_{clock_, poller_};
  void turn() { loop_.run_once(Duration::zero()); }
};

TEST_F(EventLoopTest, the_calendar_stands_still_within_a_turn_and_goes_on_with_the_next) {
  WallTime first;
  WallTime second;
  Task task([&] {
    first = loop_.wall();
    clock_.advance(std::chrono::seconds(1));
    second = loop_.wall();
  });
  loop_.schedule(task, Lane::live);
  turn();
  EXPECT_EQ(first, second);
  turn();
  EXPECT_EQ(loop_.wall(), clock_.wall());
}

TEST_F(EventLoopTest, background_tasks_run_after_all_live_tasks) {
  std::string order;
  Task background([&] { order += 'b'; });
  Task second([&] { order += '2'; });
  Task first([&] {
    order += '1';
    loop_.schedule(second, Lane::live);
  });
  loop_.schedule(background, Lane::background);
  loop_.schedule(first, Lane::live);
  turn();
  EXPECT_EQ(order, "12b");
}

TEST_F(EventLoopTest, what_gathers_runs_after_live_work_and_before_the_background) {
  std::string order;
  Task background([&] { order += 'b'; });
  Task second([&] { order += '2'; });
  Task continuation([&] { order += 'c'; });
  Task gathering([&] {
    order += 'g';
    loop_.schedule(second, Lane::live);
  });
  Task first([&] {
    order += '1';
    loop_.schedule_gathering(gathering, Lane::live);
    loop_.schedule_gathering(gathering, Lane::live);
  });
  loop_.schedule(background, Lane::background);
  loop_.schedule_continuation(continuation, Lane::live);
  loop_.schedule_gathering(gathering, Lane::live);
  loop_.schedule(first, Lane::live);
  turn();
  EXPECT_EQ(order, "1g2cb");
}

TEST_F(EventLoopTest, what_gathers_behind_a_continuation_does_not_wait_for_the_next_turn) {
  std::string order;
  Task background([&] { order += 'b'; });
  Task gathering([&] { order += 'g'; });
  Task continuation([&] {
    order += 'c';
    loop_.schedule_gathering(gathering, Lane::live);
  });
  loop_.schedule(background, Lane::background);
  loop_.schedule_continuation(continuation, Lane::live);
  turn();
  EXPECT_EQ(order, "cgb");
}

TEST_F(EventLoopTest, a_task_scheduled_twice_runs_once) {
  int runs = 0;
  Task task([&] { ++runs; });
  loop_.schedule(task, Lane::live);
  loop_.schedule(task, Lane::live);
  turn();
  EXPECT_EQ(runs, 1);
}

TEST_F(EventLoopTest, a_destroyed_task_does_not_run) {
  int runs = 0;
  {
    Task task([&] { ++runs; });
    loop_.schedule(task, Lane::background);
  }
  turn();
  EXPECT_EQ(runs, 0);
}

TEST_F(EventLoopTest, background_work_cannot_hold_the_loop) {
  int runs = 0;
  Task forever([&] {
    ++runs;
    loop_.schedule(forever, Lane::background);
  });
  loop_.schedule(forever, Lane::background);
  turn();
  EXPECT_EQ(runs, 2);  // both rounds of one turn, then live work gets its chance
}

TEST_F(EventLoopTest, background_work_that_takes_long_leaves_the_rest_for_the_next_turn) {
  int runs = 0;
  const auto work = [&] {
    ++runs;
    clock_.advance(std::chrono::microseconds(200));
  };
  Task first(work);
  Task second(work);
  Task third(work);
  for (Task* task : {&first, &second, &third}) loop_.schedule(*task, Lane::background);
  turn();
  EXPECT_EQ(runs, 2);
  turn();
  EXPECT_EQ(runs, 3);
}

TEST_F(EventLoopTest, live_work_that_goes_on_has_its_turn_whatever_the_background_does) {
  std::vector<std::unique_ptr<Task>> greedy;
  for (int i = 0; i < 10; ++i) {
    greedy.push_back(std::make_unique<Task>([this, &greedy, i] {
      clock_.advance(std::chrono::milliseconds(10));
      loop_.schedule(*greedy[static_cast<size_t>(i)], Lane::background);
    }));
    loop_.schedule(*greedy.back(), Lane::background);
  }
  int runs = 0;
  Task reading([&] {
    ++runs;
    loop_.schedule_continuation(reading, Lane::live);
  });
  loop_.schedule_continuation(reading, Lane::live);
  for (int i = 0; i < 20; ++i) turn();
  EXPECT_EQ(runs, 20);
}

TEST_F(EventLoopTest, a_continuation_lets_live_work_go_first) {
  std::string order;
  Task live([&] { order += 'l'; });
  Task goes_on([&] { order += 'c'; });
  loop_.schedule_continuation(goes_on, Lane::live);
  loop_.schedule(live, Lane::live);
  turn();
  EXPECT_EQ(order, "lc");
}

TEST_F(EventLoopTest, timers_fire_in_virtual_time) {
  bool fired = false;
  Timer timer(loop_.timers(), [&] { fired = true; });
  timer.arm(std::chrono::seconds(30));
  const TimePoint start = clock_.now();
  while (!fired) loop_.run_once(Duration(-1));
  EXPECT_GE(clock_.now() - start, std::chrono::seconds(30));
  EXPECT_LT(clock_.now() - start, std::chrono::milliseconds(30'002));
}

TEST(EventLoopThreads, posted_work_runs_on_the_loop_and_is_refused_after_stop) {
  SystemClock clock;
  EpollPoller poller;
  EventLoop loop(clock, poller);
  std::thread::id ran_on;
  std::thread thread([&] { loop.run(); });
  const std::thread::id id = thread.get_id();
  EXPECT_TRUE(loop.post([&] { ran_on = std::this_thread::get_id(); }));
  EXPECT_TRUE(loop.post([&] { loop.stop(); }));
  thread.join();
  EXPECT_EQ(ran_on, id);
  EXPECT_FALSE(loop.post([] {}));
}

TEST_F(EventLoopTest, a_full_queue_of_posted_work_says_no) {
  size_t accepted = 0;
  while (accepted < 1'000'000 && loop_.post([] {})) ++accepted;
  EXPECT_EQ(accepted, 65536u);
  turn();
  EXPECT_TRUE(loop_.post([] {}));
}

}  // namespace
}  // namespace gnomon::net
