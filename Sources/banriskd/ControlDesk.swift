import Assembly
import Enrichment
import Intake
import Logging
import RiskModel
import Settings
import Store

/// Answers requests on the control socket: one line each, answered with one JSON object.
struct ControlDesk: Sendable {
    let status: StatusReport
    let reloader: Reloader
    let quarantine: QuarantineDesk
    let verdicts: VerdictDesk
    let forgetter: Forgetter
    let gatekeeper: Gatekeeper
    let files: FileFollower
    let live: LiveAssembly
    let logger: Logger

    func answer(to request: String, of peer: Peer) -> String {
        switch request {
        // It says nothing of people, so nobody need know who asked.
        case "status": return ControlMessage.encode(status.status)
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
        do {
            if let request = try ForgetRequest(line: request) { return answer(to: request, of: peer) }
        } catch {
            return ControlMessage.encode(ForgetAnswer.refused("the account cannot be read"))
        }
        return ControlMessage.encode([
            "error": "unknown request; known are: status, reload, quarantine, verdict, forget"
        ])
    }

    /// A verdict's accounts, reason and author stand in `verdicts`; the audit has that one was given.
    private func answer(to request: VerdictRequest, of peer: Peer) -> String {
        let name = live.current.sources.nameOfAccount
        let subject = request.accounts.count == 1 ? name(request.accounts[0]) : "\(request.accounts.count) accounts"
        return gatekeeper.admit(peer, as: .analyst, "verdict.\(request.kind.rawValue)", subject: subject) {
            let answer = verdicts.answer(to: request, peer: VerdictPeer(uid: peer.uid, name: peer.name))
            return (answer.line, answer.error == nil)
        } ?? refusal("verdict", .analyst)
    }

    /// The audit gets what only the holder of the key can tell to be the account's.
    private func answer(to request: ForgetRequest, of peer: Peer) -> String {
        guard status.progress.phase == .running else {
            return ControlMessage.encode(
                ForgetAnswer.refused("the daemon is \(status.progress.phase.rawValue); try again later"))
        }
        guard (1...VerdictRequest.maximumNameBytes).contains(request.account.utf8.count) else {
            return ControlMessage.encode(ForgetAnswer.refused("an account's name has 1 to 512 bytes"))
        }
        let receipt = status.live.current.sources.pseudonyms?.receipt(of: request.account)
        return gatekeeper.admit(peer, as: .operator, "account.forget", subject: receipt) {
            let answer = forgetter.forget(request)
            return (ControlMessage.encode(answer), answer.error == nil)
        } ?? refusal("forget", .operator)
    }

    /// What one is told who has no role at all.
    func refusal(of peer: Peer) -> String? {
        gatekeeper.access.roles(of: peer).isEmpty ? refusal("whatever is asked here", .all) : nil
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
        if answer.reloaded { files.follow(live.current.configuration.files.map(FollowedPath.init)) }
        return answer
    }
}
