internal import RiskModel

extension OperatorList {
    /// Larger files are refused.
    package static let maximumBytes = 64 << 20

    /// Reads the list at `path`; its name is the file's name without `.txt`.
    ///
    /// - Throws: every fault of the file, by line.
    package static func load(path: String) throws(ListFaults) -> OperatorList {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        let name = file.hasSuffix(".txt") ? String(file.dropLast(4)) : file
        let bytes = try read(path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ListFaults([ListFault(file: path, line: 0, message: "not UTF-8; save it as UTF-8")])
        }
        return try parse(name: name, file: path, text: text)
    }

    /// Reads a list's text. `file` is only for the faults.
    ///
    /// - Throws: every fault of the text, by line; a list with a fault is not used at all.
    package static func parse(name: String, file: String, text: String) throws(ListFaults) -> OperatorList {
        var parser = ListParser(file: file)
        if !isName(name) {
            parser.fault(
                0, "\(quoted(name)) is not a list's name; use a to z, 0 to 9 and _, for example \"hosting_asns.txt\"")
        }
        // Lines may end in CR LF, which Swift takes for one character.
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            if !words.isEmpty { parser.take(words, line: index + 1) }
        }
        let content = Array(text.utf8)
        return OperatorList(name: name, entries: try parser.finish(), fingerprint: Fingerprint(of: content.span))
    }

    private static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") || $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")
                    || $0 == UInt8(ascii: "_")
            }
    }

    private static func read(_ path: String) throws(ListFaults) -> [UInt8] {
        do throws(SourceFile.Fault) {
            return try SourceFile(path: path, maximumBytes: maximumBytes).read()
        } catch {
            let message =
                switch error {
                case .missing: "no such file"
                case .unreadable(let code): "cannot be read (errno \(code))"
                case .notAFile: "not a regular file"
                case .tooLarge(let bytes): "\(bytes) bytes, more than the limit of \(maximumBytes)"
                case .changing: "changed while it was read; move a new file into place whole"
                }
            throw ListFaults([ListFault(file: path, line: 0, message: message)])
        }
    }
}

/// Takes a list's lines, one after another, and keeps the faults.
private struct ListParser {
    /// A kind that was given but is none, or none where one was due, is told once; then the entries are not looked at.
    private enum Kind {
        case pending
        case known(ListKind)
        case unknown
    }

    let file: String
    private var kind = Kind.pending
    private var faults: [ListFault] = []
    private var networks: [IPPrefix] = []
    private var numbers: [UInt32] = []
    private var countries: [CountryEntry] = []
    private var prefixes: [PhonePrefix] = []
    private var domains: [String] = []
    private var bins: [String] = []

    init(file: String) { self.file = file }

    mutating func fault(_ line: Int, _ message: String) {
        faults.append(ListFault(file: file, line: line, message: message))
    }

    mutating func finish() throws(ListFaults) -> OperatorList.Entries {
        if case .pending = kind { fault(0, "no kind; begin with one of \(Self.kindLines)") }
        guard faults.isEmpty, case .known(let kind) = kind else { throw ListFaults(faults) }
        return switch kind {
        case .cidr: .cidr(networks)
        case .asn: .asn(numbers)
        case .country: .country(countries)
        case .prefix: .prefix(prefixes)
        case .domain: .domain(domains)
        case .bin: .bin(bins)
        }
    }

    /// Takes the words of a line that has any, without its comment.
    mutating func take(_ words: [Substring], line: Int) {
        // The address 2001:db8:: also ends in a colon.
        if words[0].hasSuffix(":"), words[0].dropLast().allSatisfy(\.isLetter) { return begin(words, line: line) }
        switch kind {
        case .known(let kind): add(words, of: kind, line: line)
        case .pending:
            fault(line, "an entry before the list's kind; begin with one of \(Self.kindLines)")
            kind = .unknown
        case .unknown: break
        }
    }

    private mutating func begin(_ words: [Substring], line: Int) {
        guard words[0] == "type:" else {
            return fault(line, "\(quoted(words[0])) is not known; the only directive is \"type:\"")
        }
        guard case .pending = kind else {
            return fault(line, "a second \"type:\"; a list has one kind, named before its entries, so make two files")
        }
        let given = words.dropFirst().joined(separator: " ")
        if let known = ListKind(rawValue: given) {
            kind = .known(known)
        } else {
            kind = .unknown
            fault(line, "\(quoted(given)) is not a kind of list; write one of \(Self.kindLines)")
        }
    }

