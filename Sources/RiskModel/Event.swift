/// What happened.
package enum EventType: UInt8, Sendable, CaseIterable {
    case registration, login, logout, apiCall, payment, policyViolation, message

    /// The word in events, rules and tables.
    package var name: String {
        switch self {
        case .registration: "registration"
        case .login: "login"
        case .logout: "logout"
        case .apiCall: "api_call"
        case .payment: "payment"
        case .policyViolation: "policy_violation"
        case .message: "message"
        }
    }

    /// Whether an event of this type must say from which address it came.
    package var requiresAddress: Bool {
        switch self {
        case .registration, .login, .apiCall, .payment: true
        case .logout, .policyViolation, .message: false
        }
    }
}

/// How it ended, where the event says so.
package enum Outcome: UInt8, Sendable, CaseIterable {
    case unknown, success, failure

    package var name: String {
        switch self {
        case .unknown: "unknown"
        case .success: "success"
        case .failure: "failure"
        }
    }
}

/// A piece of text in the arena of an ``EventBatch``: UTF-8, valid. Empty where the field is absent.
package struct TextSlice: Hashable, Sendable {
    package var offset: UInt32
    package var count: UInt32

    package init(offset: UInt32, count: UInt32) {
        self.offset = offset
        self.count = count
    }

    package static let empty = TextSlice(offset: 0, count: 0)
    package var isEmpty: Bool { count == 0 }
    package var range: Range<Int> { Int(offset)..<Int(offset) + Int(count) }
}

/// A decoded, validated fact. A plain value without references; its texts stand in its batch's arena.
package struct Event: Sendable {
    package var seq: UInt64 = 0
    package var time: Timestamp = .epoch
    /// The highest event time up to and including this event, in order of `seq`; set by the pipeline.
    package var watermark: Timestamp = .epoch
    /// ``IPAddress/none`` where the event has no address.
    package var address: IPAddress = .none
    package var place = Place()
    /// Bit *i* is set where the operator list with index *i* names something of this event.
    package var listed: UInt64 = 0

    package var id: TextSlice = .empty
    /// Empty only for a failed login with an unknown user name.
    package var account: TextSlice = .empty
    package var device: TextSlice = .empty
    package var email: TextSlice = .empty
    package var phone: TextSlice = .empty
    package var card: TextSlice = .empty
    package var apiKey: TextSlice = .empty
    package var session: TextSlice = .empty
    package var username: TextSlice = .empty
    package var userAgent: TextSlice = .empty
    package var language: TextSlice = .empty

    package var cardCountry: CountryCode = .unknown
    package var type: EventType = .login
    package var outcome: Outcome = .unknown
    /// 0 where absent, else 1 (low) to 4 (critical).
    package var severity: UInt8 = 0
    package var source: Source = .file

    package init() {}

    package var hasAddress: Bool { address != .none }
}

/// Events in order of `seq`, the arena that holds their texts, and the frames that could not be events.
package struct EventBatch: Sendable {
    package var events: [Event] = []
    package var text: [UInt8] = []
    package var rejections: [Rejection] = []

    package init() {}

    package mutating func removeAll() {
        events.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
        rejections.removeAll(keepingCapacity: true)
    }

    /// The text of a slice as a string; for messages and rows, not for the hot path.
    package func string(_ slice: TextSlice) -> String {
        String(decoding: text[slice.range], as: UTF8.self)
    }

    /// Appends the events of `other`, which follow in order, and moves their texts into this arena.
    package mutating func append(_ other: EventBatch) {
        let base = UInt32(text.count)
        text.append(contentsOf: other.text)
        rejections.append(contentsOf: other.rejections)
        events.reserveCapacity(events.count + other.events.count)
        for var event in other.events {
            event.id.offset += base
            event.account.offset += base
            event.device.offset += base
            event.email.offset += base
            event.phone.offset += base
            event.card.offset += base
            event.apiKey.offset += base
            event.session.offset += base
            event.username.offset += base
            event.userAgent.offset += base
            event.language.offset += base
            events.append(event)
        }
    }
}
