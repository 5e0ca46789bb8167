internal import CPCRE2

/// A regular expression as Perl has them, over bytes, whose work is bounded; PCRE2 without its compiler to machine code,
/// which would need memory that is writable and executable.
///
/// It remembers the last match, and so is for one thread at a time.
@safe package final class RegularExpression {
    /// The longest expression in bytes.
    package static let maximumBytes = 1024
    /// The longest text that is searched; in a longer one nothing is found.
    package static let maximumTextBytes = 8192
    /// How often one search may take back what it has tried; beyond that, nothing is found.
    package static let maximumSteps: UInt32 = 20_000

    // SAFETY: made by `init`, freed by `deinit`, given to nobody.
    private let pattern: OpaquePointer
    /// What each text in which something is found begins with, as far as that is plain to see.
    private let prefix: [UInt8]

    /// - Throws: what PCRE2 says of a text that is no expression.
    package init(_ text: String) throws(RegularExpressionFault) {
        var fault = banrisk_pattern_fault()
        let bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumBytes else {
            throw RegularExpressionFault(message: "longer than \(Self.maximumBytes) bytes", offset: Self.maximumBytes)
        }
        // SAFETY: the pointer and the count are of one array, which lives during the call; `fault` outlives it too.
        let pattern = unsafe bytes.withUnsafeBufferPointer {
            unsafe banrisk_pattern_compile($0.baseAddress, UInt(bytes.count), Self.maximumSteps, &fault)
        }
        guard let pattern = unsafe pattern else {
            // SAFETY: the message ends in NUL within the array, and is copied.
            let message = unsafe withUnsafeBytes(of: &fault.message) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw RegularExpressionFault(message: message, offset: Int(fault.offset))
        }
        unsafe self.pattern = pattern
        prefix = Self.literalPrefix(of: bytes)
    }

    deinit { unsafe banrisk_pattern_free(pattern) }

    /// The names of its groups, in alphabetical order.
    package var groupNames: [String] {
        var names: [String] = []
        // SAFETY: the names end in NUL, live as long as the pattern, and are copied.
        while let name = unsafe banrisk_pattern_group_name(pattern, UInt32(names.count)) {
            names.append(unsafe String(cString: name))
        }
        return names
    }

    /// The number of a named group.
    package func group(named name: String) -> Int? {
        // SAFETY: the name is a C string for the length of the call.
        let number = unsafe banrisk_pattern_group(pattern, name)
        return number > 0 ? Int(number) : nil
    }

    /// Whether something is found in the text; ``range(of:)`` then says where.
    package func search(_ text: Span<UInt8>) -> Bool {
        guard text.count >= prefix.count, text.count <= Self.maximumTextBytes else { return false }
        for i in prefix.indices where text[i] != prefix[i] { return false }
        // SAFETY: the pointer and the count are of one buffer, which lives during the call.
        return unsafe text.withUnsafeBufferPointer {
            unsafe banrisk_pattern_search(pattern, $0.baseAddress, UInt($0.count)) != 0
        }
    }

    /// Where a group stands in the text that was searched last, with success; `nil` where it had no part in that.
    package func range(of group: Int) -> Range<Int>? {
        let pairs = unsafe banrisk_pattern_pairs(pattern)
        guard group < pairs else { return nil }
        var begin: UInt = 0
        var end: UInt = 0
        // SAFETY: the group is one of the pattern's; both places outlive the call.
        unsafe banrisk_pattern_range(pattern, UInt32(group), &begin, &end)
        guard begin <= end, end < .max else { return nil }
        return Int(begin)..<Int(end)
    }

    /// The plain characters behind a leading `^`. None where the expression may have alternatives outside of groups or begins
    /// with something special: then nothing is known.
    private static func literalPrefix(of bytes: [UInt8]) -> [UInt8] {
        guard bytes.first == UInt8(ascii: "^"), !hasOuterAlternatives(bytes) else { return [] }
        var prefix: [UInt8] = []
        for byte in bytes.dropFirst() {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: ":"), UInt8(ascii: "/"),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                prefix.append(byte)
                continue
            case UInt8(ascii: "?"), UInt8(ascii: "*"), UInt8(ascii: "{"):
                // The last character need not be there.
                _ = prefix.popLast()
            default: break
            }
            break
        }
        return prefix
    }

    /// Whether a `|` may stand outside of groups; what is quoted or a comment is not looked into.
    private static func hasOuterAlternatives(_ bytes: [UInt8]) -> Bool {
        var depth = 0
        var i = 0
        while i < bytes.count {
            switch bytes[i] {
            case UInt8(ascii: "\\"):
                i += 1
                if i < bytes.count, bytes[i] == UInt8(ascii: "Q") { return true }
            case UInt8(ascii: "("):
                depth += 1
                if bytes[i...].starts(with: Array("(?#".utf8)) { return true }
            case UInt8(ascii: ")"): depth -= 1
            case UInt8(ascii: "|"): if depth == 0 { return true }
            case UInt8(ascii: "["):
                // A bracket that comes first is of the class.
                i += 1
                if i < bytes.count, bytes[i] == UInt8(ascii: "^") { i += 1 }
                if i < bytes.count, bytes[i] == UInt8(ascii: "]") { i += 1 }
                while i < bytes.count, bytes[i] != UInt8(ascii: "]") {
                    if bytes[i] == UInt8(ascii: "[") { return true }
                    i += bytes[i] == UInt8(ascii: "\\") ? 2 : 1
                }
            default: break
            }
            i += 1
        }
        return false
    }
}

/// Why a text is no regular expression.
package struct RegularExpressionFault: Error, Sendable, Hashable {
    /// PCRE2's words.
    package let message: String
    /// Where in the text, in bytes.
    package let offset: Int
}
