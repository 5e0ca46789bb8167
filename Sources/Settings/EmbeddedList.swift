/// An operator list that ships with the program, as text.
package struct EmbeddedList: Sendable {
    /// The name that rules use.
    package var name: String
    package var text: String

    /// The lists in force where the configuration names none.
    package static let all = [
        EmbeddedList("hosting_asns", PackageResources.hosting_asns_txt),
        EmbeddedList("unsupported_regions", PackageResources.unsupported_regions_txt),
        EmbeddedList("disposable_domains", PackageResources.disposable_domains_txt),
        EmbeddedList("disposable_phones", PackageResources.disposable_phones_txt),
        EmbeddedList("risky_bins", PackageResources.risky_bins_txt),
    ]

    private init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        text = String(decoding: bytes, as: UTF8.self)
    }
}
