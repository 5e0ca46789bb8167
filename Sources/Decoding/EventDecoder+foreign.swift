import RiskModel

// Lines that are not of the native format: what stands around the message is taken off; a message that is a JSON object is
// tried as a native event once more; then come the mappings. Nothing of this is on the way of a native line.

extension EventDecoder {
    /// What becomes of a line that is no native event.
    ///
    /// - Parameter fault: why it is none; what the reader found last.
    mutating func explain(_ fault: Fault, of frame: Frame, _ line: Span<UInt8>, text: inout [UInt8]) -> LineReading {
        let cards = reader.scanner.cardValues
        guard mapper != nil, fault.mayBeForeign, frame.source != .verdict, !frame.flags.contains(.oversized) else {
            return .refused(rejection(of: frame, line, for: fault, cards: cards))
        }
        let raw = Raw(frame: frame, fault: fault, cards: cards)
        guard fault.reason == .invalidUTF8 else { return readForeign(line, raw, in: line, text: &text) }
        // What a stranger chooses can have any bytes, and must not keep a line from being seen. A native line stays refused.
        let repaired = Array(Self.repaired(line).utf8)
        return readForeign(repaired.span, raw, in: line, text: &text)
    }

    /// A line as it came.
    private struct Raw {
        var frame: Frame
        var fault: Fault
        var cards: [Int]
    }

    /// - Parameters:
    ///   - line: the line, in UTF-8 as far as that matters.
    ///   - original: the line as it came.
    private mutating func readForeign(
        _ line: Span<UInt8>, _ raw: Raw, in original: Span<UInt8>, text: inout [UInt8]
    ) -> LineReading {
        var raw = raw
        mapper?.begin(received: raw.frame.received)
        if isForeignObject(line, raw) {
            if take(document: line), mapper?.openJournalEntry() == true, let message = mapper?.message,
                message.span.isObject(from: 0),
                let reading = readMessage(message.span, &raw, at: nil, in: original, text: &text)
            {
                return reading
            }
        } else {
            let start = mapper?.envelope.read(line).lowerBound ?? 0
            let message = line.extracting(start..<line.count)
            if start > 0, message.isObject(from: 0) {
                if let reading = readMessage(message, &raw, at: start, in: original, text: &text) { return reading }
            } else if !raw.frame.flags.contains(.unterminated) {
                // Of a text nobody can say whether it is whole.
                mapper?.take(message: message)
            }
        }
        return map(raw, in: original, text: &text)
    }

    /// Whether the whole line is JSON, and not of ours. A native line with broken bytes must not get in by having them mended.
    private mutating func isForeignObject(_ line: Span<UInt8>, _ raw: Raw) -> Bool {
        guard raw.fault.reason == .invalidUTF8 else { return !raw.fault.isOfGrammar }
        var text: [UInt8] = []
        do throws(Fault) {
            _ = try reader.event(of: raw.frame, line, text: &text)
            return false
        } catch {
            return !error.isOfGrammar && error.mayBeForeign
        }
    }

    /// Tries a message as a native event; `nil` where it is for the mappings, or is no JSON.
    ///
    /// - Parameter offset: where in the line it stands; `nil` where it was taken out of a JSON string.
    private mutating func readMessage(
        _ message: Span<UInt8>, _ raw: inout Raw, at offset: Int?, in original: Span<UInt8>, text: inout [UInt8]
    ) -> LineReading? {
        let textCount = text.count
        do throws(Fault) {
            let event = try reader.event(of: raw.frame, message, text: &text)
            mapper?.keep(native: message)
            return .wrapped(event)
        } catch {
            text.removeLast(text.count - textCount)
            // A repaired line has other offsets.
            let shift = raw.fault.reason == .invalidUTF8 ? nil : offset
            if let shift { raw.cards += reader.scanner.cardValues.map { $0 + shift } }
            var fault = error
            fault.position = shift.map { error.position + $0 } ?? 0
            guard error.mayBeForeign else {
                return .refused(rejection(of: raw.frame, original, for: fault, cards: raw.cards))
            }
            if error.isOfGrammar {
                if offset != nil { raw.fault = fault }
            } else if take(document: message) {
                raw.fault = fault
            }
            return nil
        }
    }

    private mutating func take(document: Span<UInt8>) -> Bool { (try? mapper?.take(document: document)) != nil }

    private mutating func map(_ raw: Raw, in original: Span<UInt8>, text: inout [UInt8]) -> LineReading {
        switch mapper?.map() ?? .unknown {
        case .unknown: return .refused(rejection(of: raw.frame, original, for: raw.fault, cards: raw.cards))
        case .ignored(let index): return .ignored(by: mapper?.mappings[index].name ?? "")
        case .mapped(let index):
            var mapped = mapper?.output ?? []
            let textCount = text.count
            while true {
                do throws(Fault) {
                    let event = try reader.event(of: raw.frame, mapped.span, text: &text)
                    return .mapped(event, by: mapper?.mappings[index].name ?? "")
                } catch {
                    text.removeLast(text.count - textCount)
                    guard error.reason == .invalidUTF8 else {
                        return .refused(
                            rejection(of: raw.frame, original, for: error, cards: raw.cards, mapping: index))
                    }
                    // Only texts that are no JSON can have brought such bytes here.
                    mapped = Array(Self.repaired(mapped.span).utf8)
                    mapper?.output = mapped
                }
            }
        }
    }

    /// The text with U+FFFD in the place of what is not UTF-8.
    private static func repaired(_ bytes: Span<UInt8>) -> String {
        var copy: [UInt8] = []
        copy.append(copying: bytes)
        return String(decoding: copy, as: UTF8.self)
    }
}

extension Fault {
    /// Whether the line is not even JSON that could be ours.
    fileprivate var isOfGrammar: Bool {
        switch reason {
        case .invalidJSON, .invalidUTF8, .notAnObject: true
        default: false
        }
    }

    /// Whether a line with this fault may be of another format than the native one, which has `ts` and a `type` that is known.
    fileprivate var mayBeForeign: Bool { isOfGrammar || field == .time || field == .type }
}

extension Span where Element == UInt8 {
    /// Whether a JSON object begins here, behind space.
    fileprivate func isObject(from start: Int) -> Bool {
        var i = start
        skipWhitespace(&i)
        return has("{", at: i)
    }
}
