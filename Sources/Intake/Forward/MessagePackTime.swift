import CMessagePack
import RiskModel

extension Timestamp {
    /// An event's time as the Forward protocol has it: seconds, or EventTime, extension 0 of eight bytes, which are
    /// seconds and nanoseconds, each of 32 bits. `nil` for anything else.
    init?(_ value: mp_value) {
        switch unsafe value.kind {
        case MP_POSITIVE_INTEGER.rawValue:
            guard let seconds = unsafe Int64(exactly: value.unsigned_integer) else { return nil }
            self.init(checkedSeconds: seconds)
        case MP_FLOAT64.rawValue, MP_FLOAT32.rawValue:
            let microseconds = unsafe (value.number * 1e6).rounded(.down)
            guard microseconds >= 0, microseconds <= Double(Timestamp.latest.microseconds) else { return nil }
            self.init(microseconds: Int64(microseconds))
        case MP_EXTENSION.rawValue:
            guard let nanoseconds = unsafe value.eventTime else { return nil }
            self.init(microseconds: nanoseconds / 1000)
        default: return nil
        }
    }

    private init?(checkedSeconds seconds: Int64) {
        guard (0...Timestamp.latest.microseconds / 1_000_000).contains(seconds) else { return nil }
        self.init(seconds: seconds)
    }
}

extension mp_value {
    /// An EventTime's nanoseconds since the epoch; `nil` for other extensions.
    fileprivate var eventTime: Int64? {
        // SAFETY: the kind was looked at; the library made the extension of so many bytes.
        guard unsafe `extension`.type == 0, unsafe `extension`.count == 8 else { return nil }
        let word = (0..<8).reduce(0 as UInt64) { unsafe $0 << 8 | UInt64(`extension`.bytes[$1]) }
        return Int64(word >> 32) * 1_000_000_000 + Int64(word & 0xffff_ffff)
    }
}
