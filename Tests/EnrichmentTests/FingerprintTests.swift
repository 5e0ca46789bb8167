import Enrichment
import Foundation
import Testing

@Suite struct FingerprintTests {
    /// What `xxh64sum` 0.8.1 prints for bytes of the value 7 i + count.
    @Test(
        arguments: [
            (0, "ef46db3751d8e999"), (1, "8a4127811b21e730"), (3, "31d2363f52e564c9"), (4, "b4d516af63f9c743"),
            (7, "2163df11c0cdf8cd"), (8, "d5474d6ca50def58"), (12, "a4743d1733af563b"), (15, "646187cf6e75240d"),
            (31, "c025b4c3c4880c7a"), (32, "178ae25cee6f7994"), (33, "4072a28263e977ef"), (40, "a01d9c93069ef8cc"),
            (63, "47948108b5ff3162"), (64, "cf35552f599ba94d"), (100, "3a7fdc0febf6f5dc"), (255, "a537c95be46e0e8a"),
        ])
    func `it is what xxh64sum prints`(count: Int, expected: String) {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + count) }
        #expect(Fingerprint(of: content.span).description == expected)
    }

    @Test func `it is of the file's bytes, for databases and lists, and stands in the record`() throws {
        let path = TestFiles.demo("city")
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let text = "type: asn\r\n# comment\nAS64496"
        let list = try OperatorList.parse(name: "mine", file: "mine.txt", text: text)
        let database = try GeoDatabase(path: path)
        let sources = try EnrichmentSources(databases: [database], lists: [list])
        #expect(
            sources.record.description == """
                city \(database.type) \(database.buildEpoch) \(Fingerprint(of: bytes.span))
                list mine 1 \(Fingerprint(of: Array(text.utf8).span))
                """)
    }
}
