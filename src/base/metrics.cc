#include "base/metrics.h"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>

namespace peyk::metrics {
namespace {

// {label="value",extra}; empty when there is neither.
std::string braces(const Label& label, std::string_view extra = {}) {
    std::string inside = label.name.empty() ? std::string() : fmt::format("{}=\"{}\"", label.name, label.value);
    if (!inside.empty() && !extra.empty()) inside += ',';
    inside += extra;
    return inside.empty() ? inside : "{" + inside + "}";
}

double resident_bytes() {
    std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/proc/self/statm", "re"), &std::fclose);
    unsigned long total = 0, resident = 0;
    if (!file || std::fscanf(file.get(), "%lu %lu", &total, &resident) != 2) return 0;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
    std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), &closedir);
    double count = 0;
    while (folder && readdir(folder.get())) ++count;
    return count > 3 ? count - 3 : 0;  // ".", ".." and the folder itself
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void Histogram::observe_micros(std::uint64_t micros) {
    std::size_t step = 0;
    while (step < kMillis.size() && micros > kMillis[step] * 1000ull) ++step;
    steps_[step].fetch_add(1, std::memory_order_relaxed);
    micros_.fetch_add(micros, std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
    std::uint64_t count = 0;
    for (const auto& step : steps_) count += step.load(std::memory_order_relaxed);
    return count;
}

void Registry::add(Series series) {
    // Series of one name stand together, as the format demands; a new name goes to the end.
    auto after = std::find_if(series_.rbegin(), series_.rend(), [&](const Series& s) { return s.name == series.name; });
    series_.insert(after == series_.rend() ? series_.end() : after.base(), std::move(series));
}

Counter& Registry::counter(Name name, std::string_view help, Label label) {
    std::lock_guard lock(mutex_);
    auto& counter = counters_.emplace_back();
    add({name.text, help, "counter", label, [&counter](std::string& out, const Series& self) {
             out += fmt::format("{}{} {}\n", self.name, braces(self.label), counter.value());
         }});
    return counter;
}

Gauge& Registry::gauge(Name name, std::string_view help, Label label) {
    std::lock_guard lock(mutex_);
    auto& gauge = gauges_.emplace_back();
    add({name.text, help, "gauge", label, [&gauge](std::string& out, const Series& self) {
             out += fmt::format("{}{} {}\n", self.name, braces(self.label), gauge.value());
         }});
    return gauge;
}

Histogram& Registry::histogram(Name name, std::string_view help, Label label) {
    std::lock_guard lock(mutex_);
    auto& histogram = histograms_.emplace_back();
    add({name.text, help, "histogram", label, [&histogram](std::string& out, const Series& self) {
             std::uint64_t sum = 0;
             for (std::size_t i = 0; i < histogram.steps_.size(); ++i) {
                 sum += histogram.steps_[i].load(std::memory_order_relaxed);
                 auto edge = i < Histogram::kMillis.size() ? fmt::format("{}", Histogram::kMillis[i] / 1000.0) : "+Inf";
                 out += fmt::format("{}_bucket{} {}\n", self.name, braces(self.label, fmt::format("le=\"{}\"", edge)),
                                    sum);
             }
             auto seconds = static_cast<double>(histogram.micros_.load(std::memory_order_relaxed)) / 1e6;
             out += fmt::format("{0}_sum{1} {2}\n{0}_count{1} {3}\n", self.name, braces(self.label), seconds, sum);
         }});
    return histogram;
}

void Registry::ask(Kind kind, Name name, std::string_view help, std::function<double()> value, Label label) {
    std::lock_guard lock(mutex_);
    add({name.text, help, kind == Kind::counter ? "counter" : "gauge", label,
         [value = std::move(value)](std::string& out, const Series& self) {
             out += fmt::format("{}{} {}\n", self.name, braces(self.label), value());
         }});
}

std::string Registry::expose() const {
    std::lock_guard lock(mutex_);
    std::string out;
    std::string_view last;
    for (const auto& series : series_) {
        if (series.name != last)
            out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", series.name, series.help, series.type);
        last = series.name;
        series.print(out, series);
    }
    return out;
}

void add_process_series(Registry& registry) {
    using enum Registry::Kind;
    auto begun = static_cast<double>(std::time(nullptr));
    registry.ask(gauge, "process_resident_memory_bytes", "Memory of this process.", resident_bytes);
    registry.ask(gauge, "process_open_fds", "Open files and connections.", open_descriptors);
    registry.ask(counter, "process_cpu_seconds_total", "Processor time, user and system.", cpu_seconds);
    registry.ask(gauge, "process_start_time_seconds", "When this process began.", [begun] { return begun; });
}

}  // namespace peyk::metrics
