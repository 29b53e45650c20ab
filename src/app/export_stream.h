#pragma once
// The archive of export.h while it is written: a queue of steps, each of which adds at most a few megabytes.

#include <deque>
#include <functional>
#include <optional>

#include "app/export.h"
#include "app/zip_writer.h"
#include "core/json.h"
#include "pages/html.h"

namespace peyk::app {

// Purpose:  the body of an answer.
// Runs on:  workers, one call at a time.
class ExportStream final : public http::BodySource {
public:
    ExportStream(Export& exports, UserId user, std::uint64_t number);

    Task<Result<std::string>> read_some(std::size_t max) override;

private:
    using Step = std::function<Task<Result<void>>()>;
    void then(Step step) { steps_.push_back(std::move(step)); }
    void next(Step step) { steps_.push_front(std::move(step)); }
    static Task<Result<void>> done(Result<void> result);
    // A step that only reads.
    void read(Result<void> (ExportStream::*step)());

    void json_file(std::string name, const json::Value& content);
    // One line of the page's list of files, and what it holds.
    void mention(std::string_view en, std::string_view fa, std::string_view file, std::size_t count);

    // export_classes.cc: each writes its files.
    Result<void> account();
    Result<void> devices();
    Result<void> profile();
    Result<void> account_data();
    Result<void> filters();
    Result<void> pushers();
    Result<void> addresses();
    Result<void> second_factors();
    Result<void> device_keys();
    Result<void> signatures();
    Result<void> backup_versions();
    Result<void> backup_sessions(std::uint64_t version, std::string from, std::size_t part);
    Result<void> inbox(std::string from, std::size_t part);
    Result<void> delayed();
    Result<void> uploads(std::uint64_t from);
    Result<void> reports();
    Result<void> rooms();
    // export_rooms.cc
    struct Room;
    struct SeenRooms;
    Result<void> forgotten_rooms(std::shared_ptr<SeenRooms> seen, std::string from);
    static Result<std::optional<rooms::StateRoots>> shown_state(const rooms::RoomStore& rooms, Room& room,
                                                                const rooms::StateRoots& now);
    Result<void> begin_room(std::shared_ptr<Room> room);
    Result<void> room_events(std::shared_ptr<Room> room);
    Result<void> end_room(std::shared_ptr<Room> room);
    // export_stream.cc
    Task<Result<void>> begin_upload(media::Media::Upload upload);
    Result<void> upload_piece(std::shared_ptr<media::Content> content, std::uint64_t offset);
    Result<void> finish();

    std::shared_ptr<Export::Turn> turn_;
    const Export::Parts& parts_;
    const UserId user_;
    const std::uint64_t number_;
    ZipWriter zip_;
    std::string out_;
    std::deque<Step> steps_;
    bool ended_ = false;

    json::Array rooms_, files_, receipts_, aliases_;
    pages::Html room_list_, file_list_, contents_, devices_;
    std::string displayname_;
};

// The page that opens offline. `parts`: finished markup.
struct ExportPage {
    std::string user, displayname, server, date;
    const pages::Html& contents;
    const pages::Html& devices;
    const pages::Html& rooms;
    const pages::Html& files;
};
std::string export_index(const ExportPage& page);
// The frame of any page of the archive.
std::string export_page(std::string_view title, const pages::Html& body);
// "name of a file": what a name can be on any system, without a folder.
std::string safe_file_name(std::string_view name);

}  // namespace peyk::app
