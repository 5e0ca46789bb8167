import CMaxMindDB
import Enrichment
import Glibc
import RiskModel

/// libmaxminddb's own look-up and decoder.
final class Oracle {
    private let handle = UnsafeMutablePointer<MMDB_s>.allocate(capacity: 1)

    struct OpenError: Error { var status: CInt }

    init(path: String) throws {
        let status = MMDB_open(path, UInt32(MMDB_MODE_MMAP), handle)
        guard status == MMDB_SUCCESS else {
            handle.deallocate()
            throw OpenError(status: status)
        }
    }

    deinit {
        MMDB_close(handle)
        handle.deallocate()
    }

    /// The position in the data section of the record of `address`; `nil` where there is none.
    func position(of address: IPAddress) -> Int? { entry(of: address).map { Int($0.offset) } }

    func place(of address: IPAddress, kind: DatabaseKind) -> Place {
        var place = Place()
        guard let entry = entry(of: address) else { return place }
        switch kind {
        case .city, .country:
            let code = text(entry, "country", "iso_code") ?? text(entry, "registered_country", "iso_code")
            place.country = code.flatMap { CountryCode($0) } ?? .unknown
            place.subdivision = text(entry, "subdivisions", "0", "iso_code").flatMap { SubdivisionCode($0) } ?? .unknown
            if let latitude = value(entry, "location", "latitude"),
                let longitude = value(entry, "location", "longitude")
            {
                place.latitude = Float(latitude.double_value)
                place.longitude = Float(longitude.double_value)
                place.hasLocation = true
            }
            place.accuracyRadiusKilometres = value(entry, "location", "accuracy_radius")?.uint16 ?? 0
            if isTrue(entry, "traits", "is_anycast") { place.flags.insert(.anycast) }
            if isTrue(entry, "traits", "is_satellite_provider") { place.flags.insert(.satellite) }
            if isTrue(entry, "traits", "is_anonymous_proxy") { place.flags.insert(.anonymous) }
            if text(entry, "traits", "connection_type") == "Cellular" { place.flags.insert(.cellular) }
            if text(entry, "traits", "connection_type") == "Satellite" { place.flags.insert(.satellite) }
        case .asn:
            place.asn = value(entry, "autonomous_system_number")?.uint32 ?? 0
        case .anonymousIP:
            if isTrue(entry, "is_anonymous") { place.flags.insert(.anonymous) }
            if isTrue(entry, "is_anonymous_vpn") { place.flags.insert(.vpn) }
            if isTrue(entry, "is_hosting_provider") { place.flags.insert(.hosting) }
            if isTrue(entry, "is_public_proxy") { place.flags.insert(.publicProxy) }
            if isTrue(entry, "is_tor_exit_node") { place.flags.insert(.tor) }
            if isTrue(entry, "is_residential_proxy") { place.flags.insert(.residentialProxy) }
        case .connectionType:
            if text(entry, "connection_type") == "Cellular" { place.flags.insert(.cellular) }
            if text(entry, "connection_type") == "Satellite" { place.flags.insert(.satellite) }
        }
        return place
    }

    func owner(of address: IPAddress) -> String {
        entry(of: address).flatMap { text($0, "autonomous_system_organization") } ?? ""
    }

    private func entry(of address: IPAddress) -> MMDB_entry_s? {
        var status: CInt = 0
        var result: MMDB_lookup_result_s
        if address.isV4 {
            var socket = sockaddr_in()
            socket.sin_family = sa_family_t(AF_INET)
            socket.sin_addr.s_addr = address.v4Bits.bigEndian
            result = withUnsafePointer(to: &socket) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { MMDB_lookup_sockaddr(handle, $0, &status) }
            }
        } else {
            var socket = sockaddr_in6()
            socket.sin6_family = sa_family_t(AF_INET6)
            withUnsafeMutableBytes(of: &socket.sin6_addr) {
                $0.storeBytes(of: address.high.bigEndian, as: UInt64.self)
                $0.storeBytes(of: address.low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            result = withUnsafePointer(to: &socket) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { MMDB_lookup_sockaddr(handle, $0, &status) }
            }
        }
        return status == MMDB_SUCCESS && result.found_entry ? result.entry : nil
    }

    private func value(_ entry: MMDB_entry_s, _ path: String...) -> MMDB_entry_data_s? { value(entry, path) }

    private func value(_ entry: MMDB_entry_s, _ path: [String]) -> MMDB_entry_data_s? {
        var entry = entry
        var data = MMDB_entry_data_s()
        var keys: [UnsafePointer<CChar>?] = path.map { UnsafePointer(strdup($0)) }
        keys.append(nil)
        defer { for key in keys { free(UnsafeMutablePointer(mutating: key)) } }
        return MMDB_aget_value(&entry, &data, &keys) == MMDB_SUCCESS && data.has_data ? data : nil
    }

    private func text(_ entry: MMDB_entry_s, _ path: String...) -> String? {
        value(entry, path).map {
            String(decoding: UnsafeRawBufferPointer(start: $0.utf8_string, count: Int($0.data_size)), as: UTF8.self)
        }
    }

    private func isTrue(_ entry: MMDB_entry_s, _ path: String...) -> Bool { value(entry, path)?.boolean ?? false }
}
