#include <sys/resource.h>

#include <csignal>
#include <thread>

#include "unit/media/support.h"

namespace peyk::media::test {
namespace {

using http::Method;

TEST_F(MediaTest, an_upload_comes_back_with_its_type_and_name) {
    start();
    const auto content = noise(300'000);
    const auto media_uri = upload(content, "image/png", "?filename=my%20cat.png");
    const auto answer = get(download_path(media_uri));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, content);
    EXPECT_EQ(answer.header("Content-Type"), "image/png");
    EXPECT_EQ(answer.header("Content-Disposition"), "inline; filename=\"my cat.png\"");
    EXPECT_EQ(
        answer.header("Content-Security-Policy"),
        "sandbox; default-src 'none'; script-src 'none'; plugin-types application/pdf; style-src 'unsafe-inline'; "
        "object-src 'self';");
    EXPECT_EQ(answer.header("Cross-Origin-Resource-Policy"), "cross-origin");
    EXPECT_EQ(answer.header("Cache-Control"), "private, max-age=2592000, immutable");
    EXPECT_EQ(get(download_path(media_uri) + "/other.txt").header("Content-Disposition"),
              "inline; filename=\"other.txt\"");
}

TEST_F(MediaTest, an_upload_without_a_type_is_an_attachment_of_bytes) {
    start();
    const auto answer = get(download_path(upload("")));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.header("Content-Type"), "application/octet-stream");
    EXPECT_EQ(answer.header("Content-Disposition"), "attachment");
    EXPECT_EQ(get(download_path(upload("<script>", "text/html"))).header("Content-Disposition"), "attachment");
    EXPECT_EQ(get(download_path(upload("x", "text/html\r\nX: y"))).header("Content-Type"), "application/octet-stream");
}

TEST_F(MediaTest, the_old_paths_of_uploads_work) {
    start();
    for (const auto* path : {"/_matrix/media/r0/upload", "/_matrix/media/v1/upload"})
        EXPECT_EQ(send(Method::post, path, Sent{.body = "x"}).status, 200) << path;
}

TEST_F(MediaTest, parts_are_served_by_range) {
    start();
    const auto content = noise(200'000);
    const auto path = download_path(upload(content));
    struct Case {
        std::string range;
        int status;
        std::string expected, content_range;
    };
    const Case cases[] = {
        {"bytes=0-9", 206, content.substr(0, 10), "bytes 0-9/200000"},
        {"bytes=65530-65545", 206, content.substr(65'530, 16), "bytes 65530-65545/200000"},
        {"bytes=100-", 206, content.substr(100), "bytes 100-199999/200000"},
        {"bytes=-7", 206, content.substr(199'993), "bytes 199993-199999/200000"},
        {"bytes=0-1,3-4", 200, content, "-"},
        {"bytes=200000-", 416, "", "bytes */200000"},
    };
    for (const auto& each : cases) {
        const auto answer = get(path, "ada", {{"Range", each.range}});
        EXPECT_EQ(answer.status, each.status) << each.range;
        EXPECT_EQ(answer.header("Content-Range"), each.content_range) << each.range;
        if (each.status != 416) EXPECT_TRUE(answer.body == each.expected) << each.range;
    }
    EXPECT_EQ(get(path).header("Accept-Ranges"), "bytes");
}

TEST_F(MediaTest, nothing_readable_is_on_the_disk) {
    start();
    upload(std::string(10'000, 'A') + "SECRET", "image/png", "?filename=SECRET.png");
    const auto found = files();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(read_file(found[0]).find("AAAA"), std::string::npos);
    EXPECT_EQ(found[0].filename().string().size(), 30U);
    EXPECT_EQ(found[0].string().find("SECRET"), std::string::npos);
}

TEST_F(MediaTest, ids_that_name_nothing_are_not_found) {
    start();
    for (const auto* media_uri : {"example.org/none", "example.org/..%2F..%2Fetc", "example.org/a.b", "other.org/abc",
                                  "127.0.0.1/..%2Fpasswd", "example.org/%2e%2e"}) {
        const auto answer = get(download_path(media_uri));
        EXPECT_EQ(answer.status, 404) << media_uri;
        EXPECT_EQ(answer.errcode(), "M_NOT_FOUND") << media_uri;
    }
    EXPECT_EQ(get(download_path("b%20d/abc")).errcode(), "M_INVALID_PARAM") << "no server has such a name";
    EXPECT_NE(get(download_path("other.org/abc")).text("error"), get(download_path("example.org/none")).text("error"));
}

TEST_F(MediaTest, everything_needs_a_token_and_uploads_need_a_full_account) {
    start();
    const auto media_uri = upload("x");
    EXPECT_EQ(get(download_path(media_uri), "").status, 401);
    EXPECT_EQ(get("/_matrix/client/v1/media/config", "").status, 401);
    EXPECT_EQ(send(Method::post, "/_matrix/media/v3/upload", Sent{.user = "", .body = "x"}).status, 401);
    EXPECT_EQ(get(download_path(media_uri), "guest").status, 200);
    EXPECT_EQ(send(Method::post, "/_matrix/media/v3/upload", Sent{.user = "guest", .body = "x"}).errcode(),
              "M_GUEST_ACCESS_FORBIDDEN");
    EXPECT_EQ(send(Method::post, "/_matrix/media/v3/upload", Sent{.user = "suspended", .body = "x"}).errcode(),
              "M_USER_SUSPENDED");
}

TEST_F(MediaTest, without_authentication_nothing_is_served_unless_switched_on) {
    start();
    const auto media_uri = upload("old");
    for (const auto* path :
         {"/_matrix/media/v3/download/", "/_matrix/media/r0/download/", "/_matrix/media/v1/download/"})
        EXPECT_EQ(get(path + media_uri, "").errcode(), "M_NOT_FOUND") << path;
    endpoints.unauthenticated_media = true;
    start();
    EXPECT_EQ(get("/_matrix/media/v3/download/" + media_uri, "").body, "old");
    // Frozen: what came before that day stays reachable, what came later does not.
    endpoints.frozen_since_day = static_cast<std::uint64_t>(clock.now().count()) / kDayMs + 1;
    start();
    clock.advance(Millis{2 * kDayMs});
    const auto late = upload("new");
    EXPECT_EQ(get("/_matrix/media/v3/download/" + media_uri + "/n.txt", "").body, "old");
    EXPECT_EQ(get("/_matrix/media/v3/download/" + late, "").errcode(), "M_NOT_FOUND");
    EXPECT_EQ(get(download_path(late)).body, "new");
}

TEST_F(MediaTest, config_tells_the_limit_and_previews_are_off) {
    start();
    for (const auto* path : {"/_matrix/client/v1/media/config", "/_matrix/media/v3/config", "/_matrix/media/r0/config"})
        EXPECT_EQ(get(path).body, "{\"m.upload.size\":52428800}") << path;
    EXPECT_EQ(get("/_matrix/client/v1/media/preview_url?url=https://example.org").errcode(), "M_FORBIDDEN");
    EXPECT_EQ(get("/_matrix/media/v3/preview_url").status, 403);
}

TEST_F(MediaTest, too_large_uploads_are_refused_by_their_length_and_by_counting) {
    options.max_upload = 100'000;
    start();
    for (const bool declared : {true, false}) {
        const auto answer =
            send(Method::post, "/_matrix/media/v3/upload", Sent{.body = noise(100'001), .declare_length = declared});
        EXPECT_EQ(answer.status, 413);
        EXPECT_EQ(answer.errcode(), "M_TOO_LARGE");
    }
    EXPECT_TRUE(files().empty());
    upload(noise(100'000));
}

TEST_F(MediaTest, the_quota_counts_and_deletion_gives_it_back) {
    options.quota = 10'000;
    start();
    const auto first = upload(noise(6'000));
    EXPECT_EQ(media->usage(test.db.number("@ada:example.org"))->bytes, 6'000U);
    for (const bool declared : {true, false}) {
        const auto answer =
            send(Method::post, "/_matrix/media/v3/upload", Sent{.body = noise(5'000), .declare_length = declared});
        EXPECT_EQ(answer.status, 403);
        EXPECT_EQ(answer.errcode(), "M_FORBIDDEN");
    }
    EXPECT_EQ(files().size(), 1U);
    upload(noise(5'000), "", "", "bob");
    EXPECT_TRUE(run_blocking(workers, media->remove(id_of(first))));
    upload(noise(9'000));
}

TEST_F(MediaTest, a_full_disk_is_said_early_and_leaves_nothing) {
    options.keep_free = ~0ULL >> 1;
    start();
    const auto answer = send(Method::post, "/_matrix/media/v3/upload", Sent{.body = "x"});
    EXPECT_EQ(answer.status, 507);
    EXPECT_TRUE(files().empty());
}

TEST_F(MediaTest, a_disk_that_fills_up_in_between_leaves_nothing) {
    start();
    // The kernel refuses to let files grow further, as it does when space runs out.
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit small{500'000, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    const auto answer = send(Method::post, "/_matrix/media/v3/upload", Sent{.body = noise(2'000'000)});
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_EQ(answer.status, 507);
    EXPECT_TRUE(files().empty());
    upload(noise(2'000'000));
}

TEST_F(MediaTest, a_store_that_is_full_leaves_neither_file_nor_entry) {
    start();
    upload("so that the owner is known");
    const auto rows = test.store.rows();
    test.store.fail_next(Errc::full);
    EXPECT_EQ(send(Method::post, "/_matrix/media/v3/upload", Sent{.body = "lost"}).status, 507);
    EXPECT_EQ(files().size(), 1U);
    EXPECT_EQ(test.store.rows(), rows);
    EXPECT_EQ(media->usage(test.db.number("@ada:example.org"))->count, 1U);
}

TEST_F(MediaTest, a_shard_that_was_fenced_meanwhile_is_tried_again) {
    start();
    upload("so that the owner is known");
    test.store.fail_next(Errc::fenced, 2);
    EXPECT_EQ(get(download_path(upload("second"))).body, "second");
    EXPECT_EQ(media->usage(test.db.number("@ada:example.org"))->count, 2U);
}

TEST_F(MediaTest, an_upload_that_breaks_off_leaves_nothing) {
    start();
    auto body = std::make_unique<Pieces>(noise(300'000));
    body->fails = true;
    EXPECT_NE(send(Method::post, "/_matrix/media/v3/upload", Sent{.stream = std::move(body)}).status, 200);
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(media->usage(test.db.number("@ada:example.org"))->count, 0U);
}

TEST_F(MediaTest, one_user_has_only_so_many_uploads_at_once) {
    options.uploads_at_once = 1;
    start();
    auto body = std::make_unique<Pieces>("slow");
    OneShot<int> gate;
    body->gate = gate;
    Answer slow;
    std::thread client([&] { slow = send(Method::post, "/_matrix/media/v3/upload", Sent{.stream = std::move(body)}); });
    while (files().empty()) std::this_thread::yield();
    const auto second = send(Method::post, "/_matrix/media/v3/upload", Sent{.body = "x"});
    EXPECT_EQ(second.status, 429);
    EXPECT_EQ(second.errcode(), "M_LIMIT_EXCEEDED");
    upload("x", "", "", "bob");
    gate.set(1);
    client.join();
    EXPECT_EQ(slow.status, 200);
    upload("x");
}

struct AsyncUpload : MediaTest {
    std::string create(std::string user = "ada") {
        const auto answer = send(Method::post, "/_matrix/media/v1/create", Sent{.user = std::move(user)});
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.text("content_uri").substr(6);
    }
    Answer put(const std::string& media_uri, std::string body, std::string user = "ada") {
        return send(
            Method::put, "/_matrix/media/v3/upload/" + media_uri,
            Sent{.user = std::move(user), .body = std::move(body), .headers = {{"Content-Type", "text/plain"}}});
    }
};

TEST_F(AsyncUpload, an_id_gets_its_content_once) {
    start();
    const auto answer = send(Method::post, "/_matrix/media/v1/create", Sent{});
    EXPECT_EQ(answer.json().find("unused_expires_at")->integer(), clock.now().count() + 86'400'000);
    const auto media_uri = answer.text("content_uri").substr(6);
    EXPECT_EQ(put(media_uri, "bob's", "bob").errcode(), "M_FORBIDDEN");
    const auto first = put(media_uri, "content");
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.body, "{}");
    EXPECT_EQ(get(download_path(media_uri)).body, "content");
    EXPECT_EQ(get(download_path(media_uri)).header("Content-Type"), "text/plain");
    const auto again = put(media_uri, "other");
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(again.errcode(), "M_CANNOT_OVERWRITE_MEDIA");
    EXPECT_EQ(put("example.org/unknown", "x").errcode(), "M_NOT_FOUND");
    EXPECT_EQ(put("other.org/unknown", "x").errcode(), "M_NOT_FOUND");
    EXPECT_EQ(files().size(), 1U);
}

TEST_F(AsyncUpload, of_two_uploads_to_one_id_one_wins) {
    start();
    const auto media_uri = create();
    auto body = std::make_unique<Pieces>("slow");
    OneShot<int> gate;
    body->gate = gate;
    Answer slow;
    std::thread client(
        [&] { slow = send(Method::put, "/_matrix/media/v3/upload/" + media_uri, Sent{.stream = std::move(body)}); });
    while (files().empty()) std::this_thread::yield();
    EXPECT_EQ(put(media_uri, "fast").status, 200);
    gate.set(1);
    client.join();
    EXPECT_EQ(slow.errcode(), "M_CANNOT_OVERWRITE_MEDIA");
    EXPECT_EQ(get(download_path(media_uri)).body, "fast");
    EXPECT_EQ(files().size(), 1U);
    EXPECT_EQ(media->usage(test.db.number("@ada:example.org"))->count, 1U);
}

TEST_F(AsyncUpload, an_id_expires) {
    start();
    const auto media_uri = create();
    clock.advance(Millis{86'400'000});
    EXPECT_EQ(put(media_uri, "late").errcode(), "M_NOT_FOUND");
    EXPECT_EQ(get(download_path(media_uri)).errcode(), "M_NOT_FOUND");
    const auto rows = test.store.rows();
    start();  // the sweep at the start removes it
    for (int i = 0; i < 1000 && test.store.rows() >= rows; ++i) std::this_thread::sleep_for(Millis{5});
    EXPECT_LT(test.store.rows(), rows);
}

TEST_F(AsyncUpload, a_user_has_only_so_many_open_ids) {
    options.pending = 2;
    start();
    const auto first = create();
    create();
    EXPECT_EQ(send(Method::post, "/_matrix/media/v1/create", Sent{}).errcode(), "M_LIMIT_EXCEEDED");
    create("bob");
    put(first, "x");
    create();
    clock.advance(Millis{86'400'000});
    create();
}

TEST_F(AsyncUpload, a_download_waits_for_the_content_and_no_longer) {
    start();
    const auto media_uri = create();
    const auto at_once = get(download_path(media_uri) + "?timeout_ms=0");
    EXPECT_EQ(at_once.status, 504);
    EXPECT_EQ(at_once.errcode(), "M_NOT_YET_UPLOADED");

    Answer timed_out;
    std::atomic<bool> done = false;
    std::thread patient([&] {
        timed_out = get(download_path(media_uri) + "?timeout_ms=5000");
        done = true;
    });
    while (!done) {
        clock.advance(Millis{1'000});
        timers.run_due();
        std::this_thread::sleep_for(Millis{1});
    }
    patient.join();
    EXPECT_EQ(timed_out.errcode(), "M_NOT_YET_UPLOADED");

    Answer waited;
    std::thread reader([&] { waited = get(download_path(media_uri)); });
    std::this_thread::sleep_for(Millis{50});
    EXPECT_EQ(put(media_uri, "at last").status, 200);
    reader.join();
    EXPECT_EQ(waited.body, "at last");
}

TEST_F(MediaTest, deleted_media_is_gone_from_disk_rows_and_keys) {
    start();
    upload("stays");
    const auto user = test.db.number("@ada:example.org");
    const auto rows = test.store.rows();
    const auto media_uri = upload(noise(100'000));
    ASSERT_EQ(files().size(), 2U);
    EXPECT_EQ(media->uploads_of(user, 10)->size(), 2U);
    EXPECT_TRUE(run_blocking(workers, media->remove(id_of(media_uri))));
    EXPECT_EQ(get(download_path(media_uri)).errcode(), "M_NOT_FOUND");
    EXPECT_EQ(files().size(), 1U);
    ASSERT_TRUE(test.db.flush_punctures());
    EXPECT_EQ(test.store.rows(), rows);
    EXPECT_EQ(media->uploads_of(user, 10)->size(), 1U);
    EXPECT_EQ(run_blocking(workers, media->remove(id_of(media_uri))).error().code, Errc::not_found);
}

TEST_F(MediaTest, erasing_an_account_takes_its_media_and_no_other) {
    start();
    for (int i = 0; i < 5; ++i) upload("hers");
    const auto his = upload("his", "", "", "bob");
    const auto removed = run_blocking(workers, media->remove_all_of(test.db.number("@ada:example.org")));
    ASSERT_TRUE(removed);
    EXPECT_EQ(*removed, 5U);
    EXPECT_EQ(files().size(), 1U);
    EXPECT_EQ(get(download_path(his)).body, "his");
}

TEST_F(MediaTest, a_restart_keeps_media_and_removes_what_a_crash_left) {
    start();
    const auto media_uri = upload("kept");
    const auto orphan = options.folder / "ab" / "cdefabcdefabcdefabcdefabcdef00";
    const auto unfinished = options.folder / "tmp" / "abcdefabcdefabcdefabcdefabcdef00";
    write_file(orphan, "noise");
    write_file(unfinished, "noise");
    start();
    for (int i = 0; i < 1000 && std::filesystem::exists(orphan); ++i) std::this_thread::sleep_for(Millis{5});
    EXPECT_FALSE(std::filesystem::exists(orphan));
    EXPECT_FALSE(std::filesystem::exists(unfinished));
    EXPECT_EQ(get(download_path(media_uri)).body, "kept");
}

TEST_F(MediaTest, a_folder_that_does_not_belong_to_the_store_is_left_alone) {
    start();
    std::filesystem::create_directory(options.folder / "ab");
    for (int i = 0; i < 150; ++i)
        write_file(options.folder / "ab" / fmt::format("cdefabcdefabcdefabcdefabcdef{:02x}", i), "another store's");
    start();
    run_blocking(workers, [](Media& service) -> Task<void> {
        service.stop();  // waits for the sweep
        co_return;
    }(*media));
    EXPECT_EQ(files().size(), 150U);
}

TEST_F(MediaTest, a_file_that_was_tampered_with_is_not_served) {
    start();
    const auto media_uri = upload(noise(10'000));
    const auto path = files()[0];
    auto bytes = read_file(path);
    bytes[5000] = static_cast<char>(bytes[5000] ^ 1);
    write_file(path, bytes);
    EXPECT_EQ(get(download_path(media_uri)).status, 500);
    std::filesystem::remove(path);
    EXPECT_EQ(get(download_path(media_uri)).status, 404);
}

}  // namespace
}  // namespace peyk::media::test
