import RiskModel

/// Makes an event of a line's fields.
struct FieldReader: Sendable {
    private(set) var scanner = LineScanner()
    /// The text of a value that was spelled with escapes.
    private var scratch: [UInt8] = []
    private let types = NameTable(EventType.allCases.map { ($0.name, $0) })
    private let outcomes = NameTable([Outcome.success, .failure].map { ($0.name, $0) })
    private let attributes: [[UInt8]]
    private let severities = NameTable<UInt8>([("low", 1), ("medium", 2), ("high", 3), ("critical", 4)])

    /// - Parameter attributes: The attributes that the rules ask for, by slot.
    init(attributes: [String]) { self.attributes = attributes.map { Array($0.utf8) } }

    /// Reads one line; appends the event's texts to `text`, and leaves a part of them there after a fault.
    mutating func event(of frame: Frame, _ line: Span<UInt8>, text: inout [UInt8]) throws(Fault) -> Event {
        var event = Event()
        try read(&event, of: frame, line, text: &text)
        return event
    }

    /// Reads one line into a new event, in its place: it is large, and copied nowhere.
    mutating func read(
        _ event: inout Event, of frame: Frame, _ line: Span<UInt8>, text: inout [UInt8]
    ) throws(Fault) {
        try scanner.scan(line)
        event.seq = frame.seq
        event.source = frame.source
        event.time = try time(line)
        guard let type = try named(.type, in: types, line, else: .unknownType) else { throw missing(.type) }
        guard (type == .verdict) == (frame.source == .verdict) else { throw fault(.unknownType, .type) }
        event.type = type
        event.outcome = try named(.outcome, in: outcomes, line) ?? .unknown
        event.account = try slice(.account, line, into: &text)
        let isUnknownUser = event.type == .login && event.outcome == .failure
        if event.account.isEmpty, !isUnknownUser { throw missing(.account) }
        if let address = try value(.address, line, { IPAddress(ascii: $0) }) {
            // `::` is the value that stands for "no address".
            guard address != .none else { throw fault(.invalidValue, .address) }
            event.address = address
        } else if event.type.requiresAddress {
            throw missing(.address)
        }
        event.id = try slice(.id, line, into: &text)
        event.device = try slice(.device, line, into: &text)
        event.email = try slice(.email, line, into: &text)
        event.phone = try slice(.phone, line, into: &text)
        event.card = try slice(.card, line, into: &text)
        if !event.card.isEmpty, CardNumber.matches(text.span.extracting(event.card.range)) {
            throw fault(.invalidValue, .card)
        }
        event.apiKey = try slice(.apiKey, line, into: &text)
        event.session = try slice(.session, line, into: &text)
        event.username = try slice(.username, line, into: &text)
        event.userAgent = try slice(.userAgent, line, into: &text)
        event.language = try slice(.language, line, into: &text)
        event.cardCountry = try value(.cardCountry, line, { CountryCode(ascii: $0) }) ?? .unknown
        event.severity = try severity(line)
        if let token = scanner.token(.attributes) {
            guard token.kind == .object else { throw fault(.wrongType, .attributes) }
            if !attributes.isEmpty { try readAttributes(token, line, of: &event, into: &text) }
        }
        event.cardBin = try cardBin(line, of: event.card, into: &text)
        if type == .verdict { event.verdict = try verdict(line, into: &text) }
    }

    // MARK: Faults

    private func missing(_ field: LineField) -> Fault { Fault(.missingField, at: 0, field: field) }

    /// A fault of a field that is present, at its value.
    private func fault(_ reason: RejectionReason, _ field: LineField) -> Fault {
        Fault(reason, at: scanner.token(field)?.position ?? 0, field: field)
    }

    // MARK: Fields

    private mutating func time(_ line: Span<UInt8>) throws(Fault) -> Timestamp {
        guard let token = scanner.token(.time) else { throw missing(.time) }
        do throws(TimeFault) {
            switch token.kind {
            case .integer, .number: return try Timestamp(number: line.extracting(token.range))
            case .string: return try Timestamp(rfc3339: line.extracting(token.content))
            case .escapedString:
                unescape(token, line)
                return try Timestamp(rfc3339: scratch.span)
            default: break
            }
        } catch {
            switch error {
            case .unreadable: throw fault(.invalidValue, .time)
            case .outOfRange: throw fault(.timeOutOfRange, .time)
            }
        }
        throw fault(.wrongType, .time)
    }

    private mutating func severity(_ line: Span<UInt8>) throws(Fault) -> UInt8 {
        guard let token = scanner.token(.severity) else { return 0 }
        guard token.kind == .integer || token.kind == .number else {
            return try named(.severity, in: severities, line) ?? 0
        }
        let digit = line[token.range.lowerBound] &- UInt8(ascii: "0")
        guard token.range.count == 1, (1...4).contains(digit) else { throw fault(.invalidValue, .severity) }
        return digit
    }

    /// The text of a field, appended to `text`; the empty slice where it is absent.
    @inline(__always)
    private func slice(_ field: LineField, _ line: Span<UInt8>, into text: inout [UInt8]) throws(Fault) -> TextSlice {
        guard let token = scanner.token(field) else { return .empty }
        let start = text.count
        switch token.kind {
        case .string: text.append(copying: line.extracting(token.content))
        case .integer where field.mayBeInteger: text.append(copying: line.extracting(token.range))
        case .escapedString:
            let hasNull = text.append(unescaping: line.extracting(token.content))
            if hasNull { throw fault(.invalidValue, field) }
        default: throw fault(.wrongType, field)
        }
        guard text.count - start <= field.maximumBytes else { throw fault(.fieldTooLong, field) }
        return TextSlice(offset: UInt32(start), count: UInt32(text.count - start))
    }

