#include "app/server_notices.h"

#include "pages/visit.h"
#include "pages/words_account.h"

namespace peyk::app {
namespace {

constexpr std::string_view kTag = "m.server_notice";

// In every language of the pages: which one somebody reads is not known here.
std::string password_reset_text(std::uint32_t day) {
    namespace words = pages::words;
    std::string out;
    for (auto language : {pages::Language::english, pages::Language::persian}) {
        if (!out.empty()) out += "\n\n";
        out += fmt::format("{} {}. {}", words::kResetNotice.in(language), pages::date_text(day),
                           words::kResetNoticeAsk.in(language));
    }
    return out;
}

}  // namespace

UserId notices_user(std::string_view server_name) {
    return UserId::trusted(fmt::format("@_server_notices:{}", server_name));
}

ServerNotices::ServerNotices(rooms::Rooms& rooms, rooms::RoomCreator& creator, const rooms::Profiles& profiles,
                             users::Users& users, std::optional<rooms::Notices>& configured)
    : rooms_(rooms),
      creator_(creator),
      profiles_(profiles),
      users_(users),
      configured_(configured),
      self_(notices_user(rooms.server().view())) {}

Task<Result<void>> ServerNotices::password_reset(UserId user) {
    auto text = password_reset_text(users_.context().today());
    return tell(std::move(user), "org.peyk.password_reset", std::move(text));
}

Task<Result<void>> ServerNotices::tell(UserId user, std::string type, std::string text) {
    json::Object message{
        {"msgtype", "m.server_notice"}, {"server_notice_type", std::move(type)}, {"body", std::move(text)}};
    if (configured_) {
        rooms::Notice notice;
        notice.content = std::move(message);
        PEYK_CO_CHECK(co_await configured_->send(std::move(user), std::move(notice)));
        co_return Result<void>{};
    }
    PEYK_CO_TRY(bool taken, users_.accounts.exists(self_));
    if (taken) co_return fail(Errc::conflict, "an account of before has the name that the server speaks under");
    auto number = users_.accounts.number(user);
    auto lane = co_await lanes_.enter(number);
    PEYK_CO_TRY(auto known, users_.account_data.stored(number, std::nullopt, kNoticesRoom));
    const auto* id = known.find("room_id");
    auto room = id && id->string() ? RoomId::parse(*id->string()) : Result<RoomId>(fail(Errc::not_found));
    if (room) {
        PEYK_CO_TRY(bool told, co_await write(*room, user, message));
        if (told) co_return Result<void>{};
    }
    PEYK_CO_TRY(auto made, co_await make_room(user));
    PEYK_CO_TRY([[maybe_unused]] bool told, co_await write(std::move(made), std::move(user), std::move(message)));
    co_return Result<void>{};
}

// In clear: the server has no keys, and says nothing that the room's one reader does not know. Spec: the user is
// invited, and clients know the room by its tag.
Task<Result<RoomId>> ServerNotices::make_room(UserId user) {
    rooms::NewRoom wanted;
    wanted.preset = "private_chat";
    wanted.name = rooms_.server().str();
    wanted.invites.push_back(user);
    wanted.chooses_encryption = true;
    wanted.power_level_override = json::Object{{"events_default", 50}, {"invite", 50}};
    PEYK_CO_TRY(auto room, co_await creator_.create(self_, std::move(wanted)));
    auto number = users_.accounts.number(user);
    json::Object named{{"room_id", room.str()}};
    PEYK_CO_CHECK(co_await users_.account_data.put_managed(number, std::nullopt, std::string(kNoticesRoom), named));
    PEYK_CO_CHECK(co_await users_.account_data.put_tag(number, room, std::string(kTag), {}));
    co_return room;
}

Task<Result<bool>> ServerNotices::write(RoomId room, UserId user, json::Object message) {
    auto entered = co_await rooms_.enter(std::move(room));
    if (!entered && entered.error().code == Errc::not_found) co_return false;
    if (!entered) co_return std::unexpected(std::move(entered).error());
    PEYK_CO_TRY(auto create, entered->state("m.room.create"));
    if (!create || create->sender != self_) co_return false;
    PEYK_CO_TRY(auto was, entered->membership(user));
    if (was != rooms::Membership::join && was != rooms::Membership::invite) {
        PEYK_CO_TRY(auto profile, profiles_.profile(user));
        json::Object content{{"membership", "invite"}};
        if (profile.displayname) content.set("displayname", *profile.displayname);
        rooms::Draft invite{"m.room.member", user.str(), std::move(content)};
        PEYK_CO_CHECK(entered->add(self_, std::move(invite)));
    }
    rooms::Draft draft{"m.room.message", std::nullopt, std::move(message)};
    PEYK_CO_CHECK(entered->add(self_, std::move(draft)));
    auto done = std::move(*entered);
    PEYK_CO_CHECK(co_await std::move(done).commit());
    co_return true;
}

}  // namespace peyk::app
