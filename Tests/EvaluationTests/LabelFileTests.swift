import Evaluation
import Testing

@Suite struct LabelFileTests {
    @Test func `labels of each sort are read`() throws {
        let text = """
            {"account":"u1","label":"innocent","class":"carrier_nat"}
            {"account":"u2","label":"abuse","kind":"batch","campaign":"batch-3","note":"ignored"}\r
            {"label":"victim","kind":"stuffing","account":"u\\u00e9"}

            {"account":"u4","label":"abuse"}
            {"account":"u4","label":"abuse"}
            """
        let labels = try LabelFile.parse(Array(text.utf8), file: "labels.ndjson")
        #expect(
            labels == [
                "u1": .innocent(class: "carrier_nat"), "u2": .abuse(kind: "batch", campaign: "batch-3"),
                "ué": .victim(kind: "stuffing", campaign: nil), "u4": .abuse(kind: "unnamed", campaign: nil),
            ])
    }

    @Test(arguments: [
        ("{\"account\":\"u1\",\"label\":\"guilty\"}", "not \"guilty\""), ("nothing", "not a JSON object"),
        ("{\"label\":\"abuse\"}", "\"account\""), ("{\"account\":1,\"label\":\"abuse\"}", "texts"),
        ("{\"account\":\"u0\",\"label\":\"abuse\"}", "another label"),
    ])
    func `every fault is told with its line`(line: String, told: String) {
        let text = "{\"account\":\"u0\",\"label\":\"innocent\"}\n\n" + line + "\n"
        let faults = #expect(throws: LabelFaults.self) { try LabelFile.parse(Array(text.utf8), file: "l") }
        #expect(faults?.faults.count == 1)
        #expect(faults?.description.hasPrefix("l:3: ") == true && faults?.description.contains(told) == true)
    }

    @Test func `a file of another sort does not fill the screen`() {
        let text = String(repeating: "x\n", count: 500)
        let faults = #expect(throws: LabelFaults.self) { try LabelFile.parse(Array(text.utf8), file: "l") }
        #expect(faults?.faults.count == 21 && faults?.faults.last == "l: 480 more faults")
    }
}
