internal import RiskModel

/// Why a database could not be opened, or a set of databases and lists not be put in force.
package enum DatabaseError: Error, Hashable, Sendable {
    case missing(path: String)
    case unreadable(path: String, reason: String)
    case notAFile(path: String)
    case tooLarge(path: String, bytes: Int)
    /// Somebody wrote to the file meanwhile: what was read may be of two contents. It is worth another try.
    case changedWhileRead(path: String)
    /// The file is damaged, incomplete, or no MaxMind DB at all.
    case malformed(path: String, detail: String)
    /// A sound MaxMind DB of a type that says nothing banrisk knows.
    case unknownType(path: String, type: String)
    /// Another version of the format, or a record size that the format does not have.
    case unsupportedFormat(path: String)
}

extension DatabaseError: CustomStringConvertible {
    /// What is wrong, and what would be right.
    package var description: String {
        switch self {
        case .missing(let path):
            "\(path): no such file; give the path of a MaxMind DB (.mmdb)"
        case .unreadable(let path, let reason):
            "\(path): cannot be read (\(reason)); the service's user needs read permission"
        case .notAFile(let path):
            "\(path): not a regular file; give the path of a MaxMind DB (.mmdb)"
        case .tooLarge(let path, let bytes):
            "\(path): \(bytes) bytes, more than the limit of \(GeoDatabase.maximumBytes); give a smaller edition"
        case .changedWhileRead(let path):
            "\(path): changed while it was read; move a new file into place whole, or wait until it is written"
        case .malformed(let path, let detail):
            "\(path): not a sound MaxMind DB: \(detail); fetch the file again and move it into place whole"
        case .unknownType(let path, let type):
            "\(path): database type \(JSONText.quote(type)) is not known; known are City, Enterprise, Country, ASN, ISP, "
                + "Anonymous-IP and Connection-Type, of any vendor"
        case .unsupportedFormat(let path):
            "\(path): not format version 2.x of MaxMind DB with records of 24, 28 or 32 bits; fetch a current edition"
        }
    }
}
