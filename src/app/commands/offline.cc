#include "app/commands/offline.h"

#include "app/cli.h"

namespace peyk::app {

Offline::Offline(const Config& config) : limiter_(config.rate_limits(), clock_, random_) {}

Offline::~Offline() {
    if (users_) users_->stop();
    users_.reset();
    workers_.stop();
    if (store_) (void)store_->opened->close();
}

Result<std::unique_ptr<Offline>> Offline::open(const Config& config) {
    std::unique_ptr<Offline> out(new Offline(config));
    auto store = open_store(config, out->workers_, out->clock_, out->random_);
    if (!store && store.error().code == Errc::conflict) {
        return fail(Errc::conflict, store.error().detail + " (a server that runs holds its store)");
    }
    if (!store) return std::unexpected(std::move(store).error());
    out->store_ = std::move(*store);
    out->users_ = std::make_unique<users::Users>(user_options(config), out->store_->db(), out->feed_, out->limiter_,
                                                 out->clock_, out->random_);
    return out;
}

std::expected<std::unique_ptr<Offline>, int> open_or_complain(const std::filesystem::path& file) {
    auto config = load_or_complain(file);
    if (!config) return std::unexpected(kExitUsage);
    if (config->storage.engine == Engine::memory) {
        complain_line("storage.engine is \"memory\": there is no store on the disk to work on");
        return std::unexpected(kExitUsage);
    }
    log::configure(log::Level::warning, config->logging.format);
    if (auto asked = complete_passphrase(*config); !asked) {
        complain_line(asked.error().detail);
        return std::unexpected(kExitUsage);
    }
    auto offline = Offline::open(*config);
    if (!offline) {
        complain_line(offline.error().detail);
        return std::unexpected(kExitFailed);
    }
    return std::move(*offline);
}

}  // namespace peyk::app
