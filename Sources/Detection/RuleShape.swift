import RiskModel

extension Rule {
    /// A fingerprint of the rule's id and of all that its state depends on: states may pass between rules of one shape.
    ///
    /// What a rule makes of its state is left out: weight, half-life, and the ramp. A step that a key had reached is the
    /// word that its members heard last, whatever the ramp is now. Included are an account's time as a new one, which the
    /// members carry; who is blamed for a rate, for only accounts that are to blame are kept; how a journey is judged; and
    /// how many attempts the ramp of a match has kept.
    var shape: UInt64 {
        var writer = StateWriter()
        writer.write(id)
        writer.write(kind.name)
        writer.write(key.rawValue)
        writer.write(condition.types)
        writer.write(condition.outcomes)
        switch kind {
        case .distinct(let parameters):
            writer.write(parameters.member.rawValue)
            writer.write(parameters.window.microseconds)
            if parameters.member == .account { writer.write(parameters.newFor.microseconds) }
        case .rate(let parameters):
            writer.write(parameters.window.microseconds)
            writer.write(blame.rawValue)
        case .travel(let parameters):
            writer.write(parameters.window.microseconds)
            writer.write(parameters.maximumSpeed)
            writer.write(parameters.minimumDistance)
        case .match(let parameters):
            switch parameters.test {
            case .list(let name): writer.write(name)
            case .flags(let flags): writer.write(flags.rawValue)
            }
            writer.write(parameters.window.microseconds)
            writer.write(parameters.gap.microseconds)
            writer.write(Int64(parameters.attemptLimit))
        }
        return KeyHash(seed: 0).hash(writer.bytes.span)
    }
}
