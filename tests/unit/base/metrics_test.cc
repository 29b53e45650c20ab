#include "base/metrics.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "base/secret.h"

namespace peyk::metrics {
namespace {

// A label can only be a literal: run-time text does not convert, so no series can be about somebody.
static_assert(!std::is_convertible_v<std::string, Label>);
static_assert(!std::is_convertible_v<std::string, Name>);

TEST(Metrics, PrintsCountersWithTheirLabelsTogether) {
    Registry registry;
    auto& good = registry.counter("peyk_answers_total", "Answers.", {"class", "2xx"});
    registry.gauge("peyk_open", "Open.").set(-3);
    auto& bad = registry.counter("peyk_answers_total", "Answers.", {"class", "5xx"});
    good.add(2);
    bad.add();
    EXPECT_EQ(registry.expose(),
              "# HELP peyk_answers_total Answers.\n# TYPE peyk_answers_total counter\n"
              "peyk_answers_total{class=\"2xx\"} 2\npeyk_answers_total{class=\"5xx\"} 1\n"
              "# HELP peyk_open Open.\n# TYPE peyk_open gauge\npeyk_open -3\n");
}

TEST(Metrics, HistogramStepsAreCumulativeAndInclusive) {
    Registry registry;
    auto& times = registry.histogram("peyk_seconds", "Times.");
    times.observe_micros(1000);        // exactly 1 ms belongs to the first step
    times.observe_micros(1001);        // the second
    times.observe_micros(60'000'000);  // beyond all
    auto text = registry.expose();
    EXPECT_NE(text.find("peyk_seconds_bucket{le=\"0.001\"} 1\n"), std::string::npos) << text;
    EXPECT_NE(text.find("peyk_seconds_bucket{le=\"0.002\"} 2\n"), std::string::npos) << text;
    EXPECT_NE(text.find("peyk_seconds_bucket{le=\"30\"} 2\n"), std::string::npos) << text;
    EXPECT_NE(text.find("peyk_seconds_bucket{le=\"+Inf\"} 3\n"), std::string::npos) << text;
    EXPECT_NE(text.find("peyk_seconds_sum 60.002001\npeyk_seconds_count 3\n"), std::string::npos) << text;
    EXPECT_EQ(times.count(), 3u);
}

TEST(Metrics, ValuesAreAskedForAtEachExposition) {
    Registry registry;
    double value = 1;
    registry.ask(Registry::Kind::gauge, "peyk_now", "Now.", [&] { return value; });
    EXPECT_NE(registry.expose().find("peyk_now 1\n"), std::string::npos);
    value = 2.5;
    EXPECT_NE(registry.expose().find("peyk_now 2.5\n"), std::string::npos);
}

TEST(Metrics, TheProcessKnowsItsMemoryAndDescriptors) {
    Registry registry;
    add_process_series(registry);
    auto text = registry.expose();
    EXPECT_EQ(text.find("process_resident_memory_bytes 0\n"), std::string::npos);
    EXPECT_EQ(text.find("process_open_fds 0\n"), std::string::npos);
}

TEST(Secret, IsGoneAfterAMove) {
    Secret first("hush");
    Secret second(std::move(first));
    EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
    EXPECT_EQ(second.reveal(), "hush");
}

}  // namespace
}  // namespace peyk::metrics
