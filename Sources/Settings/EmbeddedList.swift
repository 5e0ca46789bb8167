/// An operator list that ships with the program, as text.
package struct EmbeddedList: Sendable {
    /// The name that rules use.
    package var name: String
    package var text: String

    /// The lists in force where the configuration names none.
    package static let all = [
        EmbeddedList(name: "hosting_asns", text: String(decoding: PackageResources.hosting_asns_txt, as: UTF8.self)),
        EmbeddedList(
            name: "unsupported_regions",
            text: String(decoding: PackageResources.unsupported_regions_txt, as: UTF8.self)),
    ]
}
