import Enrichment

extension OperatorList {
    /// A list that was made without a file.
    init(name: String, entries: Entries) {
        let content: [UInt8] = []
        self.init(name: name, entries: entries, fingerprint: Fingerprint(of: content.span))
    }
}
