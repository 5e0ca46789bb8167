internal import Store

/// Alerts behind a cursor, from whichever database stands at a path: one that is missing, migrated, busy or replaced is
/// waited for.
struct AlertSource {
    /// What a look at the database gave.
    enum Reading {
        /// Alerts in order of their numbers, never empty.
        case alerts([AlertFacts])
        case nothing
        /// It cannot be read now.
        case unreadable(StoreError)
        /// Other alerts than before count as new; look again.
        case changed(AlertCursor.History)
    }

    let path: String
    private(set) var cursor: AlertCursor
    /// Whether the place to begin at is known.
    private(set) var hasBegun: Bool
    private(set) var newest = 0
    private var reader: StoreReader?
    private var file: FileIdentity?
    private var isSettled = false
    /// The database's version at the last look that found nothing more.
    private var version: Int?

    /// - Parameter cursor: `nil` for a sink that was never seen before.
    init(path: String, cursor: AlertCursor?, start: Bool) {
        self.path = path
        self.cursor = cursor ?? AlertCursor()
        hasBegun = cursor != nil || start
    }

    /// Looks for alerts behind the cursor.
    mutating func next(limit: Int) -> Reading {
        do throws(StoreError) {
            return try read(limit)
        } catch {
            close()
            // What a database that is not there yet will hold is all new.
            switch error {
            case .missing, .notReady: hasBegun = true
            default: break
            }
            return .unreadable(error)
        }
    }

    mutating func advance(to row: AlertFacts) { cursor.advance(to: row) }

    private mutating func close() {
        reader = nil
        file = nil
        version = nil
        isSettled = false
    }

    private mutating func read(_ limit: Int) throws(StoreError) -> Reading {
        if reader != nil, FileIdentity(path: path) != file { close() }
        if reader == nil {
            // Before opening: a file that is moved in between is noticed at the next look.
            file = FileIdentity(path: path)
            reader = try StoreReader(path: path)
        }
        guard let reader else { return .nothing }
        let now = try reader.dataVersion()
        if now == version { return .nothing }
        if !isSettled, let change = try settle(reader) { return change }
        var filter = AlertFilter()
        filter.afterID = cursor.id
        filter.newestFirst = false
        filter.limit = limit
        let rows = try reader.alerts(filter).map(AlertFacts.init)
        newest = max(newest, rows.last?.id ?? 0)
        if rows.isEmpty { version = now } else { newest = max(newest, try Self.newest(reader)?.id ?? 0) }
        return rows.isEmpty ? .nothing : .alerts(rows)
    }

    private mutating func settle(_ reader: StoreReader) throws(StoreError) -> Reading? {
        let last = try Self.newest(reader)
        newest = last?.id ?? 0
        if !hasBegun {
            if let last { cursor.advance(to: last) }
            hasBegun = true
            isSettled = true
            return .changed(.same)
        }
        let history = try cursor.settle(newest: newest) { id throws(StoreError) in
            var filter = AlertFilter()
            filter.afterID = id - 1
            filter.newestFirst = false
            filter.limit = 1
            return try reader.alerts(filter).first.flatMap { $0.id == id ? AlertFacts($0) : nil }
        }
        isSettled = history != .unknown
        switch history {
        case .same: return nil
        case .unknown: return .nothing
        case .partly, .other: return .changed(history)
        }
    }

    static func newest(_ reader: StoreReader) throws(StoreError) -> AlertFacts? {
        var filter = AlertFilter()
        filter.limit = 1
        return try reader.alerts(filter).first.map(AlertFacts.init)
    }
}