    /// What a field's text names in `table`; `nil` where the field is absent.
    @inline(__always)
    private mutating func named<Value>(
        _ field: LineField, in table: NameTable<Value>, _ line: Span<UInt8>,
        else reason: RejectionReason = .invalidValue
    ) throws(Fault) -> Value? {
        try value(field, line, else: reason) { table.value(of: $0, 0..<$0.count) }
    }

    /// What `parse` makes of a field's text; `nil` where the field is absent.
    @inline(__always)
    private mutating func value<Value>(
        _ field: LineField, _ line: Span<UInt8>, else reason: RejectionReason = .invalidValue,
        _ parse: (Span<UInt8>) -> Value?
    ) throws(Fault) -> Value? {
        guard let token = scanner.token(field) else { return nil }
        let value: Value?
        switch token.kind {
        case .string: value = parse(line.extracting(token.content))
        case .escapedString:
            unescape(token, line)
            value = parse(scratch.span)
        default: throw fault(.wrongType, field)
        }
        guard let value else { throw fault(reason, field) }
        return value
    }

    /// The values that the rules ask for: texts, numbers and truth values, as they are spelled. What is longer than a field
    /// may be, nested, or holds U+0000 is absent; of a name that comes twice the last one counts.
    private mutating func readAttributes(
        _ token: Token, _ line: Span<UInt8>, of event: inout Event, into text: inout [UInt8]
    ) throws(Fault) {
        var i = token.range.lowerBound + 1
        line.skipWhitespace(&i)
        while line[i] == UInt8(ascii: "\"") {
            let start = i + 1
            let isEscaped = try line.skipString(&i)
            scratch.removeAll(keepingCapacity: true)
            if isEscaped {
                _ = scratch.append(unescaping: line.extracting(start..<i - 1))
            } else {
                scratch.append(copying: line.extracting(start..<i - 1))
            }
            let slot = attributes.firstIndex { $0 == scratch }
            try line.skipColon(&i)
            let value = i
            try line.skipValue(&i, depth: 2)
            if let slot { event.attributes[slot] = scalar(line.extracting(value..<i), into: &text) }
            line.skipWhitespace(&i)
            guard line[i] == UInt8(ascii: ",") else { return }
            i += 1
            line.skipWhitespace(&i)
        }
    }

    /// The text of a JSON value, appended to `text`; empty where it is null, nested or too long, or holds U+0000.
    private func scalar(_ value: Span<UInt8>, into text: inout [UInt8]) -> TextSlice {
        let start = text.count
        var hasNull = false
        switch value[0] {
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "n"): return .empty
        case UInt8(ascii: "\""): hasNull = text.append(unescaping: value.extracting(1..<value.count - 1))
        default: text.append(copying: value)
        }
        guard !hasNull, text.count - start <= LineField.attributes.maximumBytes else {
            text.removeLast(text.count - start)
            return .empty
        }
        return TextSlice(offset: UInt32(start), count: UInt32(text.count - start))
    }

    /// The issuer's digits: the field of that name, or those that a masked card number shows at its beginning.
    private func cardBin(
        _ line: Span<UInt8>, of number: TextSlice, into text: inout [UInt8]
    ) throws(Fault) -> TextSlice {
        if scanner.token(.cardBin) != nil {
            let slice = try slice(.cardBin, line, into: &text)
            let digits = text.span.extracting(slice.range)
            guard (6...8).contains(digits.count), digits.indices.allSatisfy({ digits.isDigit($0) }) else {
                throw fault(.invalidValue, .cardBin)
            }
            return slice
        }
        let card = text.span.extracting(number.range)
        var digits = 0
        while digits < card.count, digits < 9, card.isDigit(digits) { digits += 1 }
        // Letters behind digits are a token; what masks a number are stars and the like.
        guard (6...8).contains(digits), digits < card.count,
            [UInt8(ascii: "*"), UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: ".")].contains(card[digits])
        else { return .empty }
        return TextSlice(offset: number.offset, count: UInt32(digits))
    }

    private mutating func verdict(_ line: Span<UInt8>, into text: inout [UInt8]) throws(Fault) -> TextSlice {
        let kind = try string(.verdict, line)
        guard let kind else { throw missing(.verdict) }
        guard let kind = Verdict.Kind(rawValue: kind) else { throw fault(.invalidValue, .verdict) }
        let until: Timestamp
        if let end = try string(.until, line) {
            let bytes = Array(end.utf8)
            guard let time = try? Timestamp(rfc3339: bytes.span) else { throw fault(.invalidValue, .until) }
            until = time
        } else {
            until = .latest
        }
        guard let why = try string(.why, line) else { throw missing(.why) }
        let verdict = Verdict(kind: kind, until: until, by: try string(.by, line) ?? "", why: why)
        let packed = verdict.packed.utf8
        let start = text.count
        text.append(contentsOf: packed)
        return TextSlice(offset: UInt32(start), count: UInt32(packed.count))
    }

    /// A field's text; `nil` where it is absent.
    private mutating func string(_ field: LineField, _ line: Span<UInt8>) throws(Fault) -> String? {
        var text: [UInt8] = []
        let slice = try slice(field, line, into: &text)
        return slice.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    private mutating func unescape(_ token: Token, _ line: Span<UInt8>) {
        scratch.removeAll(keepingCapacity: true)
        _ = scratch.append(unescaping: line.extracting(token.content))
    }
}
