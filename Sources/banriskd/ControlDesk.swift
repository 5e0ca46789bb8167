import Assembly
import Logging
import Store

/// Answers requests on the control socket: one line each, answered with one JSON object.
struct ControlDesk: Sendable {
    let status: StatusReport
    let reloader: Reloader
    let quarantine: QuarantineDesk
    let logger: Logger

    func answer(to request: String) -> String {
        switch request {
        case "status": return ControlMessage.encode(status.status)
        case "reload": return ControlMessage.encode(reload())
        default: break
        }
        do {
            if let request = try QuarantineRequest(line: request) { return quarantine.answer(to: request).line }
        } catch {
            return QuarantineAnswer(error: "the selection cannot be read").line
        }
        return ControlMessage.encode(["error": "unknown request; known are: status, reload, quarantine"])
    }

    /// Reads the configuration and everything that it names again, and logs what became of it.
    @discardableResult
    func reload() -> ReloadAnswer {
        let answer = reloader.reload(.everything)
        answer.log(to: logger, what: "the configuration")
        return answer
    }
}
