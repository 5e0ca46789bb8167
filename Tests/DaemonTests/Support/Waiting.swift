import Glibc

/// Nothing here takes longer on a slow and busy machine, unless it never comes.
let patience = Duration.seconds(180)

struct NeverCame: Error, CustomStringConvertible {
    var description: String
}

/// Asks again and again until there is an answer.
///
/// - Throws: ``NeverCame`` with `fact`, after ``patience``; what `ask` throws, at once.
func answer<Answer>(to fact: @autoclosure () -> String, _ ask: () throws -> Answer?) throws -> Answer {
    let deadline = ContinuousClock.now + patience
    while true {
        if let found = try ask() { return found }
        guard ContinuousClock.now < deadline else { throw NeverCame(description: "waited in vain: \(fact())") }
        poll(nil, 0, 3)
    }
}

/// Asks again and again until it is so.
func eventually(_ fact: @autoclosure () -> String, _ isSo: () throws -> Bool) throws {
    try answer(to: fact()) { try isSo() ? () : nil }
}
