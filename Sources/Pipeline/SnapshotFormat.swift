import Glibc
import RiskModel

// docs/specs/snapshot.md describes the layout byte by byte. All numbers are little-endian.

/// The beginning of a snapshot file.
struct SnapshotHeader: Equatable, Sendable {
    static let byteCount = 44
    static let version: UInt32 = 3
    /// "BRSNAPS" and a newline.
    static let magic: UInt64 = 0x0a53_5041_4e53_5242

    /// The last frame that is in the state.
    var seq: UInt64
    var hashSeed: UInt64
    /// ``RuleSet/fingerprint`` of the rules under which the state was written.
    var rules: UInt64

    var encoded: [UInt8] {
        var writer = StateWriter()
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.write(UInt32(0))
        writer.write(seq)
        writer.write(hashSeed)
        writer.write(rules)
        writer.write(CRC32C.checksum(unsafe writer.bytes.span.bytes))  // SAFETY: bytes have no padding.
        return writer.bytes
    }
}

/// What stands before each section: what it is, how long it is, and the checksum of these fields and the section.
struct SectionHeader: Equatable, Sendable {
    static let byteCount = 20
    /// The section that says that all sections are there; its partition is their number.
    static let end: UInt32 = 0
    /// The sequencer, and what the pipeline itself keeps.
    static let pipeline: UInt32 = 100

    /// A ``Stages/Part``, or one of the above.
    var part: UInt32
    var partition: UInt32
    var length: UInt64

    /// The header's bytes, with the checksum over `section`.
    func encoded(over section: Span<UInt8>) -> [UInt8] {
        var writer = StateWriter()
        writer.write(part)
        writer.write(partition)
        writer.write(length)
        writer.write(checksum(over: section))
        return writer.bytes
    }

    func checksum(over section: Span<UInt8>) -> UInt32 {
        var writer = StateWriter()
        writer.write(part)
        writer.write(partition)
        writer.write(length)
        // SAFETY: here and below, bytes have no padding.
        let seed = CRC32C.checksum(unsafe writer.bytes.span.bytes)
        return CRC32C.checksum(unsafe section.bytes, seed: seed)
    }
}

/// Why a snapshot cannot be written or used.
package enum SnapshotError: Error, Hashable, Sendable {
    /// The file is damaged, or is no snapshot; `detail` says where.
    case damaged(path: String, detail: String)
    /// A newer banrisk wrote it.
    case unsupportedVersion(path: String, version: UInt32)
    /// A system call failed.
    case system(call: String, path: String, errno: CInt)
}

extension SnapshotError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .damaged(let path, let detail): "the snapshot \(path) is damaged: \(detail)"
        case .unsupportedVersion(let path, let version):
            "the snapshot \(path) has format version \(version) and this program reads \(SnapshotHeader.version)"
        case .system(let call, let path, let code):
            // SAFETY: strerror's text is copied.
            "\(call) failed for \(path): \(unsafe String(cString: strerror(code))) (errno \(code))"
        }
    }
}
