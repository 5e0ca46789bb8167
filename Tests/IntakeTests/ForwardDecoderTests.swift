import RiskModel
import TestSupport
import Testing

@testable import Intake

/// Messages of the Forward protocol to frames.
struct ForwardDecoderTests {
    typealias Line = RecordingSink.Line

    private struct Outcome: Equatable {
        var lines: [Line] = []
        var receipt: ForwardDecoder.Receipt?
        var fault: ForwardFault?
        var texts: [String] { lines.map(\.text) }
    }

    private func decode(
        _ message: Packed, isWide: Bool = false, known: UInt64? = nil,
        limits: ForwardDecoder.Limits = ForwardDecoder.Limits()
    ) -> Outcome {
        decode(message.bytes(isWide: isWide), known: known, limits: limits)
    }

    private func decode(
        _ message: [UInt8], known: UInt64? = nil, limits: ForwardDecoder.Limits = ForwardDecoder.Limits()
    ) -> Outcome {
        var decoder = ForwardDecoder(limits: limits)
        var outcome = Outcome()
        do {
            outcome.receipt = try decoder.decode(message.span, lastOrdinal: { _ in known }) { line, flags, origin in
                var bytes: [UInt8] = []
                bytes.append(copying: line)
                outcome.lines.append(Line(text: String(decoding: bytes, as: UTF8.self), flags: flags, origin: origin))
            }
        } catch {
            outcome.fault = error as? ForwardFault
        }
        return outcome
    }

    private let time = Packed.eventTime(1_740_830_400, 125_000_999)
    private let alice = Packed.record(["type": .text("login"), "account": .text("alice")])
    private let bob = Packed.record(["type": .text("login"), "account": .text("bob")])
    private let aliceLine =
        #"{"type":"login","account":"alice","fluent_tag":"app","fluent_time":"2025-03-01T12:00:00.125Z"}"#
    private let bobLine = #"{"type":"login","account":"bob","fluent_tag":"app","fluent_time":"2025-03-01T12:00:01Z"}"#

    private var entries: [Packed] { [.array([time, alice]), .array([.uint(1_740_830_401), bob])] }

    @Test(arguments: [false, true]) func `the modes of the protocol give the same lines`(isWide: Bool) {
        let stream = entries.flatMap { $0.bytes(isWide: isWide) }
        let one = Packed.array([.text("app"), time, alice])
        let several = Packed.array([.text("app"), .array(entries)])
        let packed = Packed.array([.text("app"), .binary(stream)])
        let packedText = Packed.array([.text("app"), .raw(Packed.binary(stream).bytes(isWide: true)), .map([])])
        let option = Packed.record(["size": .int(2), "fluent_signal": .int(0)])
        let sized = Packed.array([.text("app"), .array(entries), option])
        #expect(decode(one, isWide: isWide).texts == [aliceLine])
        for message in [several, packed, packedText, sized] {
            let outcome = decode(message, isWide: isWide)
            #expect(outcome.texts == [aliceLine, bobLine])
            #expect(outcome.lines.allSatisfy { $0.flags == [] && $0.origin == .none })
            #expect(outcome.receipt == nil && outcome.fault == nil)
        }
    }

    /// Both entries of `entries`, as Python's gzip and msgpack make them: one member each, one behind the other.
    @Test func `a compressed chunk is decompressed, all its members`() {
        let gzip = Fixture.compressedEntries
        let option = Packed.record(["compressed": .text("gzip"), "size": .int(2)])
        #expect(decode(.array([.text("app"), .binary(gzip), option])).texts == [aliceLine, bobLine])
        for broken in [Array(gzip.dropLast(9)), Array(gzip.dropFirst()), [], gzip + [0]] {
            let outcome = decode(.array([.text("app"), .binary(broken), option]))
            #expect(outcome == Outcome(fault: .compression))
        }
        var limits = ForwardDecoder.Limits()
        limits.inflatedBytes = entries.flatMap { $0.bytes() }.count
        #expect(decode(.array([.text("app"), .binary(gzip), option]), limits: limits).fault == nil)
        limits.inflatedBytes -= 1
        #expect(decode(.array([.text("app"), .binary(gzip), option]), limits: limits).fault == .compression)
    }

    @Test func `Fluent Bit's entries with metadata are understood`() {
        let entry = Packed.array([.array([time, .map([])]), alice])
        #expect(decode(.array([.text("app"), .array([entry])])).texts == [aliceLine])
    }

