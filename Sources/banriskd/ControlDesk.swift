import Assembly
import Intake
import Logging
import Store

/// Answers requests on the control socket: one line each, answered with one JSON object.
struct ControlDesk: Sendable {
    let status: StatusReport
    let reloader: Reloader
    let quarantine: QuarantineDesk
    let verdicts: VerdictDesk
    let logger: Logger

    func answer(to request: String, of peer: ControlPeer) -> String {
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
        do {
            if let request = try VerdictRequest(line: request) {
                return verdicts.answer(to: request, peer: VerdictPeer(uid: peer.uid, name: peer.name)).line
            }
        } catch {
            return VerdictAnswer(error: "the verdict cannot be read").line
        }
        return ControlMessage.encode(["error": "unknown request; known are: status, reload, quarantine, verdict"])
    }

    /// Reads the configuration and everything that it names again, and logs what became of it.
    @discardableResult
    func reload() -> ReloadAnswer {
        let answer = reloader.reload(.everything)
        answer.log(to: logger, what: "the configuration")
        return answer
    }
}
