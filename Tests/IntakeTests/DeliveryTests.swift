import RiskModel
import TestSupport
import Testing

@testable import Intake

struct DeliveryTests {
    private var delivery = Delivery(session: 0xa7, isResumable: true, windowBytes: 100)

    private mutating func add(_ text: String, flags: FrameFlags = []) {
        delivery.add(Array(text.utf8).span, flags: flags)
    }

    private mutating func receive(_ text: String) throws { try delivery.receive(Array(text.utf8).span) }

    /// Takes what is to be sent, or only its beginning.
    private mutating func send(_ count: Int = .max) -> String {
        let bytes = delivery.output.prefix(count)
        defer { delivery.didSend(bytes.count) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func open(_ answer: String) throws {
        delivery.connect()
        #expect(send() == "banrisk/1 acks session=00000000000000a7\n")
        try receive(answer)
    }

    @Test mutating func `lines are sent when the daemon has answered, and kept until they are on disk`() throws {
        add("a")
        add("b")
        delivery.connect()
        #expect(send(5) == "banri")
        #expect(send() == "sk/1 acks session=00000000000000a7\n")
        #expect(send() == "")
        try receive("banrisk/1 o")
        try receive("k 0\n")
        #expect(send() == "a\nb\n" && delivery.keptBytes == 4)
        try receive("ack 1\n")
        #expect(delivery.keptBytes == 2 && delivery.hasWork && !delivery.isDone)
        try receive("ack 2\n")
        try delivery.finish()
        #expect(!delivery.hasWork && delivery.isDone && !delivery.hasRoom)
    }

    @Test mutating func `after a lost connection it goes on behind what the daemon has`() throws {
        for text in ["a", "b", "c"] { add(text) }
        try open("banrisk/1 ok 0\n")
        #expect(send(3) == "a\nb")
        delivery.disconnect()
        try open("banrisk/1 ok 1\n")
        #expect(send() == "b\nc\n")
        delivery.disconnect()
        try open("banrisk/1 ok 3\nack 3\n")
        #expect(send() == "" && !delivery.hasWork)
        #expect(delivery.resumedAfter == 0)
    }

    @Test mutating func `what a run before has sent is skipped`() throws {
        add("a")
        try open("banrisk/1 ok 2\n")
        add("b")
        #expect(send() == "")
        add("c")
        #expect(send() == "c\n")
        #expect(delivery.resumedAfter == 2 && delivery.lines == 3)
    }

    @Test mutating func `there is room while what is kept is less than the window`() throws {
        try open("banrisk/1 ok 0\n")
        while delivery.hasRoom { add("123456789") }
        #expect(delivery.lines == 10)
        _ = send()
        #expect(!delivery.hasRoom)
        try receive("ack 1\n")
        #expect(delivery.hasRoom)
    }

    @Test mutating func `a line that is on disk before its end was sent is sent to its end`() throws {
        add(String(repeating: "x", count: Frame.keptOfOversized), flags: .oversized)
        add("next")
        try open("banrisk/1 ok 0\n")
        _ = send(Frame.maximumBytes + 1)
        try receive("ack 1\n")
        #expect(send() == "\nnext\n")
        try receive("ack 2\n")
        #expect(!delivery.hasWork)
    }

    @Test mutating func `an answer that cannot be ends it`() throws {
        add("a")
        try open("banrisk/1 ok 0\n")
        _ = send()
        for answer in [
            "ack 2\n", "banrisk/1 ok 1\n", "ack\n", "ack -1\n", "hello\n", String(repeating: "a", count: 1025),
        ] {
            var copy = delivery
            #expect(throws: DeliveryError.notUnderstood) { try copy.receive(Array(answer.utf8).span) }
        }
        #expect(throws: DeliveryError.refused("because")) { try receive("banrisk/1 error because\n") }
    }

    @Test mutating func `a session that has more lines than the input is another one`() throws {
        add("a")
        try open("banrisk/1 ok 3\n")
        #expect(throws: DeliveryError.ahead(onDisk: 3, lines: 1)) { try delivery.finish() }
    }

    @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
    mutating func `a session that the daemon has forgotten is gone on with only where nothing is in doubt`(
        isResumable: Bool, isInDoubt: Bool
    ) throws {
        delivery = Delivery(session: 0xa7, isResumable: isResumable)
        add("a")
        try open("banrisk/1 ok 0\n")
        #expect(send() == "a\n")
        try receive("ack 1\n")
        add("b")
        if isInDoubt { #expect(send(1) == "b") }
        delivery.disconnect()
        delivery.connect()
        if isResumable || isInDoubt {
            #expect(throws: DeliveryError.forgotten(onDisk: 1, answered: 0)) { try receive("banrisk/1 ok 0\n") }
        } else {
            try receive("banrisk/1 ok 0\n")
            #expect(send() == "b\n")
            try receive("ack 1\n")
            #expect(delivery.onDisk == 2)
            delivery.disconnect()
            try open("banrisk/1 ok 1\n")
            try delivery.finish()
            #expect(delivery.isDone)
        }
    }

    @Test func `a name stands for the same session in every version`() {
        // Another number would make a sending that was interrupted by an update begin anew.
        #expect(Delivery.session(named: "march") == 14_755_692_431_959_202_554)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `a framer makes of the bytes sent what a framer made of the input`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var framer = LineFramer()
        var kept = KeptLines()
        var lines: [RecordingSink.Line] = []
        for _ in 0..<30 {
            let length = random.pick([0, 1, 2, 50, Frame.maximumBytes - 1, Frame.maximumBytes, Frame.maximumBytes + 1])
            let text = String(repeating: "x", count: length) + random.pick(["", "\r", "\r\r"]) + "\n"
            framer.consume(Array(text.utf8).span) { line, flags in
                kept.append(line, flags: flags, number: UInt64(lines.count + 1))
                var bytes: [UInt8] = []
                bytes.append(copying: line)
                lines.append(.init(text: String(decoding: bytes, as: UTF8.self), flags: flags))
            }
        }
        #expect(framedBySplit(Array(kept.bytes(from: 0))) == lines)
    }
}
