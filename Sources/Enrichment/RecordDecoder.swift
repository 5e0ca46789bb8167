internal import RiskModel

/// Makes places of a database's records, and collects the names of the networks' owners.
struct RecordDecoder {
    let kind: DatabaseKind
    /// Names in order of their first use; index 0 is "unknown".
    private(set) var owners: [String] = [""]
    private var ownerIndex: [String: UInt32] = [:]
    /// Records with coordinates beyond the globe or with a country that is not two letters.
    private(set) var implausibleRecords = 0

    /// Longer names are cut: a file cannot make us keep more than this for each record.
    static let maximumOwnerBytes = 256

    init(kind: DatabaseKind) { self.kind = kind }

    /// What the record at `position` of the data section says; fields that the kind does not have stay unknown.
    mutating func place(in data: Span<UInt8>, at position: Int) throws(MalformedDatabase) -> Place {
        var reader = RecordReader()
        var place = Place()
        switch kind {
        case .city, .country:
            if try !locate(&place, &reader, data, position) { implausibleRecords += 1 }
        case .asn:
            if let number = try reader.number("autonomous_system_number", in: data, at: position) {
                place.asn = UInt32(exactly: number) ?? 0
            }
            if let name = try reader.text("autonomous_system_organization", in: data, at: position) {
                place.owner = owner(named: data, name)
            }
        case .anonymousIP:
            for (key, flag) in Self.anonymousFlags where try reader.isTrue(key, in: data, at: position) {
                place.flags.insert(flag)
            }
        case .connectionType:
            place.flags = try connection(&reader, data, position)
        }
        return place
    }

    /// Takes over what is in range. Returns whether everything was.
    private func locate(
        _ place: inout Place, _ reader: inout RecordReader, _ data: Span<UInt8>, _ record: Int
    ) throws(MalformedDatabase) -> Bool {
        var isPlausible = true
        // A City database has hundreds of thousands of records, each of which is read once from its beginning to its end.
        let parts = try reader.find(
            ["country", "registered_country", "subdivisions", "location", "traits"], in: data, at: record)
        for i in 0..<2 where parts[i] >= 0 && place.country == .unknown {
            if let code = try reader.text("iso_code", in: data, at: parts[i]) {
                place.country = CountryCode(ascii: data.extracting(code)) ?? .unknown
                if place.country == .unknown { isPlausible = false }
            }
        }
        if parts[2] >= 0, let largest = try reader.first(in: data, at: parts[2]),
            let code = try reader.text("iso_code", in: data, at: largest), code.count <= 4
        {
            place.subdivision = SubdivisionCode(String(copying: data.extracting(code))) ?? .unknown
        }
        if parts[3] >= 0 {
            let values = try reader.find(["latitude", "longitude", "accuracy_radius"], in: data, at: parts[3])
            if let latitude = try reader.real(in: data, at: values[0]),
                let longitude = try reader.real(in: data, at: values[1])
            {
                if abs(latitude) <= 90, abs(longitude) <= 180 {
                    place.latitude = Float(latitude)
                    place.longitude = Float(longitude)
                    place.hasLocation = true
                } else {
                    isPlausible = false
                }
            }
            if let radius = try reader.number(in: data, at: values[2]) {
                place.accuracyRadiusKilometres = UInt16(clamping: radius)
            }
        }
        if parts[4] >= 0 {
            for (key, flag) in Self.traitFlags where try reader.isTrue(key, in: data, at: parts[4]) {
                place.flags.insert(flag)
            }
            place.flags.formUnion(try connection(&reader, data, parts[4]))
        }
        return isPlausible
    }

    private func connection(
        _ reader: inout RecordReader, _ data: Span<UInt8>, _ map: Int
    ) throws(MalformedDatabase) -> NetworkFlags {
        guard let name = try reader.text("connection_type", in: data, at: map), name.count <= 16 else { return [] }
        switch String(copying: data.extracting(name)) {
        case "Cellular": return .cellular
        case "Satellite": return .satellite
        default: return []
        }
    }

    private mutating func owner(named data: Span<UInt8>, _ range: Range<Int>) -> UInt32 {
        let name = String(copying: data.extracting(range.prefix(Self.maximumOwnerBytes)))
        if name.isEmpty { return 0 }
        if let index = ownerIndex[name] { return index }
        let index = UInt32(owners.count)
        owners.append(name)
        ownerIndex[name] = index
        return index
    }

    private static let anonymousFlags: [(key: StaticString, flag: NetworkFlags)] = [
        ("is_anonymous", .anonymous), ("is_anonymous_vpn", .vpn), ("is_hosting_provider", .hosting),
        ("is_public_proxy", .publicProxy), ("is_tor_exit_node", .tor), ("is_residential_proxy", .residentialProxy),
    ]

    private static let traitFlags: [(key: StaticString, flag: NetworkFlags)] = [
        ("is_anycast", .anycast), ("is_satellite_provider", .satellite), ("is_anonymous_proxy", .anonymous),
    ]
}
