// Public for the compiler: only so does it inline across modules (docs/decisions/0016-public-for-the-optimiser.md).
// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

/// What happened.
public enum EventType: UInt8, Sendable, CaseIterable {
    case registration, login, logout, apiCall, payment, policyViolation, message
    /// An analyst's word. Comes from the daemon's own people, never from a shipper.
    case verdict

    /// What shippers report.
    public static let reported = allCases.filter { $0 != .verdict }

    /// The word in events, rules and tables.
    public var name: String {
        switch self {
        case .registration: "registration"
        case .login: "login"
        case .logout: "logout"
        case .apiCall: "api_call"
        case .payment: "payment"
        case .policyViolation: "policy_violation"
        case .message: "message"
        case .verdict: "verdict"
        }
    }

    /// Whether an event of this type must say from which address it came.
    public var requiresAddress: Bool {
        switch self {
        case .registration, .login, .apiCall, .payment: true
        case .logout, .policyViolation, .message, .verdict: false
        }
    }
}

/// How it ended, where the event says so.
public enum Outcome: UInt8, Sendable, CaseIterable {
    case unknown, success, failure

    public var name: String {
        switch self {
        case .unknown: "unknown"
        case .success: "success"
        case .failure: "failure"
        }
    }
}

/// A piece of text in the arena of an ``EventBatch``: UTF-8, valid. Empty where the field is absent.
public struct TextSlice: Hashable, Sendable {
    public var offset: UInt32
    public var count: UInt32

    @inlinable
    public init(offset: UInt32, count: UInt32) {
        self.offset = offset
        self.count = count
    }

    @inlinable public static var empty: TextSlice { TextSlice(offset: 0, count: 0) }
    @inlinable public var isEmpty: Bool { count == 0 }
    @inlinable public var range: Range<Int> { Int(offset)..<Int(offset) + Int(count) }
}

/// A decoded, validated fact. A plain value without references; its texts stand in its batch's arena.
public struct Event: Sendable {
    public var seq: UInt64 = 0
    public var time: Timestamp = .epoch
    /// The event's number in the order in which the folds see events, from 1; set when its turn has come.
    public var order: UInt64 = 0
    /// The highest event time up to and including this event, in that order; set when its turn has come.
    public var watermark: Timestamp = .epoch
    /// ``IPAddress/none`` where the event has no address.
    public var address: IPAddress = .none
    public var place = Place()
    /// Bit *i* is set where the operator list with index *i* names something of this event.
    public var listed: UInt64 = 0

    public var id: TextSlice = .empty
    /// Empty only for a failed login with an unknown user name.
    public var account: TextSlice = .empty
    public var device: TextSlice = .empty
    public var email: TextSlice = .empty
    public var phone: TextSlice = .empty
    public var card: TextSlice = .empty
    public var apiKey: TextSlice = .empty
    public var session: TextSlice = .empty
    public var username: TextSlice = .empty
    public var userAgent: TextSlice = .empty
    public var language: TextSlice = .empty
    /// The first six to eight digits of the card.
    public var cardBin: TextSlice = .empty
    /// See ``Field/mailbox``; filled in by the enrichment.
    public var mailbox: TextSlice = .empty
    /// See ``Field/nameTemplate``; filled in by the enrichment.
    public var nameTemplate: TextSlice = .empty
    /// The attributes that the rules ask for, by slot.
    public var attributes = InlineArray<8, TextSlice>(repeating: .empty)
    /// Of a verdict: what it says, see ``Verdict/packed``.
    public var verdict: TextSlice = .empty
    /// See ``Field/emailDomain`` and ``Field/phonePrefix``; filled in by the enrichment, and there too where address and
    /// number are pseudonyms.
    public var emailDomain: TextSlice = .empty
    public var phonePrefix: TextSlice = .empty
    /// Of a registration the name as it is spelled, for what is learned of names; filled in by the enrichment. Never kept.
    public var spelling: TextSlice = .empty

    public var cardCountry: CountryCode = .unknown
    public var type: EventType = .login
    public var outcome: Outcome = .unknown
    /// 0 where absent, else 1 (low) to 4 (critical).
    public var severity: UInt8 = 0
    public var source: Source = .file

    public init() {}

    /// How many attributes rules can ask for.
    public static let attributeSlots = 8
    /// How many texts an event has: what ``mapTexts(_:)`` calls its body.
    public static let textCount = 26
    /// How many of them follow from others, and are the last.
    public static let derivedTextCount = 3

    @inlinable public var hasAddress: Bool { address != .none }

    /// Type and outcome as one bit, so that whoever looks for several asks once.
    @inlinable public var kind: UInt32 { Self.kind(type, outcome) }

    @inlinable public static func kind(_ type: EventType, _ outcome: Outcome) -> UInt32 {
        1 << (UInt32(type.rawValue) << 2 | UInt32(outcome.rawValue))
    }
}

/// Events in order of `seq`, the arena that holds their texts, and the frames that could not be events.
public struct EventBatch: Sendable {
    public var events: [Event] = []
    public var text: [UInt8] = []
    package var rejections: [Rejection] = []

    public init() {}

    public mutating func removeAll() {
        events.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
        rejections.removeAll(keepingCapacity: true)
    }

    /// The text of a slice as a string; for messages and rows, not for the hot path.
    public func string(_ slice: TextSlice) -> String {
        String(decoding: text[slice.range], as: UTF8.self)
    }

    /// Appends the events of `other`, which follow in order, and moves their texts into this arena.
    public mutating func append(_ other: EventBatch) {
        let base = UInt32(text.count)
        text.append(contentsOf: other.text)
        rejections.append(contentsOf: other.rejections)
        events.reserveCapacity(events.count + other.events.count)
        for var event in other.events {
            event.mapTexts { TextSlice(offset: $0.offset + base, count: $0.count) }
            events.append(event)
        }
    }

    /// Some of the events, without the rejections; shares the texts.
    public func part(_ range: Range<Int>) -> EventBatch {
        if range == events.indices { return self }
        var part = EventBatch()
        part.events = Array(events[range])
        part.text = text
        return part
    }

    /// Appends an event whose texts stand in another arena, and copies them into this one.
    public mutating func append(_ event: Event, textsIn arena: Span<UInt8>) {
        var event = event
        var text: [UInt8] = []
        swap(&text, &self.text)
        event.mapTexts { slice in
            guard !slice.isEmpty else { return .empty }
            defer { text.append(copying: arena.extracting(slice.range)) }
            return TextSlice(offset: UInt32(text.count), count: slice.count)
        }
        swap(&text, &self.text)
        events.append(event)
    }
}

extension Event {
    /// Replaces each of the event's texts, absent ones too, in the order of their declaration.
    @inlinable @inline(__always)
    public mutating func mapTexts(_ body: (TextSlice) -> TextSlice) {
        id = body(id)
        account = body(account)
        device = body(device)
        email = body(email)
        phone = body(phone)
        card = body(card)
        apiKey = body(apiKey)
        session = body(session)
        username = body(username)
        userAgent = body(userAgent)
        language = body(language)
        cardBin = body(cardBin)
        mailbox = body(mailbox)
        nameTemplate = body(nameTemplate)
        for slot in attributes.indices { attributes[slot] = body(attributes[slot]) }
        verdict = body(verdict)
        emailDomain = body(emailDomain)
        phonePrefix = body(phonePrefix)
        spelling = body(spelling)
    }
}
