internal import Foundation
internal import GRDB
package import RiskModel

extension StoreReader {
    /// Tables with rows of an account, and the column that names it.
    private static let tablesOfAccounts = [
        ("accounts", "account"), ("contributions", "account"), ("signals", "account"), ("alerts", "account"),
        ("campaign_members", "account"), ("verdicts", "account"), ("audit", "subject"),
    ]

    /// All rows of an account, table by table, each column under its name; and lines of the quarantine that speak of it.
    ///
    /// - Parameter names: all the names that rows may have for it.
    package func everything(about names: [String]) throws(StoreError) -> [(table: String, rows: [JSONObject])] {
        try read { db in
            let marks = names.map { _ in "?" }.joined(separator: ",")
            var tables = try Self.tablesOfAccounts.map { table, column in
                let rows = try Row.fetchAll(
                    db, sql: "SELECT * FROM \(table) WHERE \(column) IN (\(marks))",
                    arguments: StatementArguments(names))
                return (table: table, rows: rows.map(JSONObject.init))
            }
            let searches = names.map { NameSearch($0) }
            let lines = try Row.fetchCursor(db, sql: "SELECT * FROM quarantine")
            var found: [JSONObject] = []
            while let line = try lines.next() {
                let bytes: [UInt8] = Array(try line.value("bytes") as Data)
                let isNamed = searches.contains { search in
                    search.ranges(in: bytes.span).contains { search.isWord($0, in: bytes.span) }
                }
                if isNamed { found.append(JSONObject(line)) }
            }
            tables.append((table: "quarantine", rows: found))
            return tables
        }
    }
}

extension JSONObject {
    /// Every column of a row; bytes as a text where they are one, else as hexadecimal digits.
    fileprivate init(_ row: Row) {
        self.init()
        for (column, value) in row {
            switch value.storage {
            case .null: add(column, json: nil)
            case .int64(let number): add(column, Int(number))
            case .double(let number): add(column, number)
            case .string(let text): add(column, text)
            case .blob(let data):
                let text = String(validating: data, as: UTF8.self)
                add(column, text ?? data.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined())
            }
        }
    }
}
