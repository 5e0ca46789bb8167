/// What a database says of an address.
package enum DatabaseKind: String, CaseIterable, Sendable {
    /// Country, subdivision, coordinates. Enterprise databases count as City.
    case city
    case country
    /// Network number and owner. ISP databases count as ASN.
    case asn
    case anonymousIP = "anonymous_ip"
    case connectionType = "connection_type"

    /// Recognises the `database_type` of a database's metadata, whoever made it.
    ///
    /// The words of the type decide, not its beginning: `GeoLite2-City`, `GeoIP2-City-Europe`, `DBIP-City-Lite`.
    /// Vendors that sell ISP data together with places name the compatible type behind it, `DBIP-Location-ISP
    /// (compat=Enterprise)`: so places win.
    package init?(databaseType: String) {
        let words = Set(databaseType.lowercased().split { !$0.isLetter && !$0.isNumber })
        if words.contains("anonymous") {
            self = .anonymousIP
        } else if words.contains("connection") {
            self = .connectionType
        } else if words.contains("city") || words.contains("enterprise") {
            self = .city
        } else if words.contains("asn") || words.contains("isp") {
            self = .asn
        } else if words.contains("country") {
            self = .country
        } else {
            return nil
        }
    }
}
