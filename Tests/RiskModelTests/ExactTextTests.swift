import RiskModel
import Testing

@Suite struct ExactTextTests {
    @Test func `canonically equivalent names are two accounts`() {
        let composed = "caf\u{e9}"
        let decomposed = "cafe\u{301}"
        #expect(composed == decomposed)
        #expect(ExactText(composed) != ExactText(decomposed))
        #expect(Set([ExactText(composed), ExactText(decomposed)]).count == 2)
        #expect((ExactText(composed) < ExactText(decomposed)) != (ExactText(decomposed) < ExactText(composed)))
        let keys = [composed, decomposed].map { EntityKey(kind: .device, text: $0) }
        #expect(Set(keys).count == 2)
    }

    @Test(arguments: ["", "a", "ü", "日本語", "\u{1f600}", String(repeating: "x", count: 300)])
    func `equal bytes are one`(text: String) {
        let copy = String(decoding: Array(text.utf8), as: UTF8.self)
        #expect(ExactText(text) == ExactText(copy))
        #expect(ExactText(text).hashValue == ExactText(copy).hashValue)
        #expect(!(ExactText(text) < ExactText(copy)))
    }
}
