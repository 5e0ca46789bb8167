internal import ArgumentParser
internal import Assembly
internal import Intake

/// What every command has that asks the daemon.
struct ControlOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's control socket.", discussion: "Without it: $BANRISK_CONTROL, else /run/banrisk/control.sock.",
            valueName: "path"))
    var control: String?

    /// The option, else the environment's, else the daemon's own place.
    var path: String {
        if let control { return control }
        let named = Terminal.variable("BANRISK_CONTROL") ?? ""
        return named.isEmpty ? "/run/banrisk/control.sock" : named
    }

    /// Asks the daemon one line and returns its answer.
    ///
    /// - Throws: also where the daemon refuses one who may not ask.
    func ask(_ question: String) throws(ToolError) -> String {
        let answer = try answer(to: question)
        if let refusal = try? ControlMessage.decode(ControlRefusal.self, from: answer) {
            throw .unreachable("The daemon refuses: \(refusal.refused).")
        }
        return answer
    }

    private func answer(to question: String) throws(ToolError) -> String {
        do {
            return try ControlClient.ask(question, path: path)
        } catch IntakeError.permissionDenied {
            throw .unreachable("You have no permission for \(path). Be in the group of the daemon's sockets.")
        } catch {
            throw .unreachable("No banriskd answers on \(path). Start it, or name its socket with --control.")
        }
    }
}
