import Foundation
import Glibc
import Logging
import Testing

@testable import Journal

@Suite struct JournalLogHandlerTests {
    /// A datagram socket in the journal's place.
    final class Receiver {
        let path: String
        private let descriptor: CInt

        init() throws {
            path = NSTemporaryDirectory() + "journal-\(UUID().uuidString.prefix(8))"
            descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(bound == 0)
        }

        deinit {
            close(descriptor)
            unlink(path)
        }

        /// What was sent already; empty where nothing was.
        func receive() -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 200_000)
            let count = recv(descriptor, &bytes, bytes.count, CInt(MSG_DONTWAIT))
            return Array(bytes.prefix(max(0, count)))
        }
    }

    @Test func `A line of a kind carries its identifier, its kind and its fields`() throws {
        let receiver = try Receiver()
        let logger = Logger(label: "banriskd") {
            JournalLogHandler(label: $0, socket: JournalSocket(path: receiver.path))
        }
        logger.error("refused\nPRIORITY=0", metadata: ["event": "reload.refused", "dead-letters": "7"])
        let sent = String(decoding: receiver.receive(), as: UTF8.self)
        let id = try #require(EventCatalog.messageID(of: "reload.refused"))
        for line in [
            "MESSAGE_ID=\(id)\n", "BANRISK_EVENT=reload.refused\n", "PRIORITY=3\n", "BANRISK_DEAD_LETTERS=7\n",
            "SYSLOG_IDENTIFIER=banriskd\n",
        ] { #expect(sent.contains(line)) }
        #expect(sent.hasPrefix("MESSAGE\n"))
    }

    @Test func `A line below the level is not sent`() throws {
        let receiver = try Receiver()
        var handler = JournalLogHandler(label: "banriskd", socket: JournalSocket(path: receiver.path))
        handler.logLevel = .warning
        Logger(label: "banriskd") { [handler] _ in handler }.info("ready")
        #expect(receiver.receive().isEmpty)
    }

    @Test
    func `Every event of the daemon and the notifier is in the catalog, and the catalog's texts have its identifiers`()
        throws
    {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let catalog = try String(contentsOf: root.appending(path: "systemd/banrisk.catalog"), encoding: .utf8)
        let documented = try String(contentsOf: root.appending(path: "docs/alerts.md"), encoding: .utf8)
        #expect(Set(EventCatalog.messageIDs.values).count == EventCatalog.messageIDs.count)
        for (event, id) in EventCatalog.messageIDs {
            #expect(id.count == 32 && id.allSatisfy { "0123456789abcdef".contains($0) })
            #expect(catalog.contains("-- \(id)\n"), "\(event) has no text")
            #expect(documented.contains("`\(event)`"), "\(event) is not documented")
            #expect(documented.contains(id), "\(event) is documented with another identifier")
        }
        #expect(catalog.split(separator: "\n").count { $0.hasPrefix("-- ") } == EventCatalog.messageIDs.count)
        for folder in ["banriskd", "Notification", "banrisk"] {
            let path = root.appending(path: "Sources/\(folder)")
            for file in try FileManager.default.contentsOfDirectory(atPath: path.path) where file.hasSuffix(".swift") {
                let text = try String(contentsOf: path.appending(path: file), encoding: .utf8)
                for match in text.matches(of: /"event": "([a-z.]+)"/) {
                    #expect(EventCatalog.messageID(of: String(match.1)) != nil, "\(match.1) in \(file)")
                }
            }
        }
    }
}
