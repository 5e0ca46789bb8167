import API
import Assembly
import Decoding
import Foundation
import Glibc
import RiskModel
import Settings
import Spool
import Synchronization

extension APIServices {
    /// What the daemon does for HTTP is what it does for the control socket.
    init(_ desk: ControlDesk, spool: Spool, live: LiveAssembly) {
        self.init(
            status: { desk.status.status }, access: { desk.gatekeeper.access }, reload: { desk.reload() },
            verdict: { desk.verdicts.answer(to: $0, peer: $1) }, quarantine: { desk.quarantine.answer(to: $0) },
            check: { [checker = LineChecker(live)] in checker.rejections(in: $0) },
            audit: { desk.gatekeeper.audit($0) }, sink: spool,
            databasePath: live.current.configuration.databasePath)
    }
}

extension APIServer.TCP {
    /// The TCP address with its token; `nil` where none is configured.
    init?(_ configuration: Configuration.API) throws {
        guard let endpoint = configuration.tcp else { return nil }
        guard let path = configuration.tokenFile ?? Credential.path("api-token") else { throw DaemonError.tokenMissing }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let token = BearerToken(text) else {
            throw DaemonError.token(path: path)
        }
        self.init(address: endpoint.address, port: endpoint.port, token: token)
    }
}

/// Says of lines what the pipeline will say of them, by the configuration in force.
private final class LineChecker: Sendable {
    private struct Reading: Sendable {
        var attributes: [String]
        var mappings: [Mapping]
    }

    private let live: LiveAssembly
    /// Making a decoder compiles the mappings, so it is kept.
    private let state: Mutex<(reading: Reading, decoder: EventDecoder, batch: EventBatch)>

    init(_ live: LiveAssembly) {
        self.live = live
        state = Mutex((Reading(attributes: [], mappings: []), EventDecoder(attributes: [], mappings: []), EventBatch()))
    }

    func rejections(in frames: FrameBatch) -> [Rejection] {
        let configuration = live.current.configuration
        return state.withLock { state in
            let attributes = configuration.ruleSet.attributes
            if state.reading.attributes != attributes || state.reading.mappings != configuration.mappings {
                state.reading = Reading(attributes: attributes, mappings: configuration.mappings)
                state.decoder = EventDecoder(attributes: attributes, mappings: configuration.mappings)
            }
            state.batch.removeAll()
            state.decoder.decode(frames, frames: frames.frames.indices, into: &state.batch)
            return state.batch.rejections
        }
    }
}

/// Secrets that the service manager hands over (`LoadCredential=`, systemd.exec(5)).
enum Credential {
    /// The file of a credential; `nil` where there is none.
    static func path(_ name: String) -> String? {
        // SAFETY: the text is copied before anybody changes the environment.
        guard let folder = unsafe getenv("CREDENTIALS_DIRECTORY").map({ unsafe String(cString: $0) }) else {
            return nil
        }
        let path = "\(folder)/\(name)"
        // SAFETY: the path is a C string for the length of the call.
        return unsafe access(path, R_OK) == 0 ? path : nil
    }
}
