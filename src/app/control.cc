#include "app/control.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/console.h"
#include "core/json.h"

namespace peyk::app {
namespace {

Task<http::Response> answer_backup(const Config& config, OpenStore& store, http::Request request) {
    json::Object out;
    auto report = make_backup(config, store, request.body);
    if (report) {
        out.set("files", report->files);
        out.set("bytes", report->bytes);
    } else {
        out.set("error", report.error().detail);
    }
    co_return http::Response::json(report ? 200 : 400, json::write(out));
}

// A connected socket, or -1.
int connect_to(const std::filesystem::path& path) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    auto text = path.string();
    if (text.size() >= sizeof to.sun_path) return -1;
    text.copy(to.sun_path, text.size());
    int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (handle >= 0 && connect(handle, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return handle;
    if (handle >= 0) close(handle);
    return -1;
}

// The whole answer; the server closes behind it. Progress is shown once a second.
Result<std::string> converse(int handle, const std::string& request) {
    if (send(handle, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
        return fail(Errc::io, "the server hung up");
    }
    timeval second{.tv_sec = 1, .tv_usec = 0};
    setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    Progress progress("the server makes the backup");
    std::string answer;
    for (std::uint64_t seconds = 1;;) {
        char buffer[4096];
        auto size = recv(handle, buffer, sizeof buffer, 0);
        if (size == 0) return answer;
        if (size > 0) {
            answer.append(buffer, static_cast<std::size_t>(size));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            progress.update(seconds++, 0, "s");
        } else if (errno != EINTR) {
            return fail(Errc::io, "the server hung up");
        }
    }
}

Result<CopyReport> parse_report(const std::string& answer) {
    auto head = answer.find("\r\n\r\n");
    if (head == std::string::npos) return fail(Errc::io, "the server stopped before it answered");
    PEYK_TRY(auto report, json::parse(std::string_view(answer).substr(head + 4)));
    if (auto error = report.get_string("error")) return fail(Errc::io, std::string(*error));
    auto count = [&](std::string_view name) {
        return static_cast<std::uint64_t>(report.get_integer(name).value_or(0));
    };
    return CopyReport{count("files"), count("bytes")};
}

}  // namespace

std::filesystem::path control_socket(const Config& config) { return config.server.data_dir / "control"; }

void add_control_routes(http::Router& router, const Config& config, OpenStore& store) {
    http::Route route{.method = http::Method::post, .pattern = "/backup"};
    route.handler = [&config, &store](http::Request request) {
        return answer_backup(config, store, std::move(request));
    };
    route.max_body = 4096;
    router.add(std::move(route));
}

http::ServerConfig control_http_config(const Config& config) {
    http::ServerConfig out;
    out.listeners.push_back({.address = "unix:" + control_socket(config).string(), .port = 0, .tls = {}});
    out.limits.connections = 4;
    out.threads = 1;
    return out;
}

Result<std::optional<CopyReport>> ask_for_backup(const Config& config, const std::filesystem::path& target) {
    int handle = connect_to(control_socket(config));
    if (handle < 0) return std::optional<CopyReport>{};
    auto body = std::filesystem::absolute(target).string();
    auto request =
        fmt::format("POST /backup HTTP/1.1\r\nHost: control\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
                    body.size(), body);
    auto answer = converse(handle, request);
    close(handle);
    if (!answer) return std::unexpected(std::move(answer).error());
    PEYK_TRY(auto report, parse_report(*answer));
    return std::optional{report};
}

}  // namespace peyk::app
