/// What is known of an account from outside: from a simulator, or from people who looked into it.
package enum Label: Sendable, Hashable {
    /// The class says which sort of innocent, such as `carrier_nat`.
    case innocent(class: String)
    /// The kind says which offence, the campaign which farm; accounts that act alone have no campaign.
    case abuse(kind: String, campaign: String?)
    /// Taken over by somebody else: to be flagged `compromised`, never to be banned.
    case victim(kind: String, campaign: String?)
}
