#include "app/control.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "app/console.h"
#include "core/json_text.h"

namespace peyk::app {
namespace {

Task<http::Response> answer(ControlHandler handler, http::Request request) {
    auto asked = request.body.empty() ? Result<json::Object>{} : json::parse_object(request.body);
    Result<json::Object> done = std::unexpected(Error{});
    if (asked) {
        auto running = handler(*std::move(asked));
        done = co_await std::move(running);
    } else {
        done = std::unexpected(std::move(asked).error());
    }
    if (done) co_return http::Response::json(200, json::write(*done));
    json::Object failure{{"error", done.error().detail}, {"code", errc_name(done.error().code)}};
    co_return http::Response::json(done.error().code == Errc::unavailable ? 503 : 400, json::write(failure));
}

Task<Result<json::Object>> answer_backup(const Config& config, OpenStore& store, OneAtATime& turns,
                                         json::Object request) {
    const auto* target = request.find("target");
    if (!target || !target->string()) co_return fail(Errc::bad_request, "a backup needs a target");
    OneAtATime::Turn turn(turns);
    if (!turn) co_return fail(Errc::conflict, "another backup is being made; try again when it is done");
    PEYK_CO_TRY(auto report, make_backup(config, store, *target->string()));
    co_return json::Object{{"files", report.files}, {"bytes", report.bytes}};
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
Result<std::string> converse(int handle, const std::string& request, std::string waiting) {
    if (send(handle, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
        return fail(Errc::io, "the server hung up");
    }
    timeval second{.tv_sec = 1, .tv_usec = 0};
    setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    Progress progress(std::move(waiting));
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

Errc code_named(std::string_view name) {
    for (int i = 0; i <= static_cast<int>(Errc::internal); ++i) {
        if (errc_name(static_cast<Errc>(i)) == name) return static_cast<Errc>(i);
    }
    return Errc::io;
}

Result<json::Object> parse_answer(const std::string& answer) {
    auto head = answer.find("\r\n\r\n");
    if (head == std::string::npos) return fail(Errc::io, "the server stopped before it answered");
    PEYK_TRY(auto object, json::parse_object(std::string_view(answer).substr(head + 4)));
    const auto* error = object.find("error");
    if (!error || !error->string()) return object;
    const auto* code = object.find("code");
    return fail(code && code->string() ? code_named(*code->string()) : Errc::io, *error->string());
}

}  // namespace

std::filesystem::path control_socket(const Config& config) { return config.server.data_dir / "control"; }

void add_control_route(http::Router& router, std::string path, ControlHandler handler) {
    http::Route route{.method = http::Method::post, .pattern = std::move(path)};
    route.handler = [handler = std::move(handler)](http::Request request) {
        return answer(handler, std::move(request));
    };
    route.max_body = 64 * 1024;
    router.add(std::move(route));
}

void add_backup_route(http::Router& router, const Config& config, OpenStore& store) {
    auto turns = std::make_shared<OneAtATime>();
    add_control_route(router, "/backup", [&config, &store, turns](json::Object request) {
        return answer_backup(config, store, *turns, std::move(request));
    });
}

http::ServerConfig control_http_config(const Config& config) {
    http::ServerConfig out;
    out.listeners.push_back({.address = "unix:" + control_socket(config).string(), .port = 0, .tls = {}});
    out.limits.connections = kControlConnections;
    out.threads = 1;
    out.compress = false;
    return out;
}

Result<std::optional<json::Object>> ask_server(const Config& config, std::string_view path, const json::Object& request,
                                               std::string waiting) {
    int handle = connect_to(control_socket(config));
    if (handle < 0) return std::optional<json::Object>{};
    auto body = json::write(request);
    auto text = fmt::format("POST {} HTTP/1.1\r\nHost: control\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
                            path, body.size(), body);
    auto answer = converse(handle, text, std::move(waiting));
    close(handle);
    if (!answer) return std::unexpected(std::move(answer).error());
    PEYK_TRY(auto object, parse_answer(*answer));
    return std::optional{std::move(object)};
}

Result<std::optional<CopyReport>> ask_for_backup(const Config& config, const std::filesystem::path& target) {
    json::Object request{{"target", std::filesystem::absolute(target).string()}};
    PEYK_TRY(auto answer, ask_server(config, "/backup", request, "the server makes the backup"));
    if (!answer) return std::optional<CopyReport>{};
    return std::optional{CopyReport{count_in(*answer, "files"), count_in(*answer, "bytes")}};
}

}  // namespace peyk::app