    private mutating func add(_ words: [Substring], of kind: ListKind, line: Int) {
        guard words.count <= (kind == .country ? 3 : 1) else {
            let extra = words[kind == .country ? 3 : 1]
            return fault(line, "\(quoted(extra)) is one word too many; write one entry a line, and comments behind #")
        }
        let word = words[0]
        switch kind {
        case .cidr:
            guard let prefix = IPPrefix(String(word)) else {
                return fault(
                    line,
                    "\(quoted(word)) is not a network; write an address or CIDR without host bits, for example "
                        + "\"203.0.113.0/24\" or \"2001:db8::/32\"")
            }
            networks.append(prefix)
        case .asn:
            let digits = word.prefix(2).uppercased() == "AS" ? word.dropFirst(2) : word
            guard let number = UInt32(digits), number > 0, digits.first != "+" else {
                return fault(
                    line,
                    "\(quoted(word)) is not an AS number; write 1 to 4294967295, for example \"AS64496\" or \"64496\"")
            }
            numbers.append(number)
        case .country:
            if let entry = country(words, line: line) { countries.append(entry) }
        case .prefix:
            guard word.first == "+", let prefix = PhonePrefix(word.dropFirst()) else {
                return fault(
                    line,
                    "\(quoted(word)) is not a telephone prefix; write + and 1 to \(PhonePrefix.maximumDigits) digits "
                        + "from the country code on, for example \"+4479\"")
            }
            prefixes.append(prefix)
        case .domain:
            let domain = word.lowercased()
            guard Self.isDomain(domain) else {
                return fault(
                    line,
                    "\(quoted(word)) is not a domain; write letters, digits and hyphens with dots between, "
                        + "international names as xn--, for example \"mail.example\"")
            }
            domains.append(domain)
        case .bin:
            guard (4...8).contains(word.utf8.count),
                word.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
            else {
                return fault(
                    line, "\(quoted(word)) is not an issuer's number; write 4 to 8 digits, for example \"453201\"")
            }
            bins.append(String(word))
        }
    }

    private mutating func country(_ words: [Substring], line: Int) -> CountryEntry? {
        let code = CountryCode(String(words[0]))
        if code == nil {
            fault(
                line,
                "\(quoted(words[0])) is not a country code; two letters of ISO 3166-1, for example \"DE\"")
        }
        let dates = words.dropFirst().map { word in
            let date = Self.date(word)
            if date == nil {
                fault(line, "\(quoted(word)) is not a date; write YYYY-MM-DD, for example \"2023-03-01\"")
            }
            return date
        }
        guard let code, !dates.contains(nil) else { return nil }
        let entry = CountryEntry(
            country: code, from: dates.first.flatMap { $0 } ?? .epoch,
            until: dates.count > 1 ? dates[1] ?? .latest : .latest)
        guard entry.from < entry.until else {
            fault(
                line,
                "the entry ends before it begins; write the first day, then the first day on which it no longer holds")
            return nil
        }
        return entry
    }

    /// Midnight UTC of a day from 1970 to 9999.
    private static func date(_ text: Substring) -> Timestamp? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.map(\.count) == [4, 2, 2],
            text.allSatisfy({ $0 == "-" || $0.isASCII && $0.isNumber }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), year >= 1970,
            (1...12).contains(month)
        else { return nil }
        let days = Timestamp.daysSinceEpoch(year: year, month: month, day: day)
        guard Timestamp.civil(daysSinceEpoch: days) == (year, month, day) else { return nil }
        return Timestamp(seconds: Int64(days) * 86_400)
    }

    /// Labels of letters, digits and inner hyphens, two or more of them (RFC 1123 §2.1, RFC 1035 §2.3.4).
    private static func isDomain(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.count >= 2, text.utf8.count <= 253 else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy {
                    $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")
                        || $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")
                        || $0 == UInt8(ascii: "-")
                }
        }
    }

    private static let kindLines = ListKind.allCases.map { "\"type: \($0.rawValue)\"" }.joined(separator: ", ")
}

/// What the operator wrote, for a message: cut, and safe for a terminal.
private func quoted(_ text: some StringProtocol) -> String { JSONText.quote(String(text.prefix(48))) }
