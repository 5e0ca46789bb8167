internal import Intake

/// The table of routes: what the server serves, and what the OpenAPI document says that it serves.
enum Endpoints {
    /// Who may look at people.
    static let readers: Roles = [.operator, .analyst]

    static let all: [Route] = events + accounts + alerts + incidents + verdicts + quarantine + operations + health
}
