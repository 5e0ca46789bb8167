// The least that the job needs, in C++: read lines, parse them with simdjson, place the address with libmaxminddb. No
// state, no rules, no disk. What banrisk does beyond that is to be measured against it.
//
// Usage: roofline parse|lookup|cached CITY.mmdb EVENTS. Prints one JSON object; its checksum keeps the work from being
// optimised away. One thread. `cached` has a table of 262,144 addresses in front of the database.

#include <arpa/inet.h>
#include <fcntl.h>
#include <maxminddb.h>
#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

namespace {

// What banrisk keeps of a record of the City database.
struct Place {
    char country[2] = {0, 0};
    char subdivision[3] = {0, 0, 0};
    double latitude = 0, longitude = 0;
    uint16_t accuracy = 0;
};

struct Address {
    sockaddr_storage socket{};
    uint8_t bytes[16]{};

    bool parse(std::string_view text) {
        char buffer[INET6_ADDRSTRLEN];
        if (text.size() >= sizeof buffer) return false;
        std::memcpy(buffer, text.data(), text.size());
        buffer[text.size()] = 0;
        std::memset(bytes, 0, sizeof bytes);
        if (inet_pton(AF_INET, buffer, bytes + 12) == 1) {
            auto *v4 = reinterpret_cast<sockaddr_in *>(&socket);
            v4->sin_family = AF_INET;
            std::memcpy(&v4->sin_addr, bytes + 12, 4);
            return true;
        }
        if (inet_pton(AF_INET6, buffer, bytes) != 1) return false;
        auto *v6 = reinterpret_cast<sockaddr_in6 *>(&socket);
        v6->sin6_family = AF_INET6;
        std::memcpy(&v6->sin6_addr, bytes, 16);
        return true;
    }
};

void copyText(MMDB_entry_s entry, const char *key, char *to, size_t size) {
    MMDB_entry_data_s data;
    const char *path[] = {key, nullptr};
    if (MMDB_aget_value(&entry, &data, path) != MMDB_SUCCESS || !data.has_data) return;
    if (data.type != MMDB_DATA_TYPE_UTF8_STRING) return;
    std::memcpy(to, data.utf8_string, std::min<size_t>(data.data_size, size));
}

// The map at `path` of a record.
bool find(MMDB_entry_s record, const char *const path[], MMDB_entry_s &found) {
    MMDB_entry_data_s data;
    if (MMDB_aget_value(&record, &data, path) != MMDB_SUCCESS || !data.has_data) return false;
    found = {record.mmdb, data.offset};
    return true;
}

Place look_up(const MMDB_s &database, const Address &address) {
    static const char *const country[] = {"country", nullptr}, *const registered[] = {"registered_country", nullptr},
                             *const location[] = {"location", nullptr},
                             *const subdivision[] = {"subdivisions", "0", nullptr};
    Place place;
    int error = 0;
    auto result = MMDB_lookup_sockaddr(&database, reinterpret_cast<const sockaddr *>(&address.socket), &error);
    if (error != MMDB_SUCCESS || !result.found_entry) return place;
    MMDB_entry_s part;
    if (find(result.entry, country, part) || find(result.entry, registered, part))
        copyText(part, "iso_code", place.country, 2);
    if (find(result.entry, subdivision, part)) copyText(part, "iso_code", place.subdivision, 3);
    if (find(result.entry, location, part)) {
        MMDB_entry_data_s data;
        const char *path[] = {"latitude", nullptr};
        if (MMDB_aget_value(&part, &data, path) == MMDB_SUCCESS && data.has_data) place.latitude = data.double_value;
        path[0] = "longitude";
        if (MMDB_aget_value(&part, &data, path) == MMDB_SUCCESS && data.has_data) place.longitude = data.double_value;
        path[0] = "accuracy_radius";
        if (MMDB_aget_value(&part, &data, path) == MMDB_SUCCESS && data.has_data) place.accuracy = data.uint16;
    }
    return place;
}

// One slot for each hash; a newcomer takes the place of the one before.
class Cache {
    struct Slot {
        uint8_t address[16]{};
        bool used = false;
        Place place;
    };
    std::vector<Slot> slots{262'144};

  public:
    const Place &operator()(const MMDB_s &database, const Address &address) {
        uint64_t high, low;
        std::memcpy(&high, address.bytes, 8);
        std::memcpy(&low, address.bytes + 8, 8);
        uint64_t hash = (high * 0x9e3779b97f4a7c15u ^ low) * 0xd6e8feb86659fd93u;
        Slot &slot = slots[hash >> 46];
        if (!slot.used || std::memcmp(slot.address, address.bytes, 16) != 0) {
            std::memcpy(slot.address, address.bytes, 16);
            slot.used = true;
            slot.place = look_up(database, address);
        }
        return slot.place;
    }
};

struct Totals {
    uint64_t events = 0, located = 0, checksum = 0;
};

enum class Mode { parse, lookup, cached };

void take(
    simdjson::ondemand::document_reference document, Mode mode, const MMDB_s &database, Cache &cache, Totals &totals) {
    Address address;
    bool hasAddress = false;
    for (auto field : document.get_object()) {
        std::string_view key = field.unescaped_key();
        if (key == "ip") {
            hasAddress = address.parse(field.value().get_string());
        } else {
            std::string_view text;
            if (!field.value().get_string().get(text)) totals.checksum += text.size() + uint8_t(text.back());
        }
    }
    totals.events += 1;
    if (!hasAddress || mode == Mode::parse) return;
    const Place place = mode == Mode::cached ? cache(database, address) : look_up(database, address);
    totals.located += place.country[0] != 0;
    totals.checksum += uint64_t(place.latitude * 1000) + uint64_t(place.longitude * 1000) + place.accuracy;
}

}  // namespace

int main(int count, char **arguments) {
    const std::string_view name = count == 4 ? arguments[1] : "";
    if (name != "parse" && name != "lookup" && name != "cached") {
        std::fprintf(stderr, "usage: roofline parse|lookup|cached CITY.mmdb EVENTS\n");
        return 64;
    }
    const Mode mode = name == "parse" ? Mode::parse : name == "lookup" ? Mode::lookup : Mode::cached;
    MMDB_s database;
    if (MMDB_open(arguments[2], MMDB_MODE_MMAP, &database) != MMDB_SUCCESS) return std::perror(arguments[2]), 74;
    const int file = open(arguments[3], O_RDONLY);
    if (file < 0) return std::perror(arguments[3]), 74;

    constexpr size_t chunk = 1 << 20;
    std::vector<char> buffer(2 * chunk + simdjson::SIMDJSON_PADDING);
    simdjson::ondemand::parser parser;
    Cache cache;
    Totals totals;
    size_t kept = 0;
    ssize_t got;
    while ((got = read(file, buffer.data() + kept, chunk)) > 0) {
        const size_t filled = kept + size_t(got);
        const char *end = static_cast<const char *>(memrchr(buffer.data(), '\n', filled));
        const size_t whole = end ? size_t(end - buffer.data()) + 1 : 0;
        if (whole > 0) {
            simdjson::ondemand::document_stream documents = parser.iterate_many(buffer.data(), whole, whole);
            for (auto document : documents) take(document.value(), mode, database, cache, totals);
        }
        kept = filled - whole;
        if (kept > chunk) return std::fprintf(stderr, "a line is too long\n"), 65;
        std::memmove(buffer.data(), buffer.data() + whole, kept);
    }
    std::printf(
        "{\"events\":%lu,\"located\":%lu,\"checksum\":%lu}\n", totals.events, totals.located, totals.checksum);
}
