import RiskModel

/// A mapping that is being read. It remembers what was asked for, so the keys that are known are listed nowhere twice.
final class Section {
    typealias Entry = (key: String, position: Position?, cursor: Cursor)

    /// Where the mapping belongs, for messages: ` in "spool"`; empty for the whole of a file.
    var scope: String
    private let cursor: Cursor
    private let entries: [Entry]
    private var asked: [String] = []
    private var acceptsAnything = false

    init(_ cursor: Cursor, entries: [Entry]) {
        self.cursor = cursor
        self.entries = entries
        scope = " in \(cursor.label)"
    }

    /// The value under the key, or `nil` where the mapping has no such key.
    subscript(key: String) -> Cursor? {
        if !asked.contains(key) { asked.append(key) }
        return entries.first { $0.key == key }?.cursor
    }

    /// The values whose keys begin so, each with the rest of its key.
    func values(prefix: String) -> [(name: String, cursor: Cursor)] {
        asked.append(prefix + "NAME")
        return entries.filter { $0.key.hasPrefix(prefix) }.map { entry in
            asked.append(entry.key)
            return (String(entry.key.dropFirst(prefix.count)), entry.cursor)
        }
    }

    /// The value under a key that must be there; `form` says what to write.
    func required(_ key: String, _ form: String) -> Cursor? {
        if let cursor = self[key] { return cursor }
        note("the key \(JSONText.quote(key)) is missing\(scope); give \(form)")
        return nil
    }

    /// Notes a fault of a key, where the mapping has it, that somebody may well try and that is not for here.
    func refuse(_ key: String, _ message: String) {
        guard let entry = entries.first(where: { $0.key == key }) else { return }
        asked.append(key)
        cursor.log.note(message, at: entry.position)
    }

    /// Notes a fault of the mapping as a whole.
    func note(_ message: String) { cursor.note(message) }

    /// Leaves unknown keys alone: what is known cannot be told.
    func acceptAnything() { acceptsAnything = true }

    func noteUnknownKeys() {
        if acceptsAnything { return }
        for entry in entries where !asked.contains(entry.key) {
            let suggestion = Suggestion.text(for: entry.key, among: asked)
            cursor.log.note("unknown key \(JSONText.quote(entry.key))\(scope); \(suggestion)", at: entry.position)
        }
    }
}
