import RiskModel

/// Makes an event of a line's fields.
struct FieldReader: Sendable {
    private(set) var scanner = LineScanner()
    /// The text of a value that was spelled with escapes.
    private var scratch: [UInt8] = []
    private let types = NameTable(EventType.allCases.map { ($0.name, $0) })
    private let outcomes = NameTable([Outcome.success, .failure].map { ($0.name, $0) })
    private let severities = NameTable<UInt8>([("low", 1), ("medium", 2), ("high", 3), ("critical", 4)])

    /// Reads one line; appends the event's texts to `text`, and leaves a part of them there after a fault.
    mutating func event(of frame: Frame, _ line: Span<UInt8>, text: inout [UInt8]) throws(Fault) -> Event {
        try scanner.scan(line)
        var event = Event()
        event.seq = frame.seq
        event.source = frame.source
        event.time = try time(line)
        guard let type = try named(.type, in: types, line, else: .unknownType) else { throw missing(.type) }
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
        if let token = scanner.token(.attributes), token.kind != .object { throw fault(.wrongType, .attributes) }
        return event
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

    private mutating func unescape(_ token: Token, _ line: Span<UInt8>) {
        scratch.removeAll(keepingCapacity: true)
        _ = scratch.append(unescaping: line.extracting(token.content))
    }
}
