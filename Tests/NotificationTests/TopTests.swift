import ArgumentParser
import Foundation
import Glibc
import RiskModel
import Testing

@testable import Notification
@testable import banrisk

@Suite struct TopTests {
    @Test(arguments: [
        ("q", [TopKey.text("q")]), ("\u{1b}[A\u{1b}[B\u{1b}[C\u{1b}[D", [.up, .down, .right, .left]),
        ("\u{1b}OA", [.up]), ("\u{1b}", [.escape]), ("\u{1b}[5~x", [.text("x")]), ("\u{1b}[1;5A", [.up]),
        ("a\u{7f}\r\t", [.text("a"), .backspace, .enter, .tab]), ("ü", [.text("ü")]),
        ("\u{1}\u{0}\u{202e}z", [.text("z")]),
        ("\u{1b}[", []),
    ])
    func `Keys are read from what a terminal sends`(text: String, keys: [TopKey]) {
        #expect(TopKey.keys(in: Array(text.utf8)) == keys)
    }

    @Test func `Bytes that are no text are no keys, and end nothing`() {
        #expect(TopKey.keys(in: [0xff, 0xc3, 0xe2, 0x82, UInt8(ascii: "q")]).count <= 1)
        #expect(TopKey.keys(in: [0xf4]).isEmpty)
    }

    @Test func `A filter is typed, kept and dropped`() {
        var state = TopState()
        for key in TopKey.keys(in: Array("/red\u{7f}x\r".utf8)) { state.press(key) }
        #expect(state.filter == "rex" && !state.isTyping && !state.hasEnded)
        state.press(.escape)
        #expect(state.filter.isEmpty)
        for key in TopKey.keys(in: Array("/q".utf8)) { state.press(key) }
        #expect(!state.hasEnded)
        for _ in 0..<200 { state.press(.text("ü")) }
        #expect(state.filter.utf8.count <= TopState.filterLimit)
    }

    /// A model of a real database, whose alerts have hostile names.
    private func model(_ folder: Folder) throws -> TopModel {
        let database = try AlertDatabase(folder("banrisk.db"))
        try database.add(
            AlertBodyTests.hostile.enumerated().map { index, name in
                var facts = AlertFacts.sample(index + 1, account: name + String(repeating: "漢", count: index * 5))
                facts.reason = name
                return facts
            })
        var probe = try Top.parse(["--database", folder("banrisk.db"), "--control", folder("none")]).probe()
        var model = TopModel()
        model.add(probe.sample())
        model.add(probe.sample())
        return model
    }

    @Test func `On a screen of any size, no line is wider, none too many, and nothing that a terminal obeys`() throws {
        let folder = try Folder()
        let model = try model(folder)
        var state = TopState()
        for keys in ["", "\u{1b}[C\u{1b}[C\u{1b}[C", "sss\u{1b}[B\u{1b}[B", "/\u{3c}", "\r?"] {
            for key in TopKey.keys(in: Array(keys.utf8)) { state.press(key) }
            for size in [(1, 1), (5, 20), (12, 50), (24, 80), (50, 132), (80, 300), (24, 51)] {
                let view = TopView(terminal: Terminal(), rows: size.0, columns: size.1)
                let lines = view.lines(model, state)
                #expect(lines.count <= max(1, size.0))
                for line in lines {
                    #expect(Terminal.columns(line) <= size.1, "\(size): \(line)")
                    #expect(Terminal.printable(line) == line)
                }
            }
        }
        #expect(model.latest?.alerts.count == AlertBodyTests.hostile.count)
    }

    /// The real program on a terminal.
    final class OnTerminal {
        let process: Program
        let terminal: CInt
        private let line: CInt
        private let folder: Folder
        private var seen: [UInt8] = []

        init() throws {
            folder = try Folder()
            try AlertDatabase(folder("banrisk.db")).add(1...3)
            terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)
            // TIOCSPTLCK and TIOCGPTN, ioctl_tty(2): unlock the other end, and say its number.
            var number: CInt = 0
            try #require(ioctl(terminal, 0x4004_5431, &number) == 0 && ioctl(terminal, 0x8004_5430, &number) == 0)
            line = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
            process = try Program(
                banriskPath, ["top", "--database", folder("banrisk.db"), "--control", folder("none")], input: line,
                output: line)
        }

        deinit {
            process.end()
            close(line)
            close(terminal)
        }

        var text: String {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while case let count = read(terminal, &bytes, bytes.count), count > 0 { seen += bytes.prefix(count) }
            return String(decoding: seen, as: UTF8.self)
        }

        /// Waits for its end, and reads what it shows: a full terminal would hold it up.
        func wait() throws {
            try eventually("the end") {
                _ = text
                return !process.isRunning
            }
        }

        func type(_ text: String) { _ = write(terminal, text, text.utf8.count) }

        /// Whether lines are edited and shown again.
        var isOrdinary: Bool {
            var state = termios()
            tcgetattr(line, &state)
            return state.c_lflag & tcflag_t(ICANON) != 0 && state.c_lflag & tcflag_t(ECHO) != 0
        }
    }

    @Test(arguments: [0, SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGABRT])
    func `It gives the terminal back at every end`(signal: CInt) throws {
        let top = try OnTerminal()
        try eventually("the screen") { top.text.contains("ALERTS") }
        #expect(top.text.contains("\u{1b}[?1049h") && !top.isOrdinary)
        if signal == 0 { top.type("q") } else { top.process.signal(signal) }
        try top.wait()
        #expect(top.text.hasSuffix("\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l"))
        #expect(top.isOrdinary)
    }

    @Test func `It follows the terminal's size`() throws {
        let top = try OnTerminal()
        try eventually("the screen") { top.text.contains("ALERTS") }
        var size = winsize(ws_row: 5, ws_col: 30, ws_xpixel: 0, ws_ypixel: 0)
        #expect(ioctl(top.terminal, UInt(TIOCSWINSZ), &size) == 0)
        top.process.signal(SIGWINCH)
        try eventually("the other size") { top.text.contains("too small") }
        top.type("q")
        try top.wait()
        #expect(top.process.terminationStatus == 0)
    }

    @Test func `Without a terminal it prints one page`() throws {
        let folder = try Folder()
        try AlertDatabase(folder("banrisk.db")).add(1...3)
        let page = open(folder("page"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(page) }
        let program = try Program(
            banriskPath, ["top", "--database", folder("banrisk.db"), "--control", folder("none")], output: page)
        #expect(program.terminationStatus == 0)
        let text = folder.text("page")
        #expect(text.contains("ALERTS") && text.contains("alice") && !text.contains("\u{1b}"))
    }
}
