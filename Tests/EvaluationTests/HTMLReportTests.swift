import Evaluation
import Foundation
import FoundationXML
import Testing

@Suite struct HTMLReportTests {
    private struct NotWellFormed: Error {}

    /// What a parser saw of a page.
    private final class Page: NSObject, XMLParserDelegate {
        var elements: [String: Int] = [:]
        var references: [String] = []
        var text = ""
        var ids: [String] = []
        var labelledBy: [String] = []

        init(_ html: String) throws {
            super.init()
            let body = html.replacing("<!DOCTYPE html>", with: "")
            let parser = XMLParser(data: Data(body.utf8))
            parser.delegate = self
            guard parser.parse() else { throw NotWellFormed() }
        }

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            elements[name, default: 0] += 1
            for key in ["src", "href", "action", "data"] { references += attributes[key].map { [$0] } ?? [] }
            ids += attributes["id"].map { [$0] } ?? []
            labelledBy += attributes["aria-labelledby"]?.split(separator: " ").map(String.init) ?? []
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
    }

    private func page(_ report: Report, title: String = "data") throws -> (html: String, page: Page) {
        let html = HTMLReport(report, title: title).text
        return (html, try Page(html))
    }

    @Test func `the page is well-formed, loads nothing and runs nothing`() throws {
        let (html, page) = try page(Sample.report(.peak, detection: Sample.detection))
        #expect(page.references.isEmpty && page.elements["script"] == nil && page.elements["link"] == nil)
        #expect(!html.contains("url(") && !html.contains("@import"))
        #expect(html.contains("prefers-color-scheme:dark"))
    }

    @Test func `every picture has a title and a description, and its numbers stand in a table`() throws {
        let (_, page) = try page(Sample.report(.peak, detection: Sample.detection))
        #expect(page.elements["svg"] == 5 && page.elements["desc"] == 5)
        #expect(page.labelledBy.count == 10 && Set(page.labelledBy).isSubset(of: page.ids))
        #expect(Set(page.ids).count == page.ids.count)
        #expect(page.text.contains("0.667 (0.208–0.939)"))
        #expect(page.text.contains("batch") && page.text.contains("campus") && page.text.contains("pace"))
    }

    @Test func `names from strangers cannot become markup`() throws {
        let name = "<script>alert('x')</script>&\"\u{1}"
        let report = Report(
            labels: ["a": .abuse(kind: name, campaign: name), "b": .innocent(class: name)], results: Sample.results,
            moment: .peak, rules: [name])
        let (html, page) = try page(report, title: name)
        #expect(!html.contains("<script") && page.elements["script"] == nil)
        #expect(page.text.contains("<script>alert('x')</script>&\"\u{fffd}"))
    }

    @Test func `a report of nothing is a page too`() throws {
        let empty = Report(
            labels: [:], results: Results(accounts: [:], baseScore: 2), moment: .final, rules: [])
        let (html, _) = try page(empty)
        #expect(!html.contains("nan") && !html.contains("inf"))
    }
}
