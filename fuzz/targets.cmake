# Each target feeds one parser that reads what strangers send, or what stands on the disk, and checks that what it accepts
# obeys its own contract. peyk_fuzz(NAME SOURCES … LINKS …): fuzz/NAME.cc, what else it is made from, what it links.
peyk_fuzz(json LINKS peyk_core)
peyk_fuzz(identifiers LINKS peyk_core)
peyk_fuzz(http_head LINKS peyk_http)
peyk_fuzz(sign_in LINKS peyk_oauth)
peyk_fuzz(providers LINKS peyk_oauth)
peyk_fuzz(links LINKS peyk_media)

# The parts of the child that reads pages, without its sandbox.
set(pagereader ${CMAKE_SOURCE_DIR}/src/media/pagereader)
peyk_fuzz(page SOURCES ${pagereader}/charset.cc ${pagereader}/page.cc LINKS PkgConfig::XML2 PkgConfig::ICU)

peyk_fuzz(bodies LINKS peyk_storage)
peyk_fuzz(event_row LINKS peyk_rooms)
peyk_fuzz(event LINKS peyk_core)
peyk_fuzz(filter LINKS peyk_sync)
peyk_fuzz(glob LINKS peyk_push)
peyk_fuzz(registration LINKS peyk_appservices)
