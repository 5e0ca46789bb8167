import RiskModel

/// The time that it can be at most: what the frames say of the wall clock, corrected where that is known to be wrong.
///
/// While the wall clock is not behind the events, it is believed. When it is, it was set back or has always been wrong: then
/// only its pace counts, from where the events are, however it jumps. The correction moves with the clock and never
/// with the events themselves, so events that are each a little ahead of the last lead nowhere.
struct ServiceClock: Sendable {
    /// In a log that is read from a file, no silence is longer.
    static let longestSilence = Interval(seconds: 366 * 86_400)

    private struct Reading {
        var now: Timestamp
        /// The wall clock.
        var received: Timestamp
    }

    /// `nil` before the first frame whose reception is known, and after one whose reception is not.
    private var reading: Reading?

    /// Takes in when a frame was received.
    ///
    /// - Parameters:
    ///   - received: By the wall clock; ``Timestamp/latest`` where that is not known.
    ///   - latest: The highest event time so far, if there was one.
    mutating func tick(_ received: Timestamp, latest: Timestamp?, tolerance: Interval) {
        guard received < .latest else {
            reading = nil
            return
        }
        let received = max(.epoch, received)
        var now = received
        if let latest, latest > received + tolerance {
            if let reading, received >= reading.received {
                now = max(received, reading.now + (received - reading.received))
            } else {
                now = max(received, min(reading?.now ?? latest, latest))
            }
        }
        reading = Reading(now: min(now, .latest), received: received)
    }

    /// Whether an event can have this time.
    ///
    /// - Parameter latest: The highest event time so far, if there was one. Where nobody knows the time of reception, an event
    ///   can be at most ``longestSilence`` after it.
    func believes(_ time: Timestamp, tolerance: Interval, latest: Timestamp?) -> Bool {
        guard let reading else { return latest.map { time <= $0 + Self.longestSilence } ?? true }
        return time <= reading.now + tolerance
    }

    /// It is at least `time`.
    mutating func advance(to time: Timestamp) {
        guard let now = reading?.now else { return }
        reading?.now = max(now, time)
    }
}

// MARK: - State

extension ServiceClock {
    func encode(into writer: inout StateWriter) {
        writer.write(reading != nil)
        guard let reading else { return }
        writer.write(reading.now)
        writer.write(reading.received)
    }

    init(decoding reader: inout StateReader) throws(StateFault) {
        guard try reader.readBool() else { return }
        reading = Reading(now: try reader.readTimestamp(), received: try reader.readTimestamp())
    }
}
