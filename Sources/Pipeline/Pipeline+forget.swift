import Enrichment
import Ordering
package import RiskModel

/// One account leaves the state. All calls are for the pipeline's own thread, between two batches.
extension Pipeline {
    /// What the frames say, in the clear, as the stages before the folds see it.
    package func decoded(_ frames: FrameBatch) -> EventBatch {
        reading { state in
            var batch = EventBatch()
            state.stages.decode(frames, into: &batch)
            return batch
        }
    }

    /// Puts pseudonyms in place of what names people, as the folds see it.
    func pseudonymize(_ batch: inout EventBatch) {
        let stages = reading { $0.stages }
        stages.pseudonymize(&batch)
    }

    /// The names of the attributes that rules look at, by slot.
    var attributes: [String] { reading { $0.stages.rules.attributes } }

    /// The names by which folds and database may know an account: its own, and its pseudonyms under all keys.
    package func names(of account: NameSearch) -> [NameSearch] {
        guard let pseudonyms = reading({ $0.stages.sources.pseudonyms }), pseudonyms.fields.contains(.account) else {
            return [account]
        }
        return [account] + pseudonyms.pseudonyms(of: account.name).map { NameSearch($0) }
    }

    /// Accounts that are called otherwise, though the name be a word of theirs: that stays.
    package func names(mentioning search: NameSearch) -> [String] {
        reading { $0.stages.names(mentioning: search) }
    }

    /// Lets an account go: its events that wait, all that the folds know of it, and entities that were its alone. Where the
    /// state of others speaks of it, the tombstone stands instead.
    ///
    /// Windows keep counting it as a member without a name, so nobody else's score changes. The state is written and read back,
    /// as for a reload.
    package func forget(_ trace: AccountTrace, tombstone: String) throws(StateFault) {
        let names = names(of: trace.search)
        try changing { state throws(StateFault) in
            state.sequencer.removeWaiting { trace.isOwn($0, $1) }
            for name in names { state.stages.forget(name, entities: trace.ownValues) }
            for (number, name) in names.enumerated() {
                let current = state.stages
                let next = Stages(
                    rules: current.rules, sources: current.sources, options: current.options, hashSeed: state.hashSeed)
                let substitution = NameSubstitution(
                    of: name, by: NameSubstitution.tombstone("\(tombstone)-\(number)", inPartitionOf: name.name))
                try next.takeState(of: current, substitution: substitution)
                enforce(next, in: &state)
                try state.sequencer.substitute(substitution)
                state.sequencer.annotateWaiting { next.annotate(&$0, forgettingAttributes: false) }
            }
        }
    }
}
