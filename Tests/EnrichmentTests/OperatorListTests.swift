import Enrichment
import Foundation
import RiskModel
import Testing

@Suite struct OperatorListTests {
    private func parse(_ text: String) throws(ListFaults) -> OperatorList {
        try OperatorList.parse(name: "test", file: "test.txt", text: text)
    }

    @Test func `a list of networks holds CIDR and single addresses of both families`() throws {
        let list = try parse("type: cidr\n203.0.113.0/24\n198.51.100.7\r\n2001:db8::/32 # documentation\n2001:db8::\n")
        #expect(list.kind == .cidr)
        let expected = ["203.0.113.0/24", "198.51.100.7", "2001:db8::/32", "2001:db8::"].compactMap { IPPrefix($0) }
        #expect(expected.count == 4)
        #expect(list.entries == .cidr(expected))
    }

    @Test func `a list of network numbers takes them with and without AS`() throws {
        #expect(try parse("# mine\n\ntype: asn\nAS64496\nas64497\n65536").entries == .asn([64496, 64497, 65536]))
    }

    @Test func `a country can have a day from which it holds, and a day from which it no longer does`() throws {
        let list = try parse("type: country\nDE\ncu 2023-03-01\nFR 2023-03-01 2024-02-29")
        let from = Timestamp(seconds: 1_677_628_800)
        let codes = ["DE", "CU", "FR"].compactMap { CountryCode($0) }
        #expect(
            list.entries
                == .country([
                    CountryEntry(country: codes[0]), CountryEntry(country: codes[1], from: from),
                    CountryEntry(country: codes[2], from: from, until: Timestamp(seconds: 1_709_164_800)),
                ]))
    }

    @Test func `telephone prefixes and domains are kept in one form`() throws {
        #expect(try parse("type: prefix\n+4479\n+1").entries == .prefix(["4479", "1"].compactMap { PhonePrefix($0) }))
        #expect(
            try parse("type: domain\nMail.Example\nxn--bcher-kva.example").entries
                == .domain(["mail.example", "xn--bcher-kva.example"]))
    }

    @Test func `a list of card issuers holds four to eight digits`() throws {
        let list = try parse("type: bin\n4111\n41111199 # a bank's trial cards\n")
        #expect(list.kind == .bin && list.entries == .bin(["4111", "41111199"]))
        for bad in ["411", "411111111", "41111x", "+4111", "4111 5111"] {
            #expect(throws: ListFaults.self) { try parse("type: bin\n" + bad) }
        }
    }

    @Test func `a list with a kind and no entries is a list`() throws {
        #expect(try parse("type: asn # nothing yet").count == 0)
    }

    @Test(
        arguments: [
            (
                "type: country\nDE\nXX1", 3,
                "\"XX1\" is not a country code; two letters of ISO 3166-1, for example \"DE\""
            ),
            ("type: country\nDE 2023-02-29", 2, "\"2023-02-29\" is not a date; write YYYY-MM-DD"),
            ("type: country\nDE 1.3.2023", 2, "\"1.3.2023\" is not a date"),
            ("type: country\nDE +023-03-01", 2, "\"+023-03-01\" is not a date"),
            ("type: country\nDE 2024-01-01 2023-01-01", 2, "the entry ends before it begins"),
            ("type: country\nDE 2023-01-01 2024-01-01 FR", 2, "\"FR\" is one word too many"),
            ("type: cidr\n203.0.113.1/24", 2, "\"203.0.113.1/24\" is not a network"),
            ("type: cidr\n203.0.113.0/33", 2, "\"203.0.113.0/33\" is not a network"),
            ("type: cidr\n203.0.113.0 198.51.100.0", 2, "\"198.51.100.0\" is one word too many"),
            ("type: asn\nAS0", 2, "\"AS0\" is not an AS number"),
            ("type: asn\nAS4294967296", 2, "\"AS4294967296\" is not an AS number"),
            ("type: asn\n+7", 2, "\"+7\" is not an AS number"),
            ("type: prefix\n4479", 2, "\"4479\" is not a telephone prefix"),
            ("type: prefix\n+0479", 2, "\"+0479\" is not a telephone prefix"),
            ("type: prefix\n+1234567890123456", 2, "\"+1234567890123456\" is not a telephone prefix"),
            ("type: domain\n@mail.example", 2, "\"@mail.example\" is not a domain"),
            ("type: domain\nbücher.example", 2, "\"bücher.example\" is not a domain"),
            ("type: domain\nexample", 2, "\"example\" is not a domain"),
            ("type: domain\n-a.example", 2, "\"-a.example\" is not a domain"),
            ("type: regex\n.*", 1, "\"regex\" is not a kind of list; write one of \"type: cidr\""),
            ("type:", 1, "\"\" is not a kind of list"),
            ("\n# AS\nAS64496\nAS64497", 3, "an entry before the list's kind; begin with one of \"type: cidr\""),
            ("type: asn\ntype: cidr", 2, "a second \"type:\""),
            ("kind: asn", 1, "\"kind:\" is not known; the only directive is \"type:\""),
            ("# nothing\n", 0, "no kind; begin with one of"),
        ])
    func `a fault names its line, what is wrong and what would be right`(text: String, line: Int, message: String)
        throws
    {
        let error = #expect(throws: ListFaults.self) { try parse(text) }
        let fault = try #require(error?.faults.first)
        #expect(fault.line == line)
        #expect(fault.message.hasPrefix(message), "\(fault.message)")
        #expect(fault.description.hasPrefix(line == 0 ? "test.txt: " : "test.txt:\(line): "))
    }

    @Test func `every fault of a list is reported`() throws {
        let error = #expect(throws: ListFaults.self) {
            try parse("type: country\nXX1\nDE\nFR 2023\nkind: asn\n\u{1b}[2J\n")
        }
        #expect(error?.faults.map(\.line) == [2, 4, 5, 6])
        #expect(error?.description.contains("\u{1b}") == false)
    }

    @Test func `a name that rules could not name is refused`() {
        for name in ["", "Hosting", "a-b", "a b", String(repeating: "a", count: 65)] {
            #expect(throws: ListFaults.self) { try OperatorList.parse(name: name, file: "x", text: "type: asn") }
        }
    }

    @Test func `a file's list is named for the file`() throws {
        try TestFiles.with(Data("type: asn\n64496\n".utf8), named: "mine.txt") { path in
            let list = try OperatorList.load(path: path)
            #expect(list.name == "mine" && list.entries == .asn([64496]))
        }
    }

    @Test func `a file that is absent, a folder or no UTF-8 is refused by name`() throws {
        try TestFiles.with(Data([0x74, 0xff]), named: "mine.txt") { path in
            for (bad, message) in [
                (path, "not UTF-8; save it as UTF-8"), (path + "x", "no such file"),
                (String(path.dropLast("/mine.txt".count)), "not a regular file"),
            ] {
                let error = #expect(throws: ListFaults.self) { try OperatorList.load(path: bad) }
                #expect(error?.faults == [ListFault(file: bad, line: 0, message: message)])
            }
        }
    }

    @Test(arguments: [("unsupported_regions", ListKind.country, 8), ("hosting_asns", .asn, 17)])
    func `the lists that are shipped are sound`(name: String, kind: ListKind, count: Int) throws {
        let list = try OperatorList.load(path: TestFiles.packageRoot.appending(path: "Config/lists/\(name).txt").path)
        #expect(list.name == name)
        #expect(list.kind == kind)
        #expect(list.count == count)
    }
}
