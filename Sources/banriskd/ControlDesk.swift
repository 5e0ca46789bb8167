import Assembly
import Intake
import Logging
import RiskModel
import Store

/// Answers requests on the control socket: one line each, answered with one JSON object.
struct ControlDesk: Sendable {
    let status: StatusReport
    let reloader: Reloader
    let quarantine: QuarantineDesk
    let verdicts: VerdictDesk
    let gatekeeper: Gatekeeper
    let logger: Logger

    func answer(to request: String, of peer: Peer) -> String {
        switch request {
        case "status":
            // It says nothing of people, so nobody need know who asked.
            guard !gatekeeper.access.roles(of: peer).isEmpty else { return refusal("status", .all) }
            return ControlMessage.encode(status.status)
        case "reload":
            return gatekeeper.admit(peer, as: .operator, "reload") {
                let answer = reload()
                return (ControlMessage.encode(answer), answer.reloaded)
            } ?? refusal(request, .operator)
        default: break
        }
        do {
            if let request = try QuarantineRequest(line: request) {
                let action = "quarantine.\(request.action.rawValue)"
                return gatekeeper.admit(peer, as: .operator, action) {
                    let answer = quarantine.answer(to: request)
                    return (answer.line, answer.error == nil)
                } ?? refusal(action, .operator)
            }
        } catch {
            return QuarantineAnswer(error: "the selection cannot be read").line
        }
        do {
            if let request = try VerdictRequest(line: request) { return answer(to: request, of: peer) }
        } catch {
            return VerdictAnswer(error: "the verdict cannot be read").line
        }
        return ControlMessage.encode(["error": "unknown request; known are: status, reload, quarantine, verdict"])
    }

    /// A verdict's accounts, reason and author stand in `verdicts`; the audit has that one was given.
    private func answer(to request: VerdictRequest, of peer: Peer) -> String {
        let subject = request.accounts.count == 1 ? request.accounts[0] : "\(request.accounts.count) accounts"
        return gatekeeper.admit(peer, as: .analyst, "verdict.\(request.kind.rawValue)", subject: subject) {
            let answer = verdicts.answer(to: request, peer: VerdictPeer(uid: peer.uid, name: peer.name))
            return (answer.line, answer.error == nil)
        } ?? refusal("verdict", .analyst)
    }

    private func refusal(_ action: String, _ roles: Roles) -> String {
        let needed = roles.names.split(separator: ",").joined(separator: " or ")
        return ControlMessage.encode(
            ControlRefusal(
                refused: "\(action) needs the role \(needed); be in a group that the configuration names under access"))
    }

    /// Reads the configuration and everything that it names again, and logs what became of it.
    @discardableResult
    func reload() -> ReloadAnswer {
        let answer = reloader.reload(.everything)
        answer.log(to: logger, what: "the configuration")
        return answer
    }
}
