#include "app/commands/offline.h"

#include "app/cli.h"
#include "app/options.h"

namespace peyk::app {

Offline::~Offline() {
    if (services_) services_->stop();
    timers_.stop();
    workers_.stop();
    services_.reset();
    if (store_) (void)store_->opened->close();
}

Result<std::unique_ptr<Offline>> Offline::open(const Config& config) {
    std::unique_ptr<Offline> out(new Offline);
    // Names that services keep are kept from commands too.
    PEYK_TRY(auto registrations,
             appservices::load_registrations(config.appservices.files, config.appservices.folder, config.server.name));
    auto store = open_store(config, out->workers_, out->clock_, out->random_);
    if (!store && store.error().code == Errc::conflict) {
        return fail(Errc::conflict, store.error().detail + " (a server that runs holds its store)");
    }
    if (!store) return std::unexpected(std::move(store).error());
    out->store_ = std::move(*store);
    out->services_ = std::make_unique<Services>(
        config, *out->store_, Machine{out->clock_, out->random_, out->timers_, out->workers_, out->outbound_},
        std::move(registrations));
    return out;
}

std::expected<std::unique_ptr<Offline>, int> open_or_complain(const std::filesystem::path& file) {
    auto config = load_or_complain(file);
    if (!config) return std::unexpected(kExitUsage);
    return open_or_complain(*std::move(config));
}

std::expected<std::unique_ptr<Offline>, int> open_or_complain(Config config) {
    if (config.storage.engine == Engine::memory) {
        complain_line("storage.engine is \"memory\": there is no store on the disk to work on");
        return std::unexpected(kExitUsage);
    }
    log::configure(log::Level::warning, config.logging.format);
    if (auto asked = complete_passphrase(config); !asked) {
        complain_line(asked.error().detail);
        return std::unexpected(kExitUsage);
    }
    auto offline = Offline::open(config);
    if (!offline) {
        complain_line(offline.error().detail);
        return std::unexpected(kExitFailed);
    }
    return std::move(*offline);
}

}  // namespace peyk::app
