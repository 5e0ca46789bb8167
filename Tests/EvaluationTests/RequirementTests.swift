import Evaluation
import Testing

@Suite struct RequirementTests {
    private let figures = Sample.report(.peak, detection: Sample.detection).figures

    @Test(arguments: [
        "review.precision>=0.66", "review.recall <= 0.5", "ban.false_positives<=0", "ban.precision>0.99",
        "class.home.review.false_positives<2", "kind.*.watch.recall>=0", "victims.compromised>=0.5",
        "detection.review.median_events<=1", "average_precision>0.5", "review.precision.low<0.66", "victims.ban<2",
    ])
    func `what is met says nothing`(text: String) throws {
        let requirement = try #require(Requirement(text))
        #expect(requirement.isKnown(among: figures))
        #expect(requirement.shortfalls(figures) == [])
    }

    @Test(arguments: [
        ("review.precision>=0.95", "review.precision is 0.6667; required: review.precision>=0.95"),
        ("review.precision.low>=0.66", "review.precision.low is 0.2077; required: review.precision.low>=0.66"),
        ("victims.ban<=0", "victims.ban is 1.0000; required: victims.ban<=0"),
        ("kind.*.review.recall>=0.5", "kind.cards.review.recall is 0.0000; required: kind.*.review.recall>=0.5"),
        (
            "kind.cards.review.campaigns>0",
            "kind.cards.review.campaigns has no value, for want of cases; required: kind.cards.review.campaigns>0"
        ),
    ])
    func `what is not met is told with its value`(text: String, told: String) throws {
        #expect(try #require(Requirement(text)).shortfalls(figures) == [told])
    }

    @Test func `a strict bound is not met by its own value`() throws {
        #expect(try #require(Requirement("review.recall>0.5")).shortfalls(figures).count == 1)
        #expect(try #require(Requirement("review.recall>=0.5")).shortfalls(figures).isEmpty)
    }

    @Test(arguments: [
        "", "review.precision", ">=0.5", "review.precision>=", "review.precision>=high", "a=0.5", "a>=nan",
    ])
    func `what is no requirement is refused`(text: String) {
        #expect(Requirement(text) == nil)
    }

    @Test(arguments: ["review.accuracy>=0.5", "kind.*>=0.5", "review>=0.5"])
    func `a figure that is not there is not taken for met`(text: String) throws {
        #expect(try !#require(Requirement(text)).isKnown(among: figures))
    }

    @Test func `names are unique`() {
        #expect(Set(figures.map(\.name)).count == figures.count)
    }
}
