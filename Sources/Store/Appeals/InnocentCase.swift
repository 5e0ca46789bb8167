/// An innocent explanation for evidence of some kinds: what would have happened, and what tells it from guilt.
///
/// The cases are knowledge, not code: a sentence, a question, a thing to look at, and the clues that speak for and against.
struct InnocentCase {
    let name: String
    let topics: Set<AppealTopic>
    let story: String
    /// `nil` where it is not for the accused to explain.
    let ask: String?
    let check: String
    let supports: [Clue]
    let contradicts: [Clue]

    init(
        _ name: String, _ topics: Set<AppealTopic>, _ story: String, ask: String?, check: String, for supports: [Clue],
        against contradicts: [Clue]
    ) {
        self.name = name
        self.topics = topics
        self.story = story
        self.ask = ask
        self.check = check
        self.supports = supports
        self.contradicts = contradicts
    }

    static let all = shared + places + conduct

    /// Those that can fit a charge, the one with most for it and least against it first; equal ones in the order of ``all``.
    static func fitting(_ topic: AppealTopic, _ facts: Circumstances) -> [Appeal.Explanation] {
        let found = all.filter { $0.topics.contains(topic) }.map { $0.weighed(facts) }
        return found.enumerated().sorted {
            ($1.element.balance, $0.offset) < ($0.element.balance, $1.offset)
        }.map(\.element)
    }

    private func weighed(_ facts: Circumstances) -> Appeal.Explanation {
        Appeal.Explanation(
            name: name, story: story, speaksFor: supports.compactMap { $0.statement(facts) },
            speaksAgainst: contradicts.compactMap { $0.statement(facts) }, ask: ask, check: check)
    }
}

extension Appeal.Explanation {
    fileprivate var balance: Int { speaksFor.count - speaksAgainst.count }
}
