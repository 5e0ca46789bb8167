/// The lists that stand beside the events: what an operator would know, and no more.
enum OperatorLists {
    /// Beginnings of numbers that receive messages for anybody; invented.
    static let phonePrefixes = ["+447", "+4479", "+6285", "+7958", "+8416", "+234901", "+5511", "+1332"].map {
        $0 + "00"
    }
    /// Providers of mailboxes for ten minutes; invented.
    static let mailDomains = [
        "tempbox.example", "tenminutes.example", "trashpost.example", "mailburn.example", "quickinbox.example",
        "nospamhere.example", "onceonly.example", "vanishmail.example",
    ]
    /// Such providers that no list has yet.
    static let unlistedMailDomains = ["freshpost.example", "newdrop.example"]

    /// Files by name.
    static func files(_ world: World) -> [(name: String, text: String)] {
        let hosting = world.networks.filter { $0.kind == .hosting || $0.kind == .vpn }
        return [
            (
                "unsupported_regions.txt",
                list(
                    "country", "Regions that the simulated service does not serve.",
                    Geography.unsupported.map { "\($0) 2023-03-01" })
            ),
            (
                "hosting_asns.txt",
                list(
                    "asn", "The larger hosting networks of the simulated world.",
                    hosting.prefix(10).map { "AS\($0.number)  # \($0.owner)" })
            ),
            ("disposable_phones.txt", list("prefix", "Numbers that receive messages for anybody.", phonePrefixes)),
            ("disposable_domains.txt", list("domain", "Mailboxes for ten minutes.", mailDomains)),
        ]
    }

    private static func list(_ type: String, _ comment: String, _ entries: [String]) -> String {
        "# \(comment)\ntype: \(type)\n\n" + entries.map { $0 + "\n" }.joined()
    }
}