    @Test(arguments: [
        (Packed.null, "null"), (.bool(true), "true"), (.int(-1), "-1"), (.int(.min), "-9223372036854775808"),
        (.uint(.max), "18446744073709551615"), (.double(0.1), "0.1"), (.double(-1e300), "-1e+300"),
        (.float(0.1), "0.1"),
        (.double(.nan), "null"), (.double(.infinity), "null"), (.float(-.infinity), "null"), (.text(""), #""""#),
        (.text("a\"b\\c\n\u{1}\u{1f}\t\r/\u{7f}é\u{2028}"), #""a\"b\\c\n\u0001\u001f\t\r/"# + "\u{7f}é\u{2028}\""),
        (.binary([0x61, 0xff, 0x62]), "\"a\u{fffd}b\""), (.raw([0xa2, 0xc3, 0x28]), "\"\u{fffd}(\""),
        (.array([]), "[]"), (.array([.int(1), .array([.null])]), "[1,[null]]"), (.map([]), "{}"),
        (.map([(.int(1), .int(2)), (.bool(false), .null), (.text("a"), .int(3))]), #"{"1":2,"false":null,"a":3}"#),
        (.map([(.array([.text("k")]), .int(1))]), #"{"null":1}"#),
        (.ext(5, [1, 2, 3]), "null"), (.ext(0, [1, 2, 3]), "null"),
        (.eventTime(1_740_830_400, 0), #""2025-03-01T12:00:00Z""#),
    ])
    func `a field's value is said as JSON can say it`(value: Packed, expected: String) {
        for isWide in [false, true] {
            let outcome = decode(.array([.text("t\"\u{1}"), .int(0), .record(["x": value])]), isWide: isWide)
            #expect(
                outcome.texts
                    == [#"{"x":\#(expected),"fluent_tag":"t\"\u0001","fluent_time":"1970-01-01T00:00:00Z"}"#])
        }
    }

    @Test(arguments: [
        // A line that was collected, alone or with what collectors put beside it.
        (Packed.record(["log": .text(#"{"a":1}"#)]), #"{"a":1}"#),
        (.record(["stream": .text("stdout"), "log": .text("{\"a\":1}\r\n"), "time": .text("x")]), #"{"a":1}"#),
        (.record(["message": .text("{\n\"a\":\r\n1}")]), #"{ "a":  1}"#),
        // A record of its own.
        (.record(["log": .text("plain")]), #"{"log":"plain"+}"#),
        (.record(["log": .text("{}"), "user": .text("u")]), #"{"log":"{}","user":"u"+}"#),
        (.record(["log": .text("{}"), "message": .text("{}")]), #"{"log":"{}","message":"{}"+}"#),
        (.record(["log": .record([:])]), #"{"log":{}+}"#),
        (.record(["log": .text("{}"), "time": .null]), #"{}"#),
        (.map([(.text("log"), .text("{}")), (.int(1), .null)]), #"{"log":"{}","1":null+}"#),
        (.record([:]), #"{+}"#),
        // No record.
        (.text("{}"), #""{}""#), (.null, "null"), (.array([.int(1)]), "[1]"),
    ])
    func `a record that only wraps a line is that line`(record: Packed, expected: String) {
        let extra = #""fluent_tag":"t","fluent_time":"1970-01-01T00:00:07Z""#
        let line = expected == "{+}" ? "{\(extra)}" : expected.split(separator: "+").joined(separator: "," + extra)
        #expect(decode(.array([.text("t"), .int(7), record])).texts == [line])
    }

    @Test func `a line is not much longer than its record, keys in keys or not`() {
        var key = Packed.map([])
        for _ in 0..<28 { key = .map([(key, .text("\u{1}"))]) }
        let outcome = decode(.array([.text("t"), .int(0), key]))
        #expect(outcome.texts == [#"{"null":"\u0001","fluent_tag":"t","fluent_time":"1970-01-01T00:00:00Z"}"#])
    }

    @Test func `a record's own fields of these names stay, and a time that is none is left out`() {
        let own = Packed.record(["fluent_time": .int(1), "x": .null, "fluent_tag": .int(2)])
        #expect(decode(.array([.text("t"), .int(7), own])).texts == [#"{"fluent_time":1,"x":null,"fluent_tag":2}"#])
        for time in [Packed.int(-1), .uint(.max), .double(.nan), .double(1e300), .bool(true), .ext(1, [0])] {
            #expect(
                decode(.array([.text("t"), time, .record(["x": .null])])).texts == [#"{"x":null,"fluent_tag":"t"}"#])
        }
        #expect(
            decode(.array([.text("t"), .double(1.5), .record([:])])).texts
                == [#"{"fluent_tag":"t","fluent_time":"1970-01-01T00:00:01.5Z"}"#])
    }

    @Test func `a chunk's records are numbered, and what was stored before is not given again`() throws {
        func message(_ tag: String, _ chunk: Packed) -> Packed {
            .array([.text(tag), .array(entries), .record(["chunk": chunk])])
        }
        let first = decode(message("app", .text("c1")))
        #expect(first.texts == [aliceLine, bobLine])
        #expect(first.lines.map(\.flags) == [.numbered, .numbered])
        #expect(first.lines.map(\.origin.ordinal) == [1, 2])
        let session = try #require(first.lines.first).origin.session
        #expect(session != 0 && first.lines[1].origin.session == session)
        #expect(
            first.receipt
                == .init(answer: Packed.record(["ack": .text("c1")]).bytes(), isRepeated: false))
        // The session's number is part of what is on disk: it must not change from one version to the next.
        #expect(session == 13_731_444_179_946_085_746)
        #expect(decode(message("app", .text("c2"))).lines.first?.origin.session != session)
        #expect(decode(message("other", .text("c1"))).lines.first?.origin.session != session)
        #expect(
            decode(message("app", .binary([1, 2]))).receipt?.answer == Packed.record(["ack": .binary([1, 2])]).bytes())

        let half = decode(message("app", .text("c1")), known: 1)
        #expect(half.texts == [bobLine] && half.lines.map(\.origin) == [FrameOrigin(session: session, ordinal: 2)])
        #expect(half.receipt?.isRepeated == false)
        let whole = decode(message("app", .text("c1")), known: 2)
        #expect(whole.lines.isEmpty && whole.receipt?.isRepeated == true)
    }

    @Test func `a single message is acknowledged, but not held for another's repetition`() {
        let message = Packed.array([.text("app"), time, alice, .record(["chunk": .text("c")])])
        let outcome = decode(message, known: 1)
        #expect(outcome.lines == [Line(text: aliceLine, flags: [])])
        #expect(outcome.receipt?.isRepeated == false)
    }

    @Test func `what is too long for an event is cut, and the records behind it come whole`() {
        let long = String(repeating: "x", count: Frame.maximumBytes)
        let entries = [("a", long), ("b", "short")].map { name, text in
            Packed.array([.int(7), .record([name: .text(text)])])
        }
        let chunk = Packed.record(["chunk": .text("c")])
        var limits = ForwardDecoder.Limits()
        for recordBytes in [limits.recordBytes, 60_000] {
            limits.recordBytes = recordBytes
            let outcome = decode(.array([.text("t"), .array(entries), chunk]), limits: limits)
            #expect(outcome.lines.map(\.flags) == [[.oversized, .numbered], .numbered])
            #expect(outcome.lines.map(\.origin.ordinal) == [1, 2])
            #expect(outcome.lines.first?.text.unicodeScalars.count ?? .max <= Frame.keptOfOversized)
            #expect(outcome.texts.last?.hasPrefix(#"{"b":"short","#) == true)
        }
    }

    @Test func `a sign of life is no event`() { #expect(decode(.null) == Outcome()) }

    @Test(arguments: [
        Packed.int(1), .text("x"), .array([]), .array([.text("t")]), .array([.text("t"), .int(1)]),
        .array([.int(1), .array([])]), .array([.text("t"), .array([]), .int(1)]),
        .array([.text("t"), .array([]), .map([]), .null]), .array([.text("t"), .int(1), .map([]), .int(1)]),
        .array([.text("t"), .int(1), .map([]), .map([]), .map([])]), .array([.text("t"), .array([.int(1)])]),
        .array([.text("t"), .array([.array([.int(1)])])]), .array([.text("t"), .binary([0x01])]),
        .array([.text("t"), .array([]), .record(["chunk": .int(1)])]),
        .array([.text("t"), .array([]), .record(["chunk": .text(String(repeating: "c", count: 300))])]), .map([]),
    ])
    func `MessagePack of another form is refused`(message: Packed) {
        #expect(decode(message) == Outcome(fault: .notForward))
    }

    @Test(arguments: [[0x92], [0xc1], [0x92, 0x01, 0xc1], [0x92, 0x01, 0xdb, 0xff, 0xff, 0xff, 0xff]] as [[UInt8]])
    func `entries that break off are a fault behind those that are whole`(tail: [UInt8]) {
        let message = Packed.array([.text("app"), .binary(entries.flatMap { $0.bytes() } + tail)])
        let outcome = decode(message)
        #expect(outcome.texts == [aliceLine, bobLine])
        #expect(outcome.fault == (tail.contains(0xc1) ? .notMessagePack : .brokenOff))
    }
}
