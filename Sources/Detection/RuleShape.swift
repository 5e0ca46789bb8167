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
        writer.write(condition.fingerprint)
        switch kind {
        case .distinct(let parameters):
            writer.write(parameters.member.rawValue)
            writer.write(parameters.window.microseconds)
            if parameters.member == .account { writer.write(parameters.newFor.microseconds) }
            writer.write(parameters.baseline?.halfLifeDays ?? 0)
            if parameters.networks != nil { writer.write("networks") }
        case .rate(let parameters):
            writer.write(parameters.window.microseconds)
            writer.write(blame.rawValue)
        case .travel(let parameters):
            writer.write(parameters.window.microseconds)
            writer.write(parameters.maximumSpeed)
            writer.write(parameters.minimumDistance)
        case .match(let parameters):
            writer.write("\(parameters.test)")
            writer.write(parameters.window.microseconds)
            writer.write(parameters.gap.microseconds)
            writer.write(Int64(parameters.attemptLimit))
        case .overlap(let parameters):
            writer.write(parameters.member.rawValue)
            writer.write(Int64(parameters.concurrent))
            writer.write(parameters.slot.microseconds)
            writer.write(parameters.window.microseconds)
        case .modifier(let parameters):
            writer.write(parameters.field.rawValue)
            writer.write("\(parameters.values)")
            writer.write(parameters.window.microseconds)
        case .likeness(let parameters):
            writer.write(parameters.minimumBits)
            writer.write(parameters.acrossNetworks)
            writer.write(parameters.window.microseconds)
        case .association(let parameters):
            for field in parameters.ties { writer.write(field.rawValue) }
        case .resale, .rhythm, .takeover, .ladder: writer.write(kind.window.microseconds)
        }
        return KeyHash(seed: 0).hash(writer.bytes.span)
    }
}
