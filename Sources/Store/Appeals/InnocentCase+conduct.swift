extension InnocentCase {
    /// What the account did, and what was given with it.
    static let conduct: [InnocentCase] = [
        InnocentCase(
            "mail_alias", [.disposable],
            "An alias of a privacy service: mail reaches a real person, who does not want the address sold.",
            ask: "Is the address an alias? Can you give another way to reach you?",
            check: "Does the domain belong to a privacy service rather than to throw-away boxes? Then take it off the "
                + "list.",
            for: [.nothingElse, .accountOld, .once],
            against: [.otherFacts, .often]),
        InnocentCase(
            "rented_number", [.disposable],
            "The only number the owner has is from an internet telephony provider or prepaid.",
            ask: "Which provider is the number from?",
            check: "Does the number's block belong to a telephony provider with real customers?",
            for: [.nothingElse, .accountOld],
            against: [.otherFacts, .often]),
        InnocentCase(
            "bank_refusal", [.payment],
            "The bank refused, for its own reasons, and the owner tried again: a limit, an expired card, a second "
                + "factor.",
            ask: "Did your bank refuse, and did it say why?",
            check: "Is it one card, tried a few times, and paid in the end?",
            for: [.accountOld, .once, .over, .nothingElse],
            against: [.often, .otherFacts]),
        InnocentCase(
            "foreign_card", [.payment],
            "The card is from another country than the address: a traveller, a student, a gift, a bank on the "
                + "internet.",
            ask: "Where is the card from, and where do you live?",
            check: "Does the country fit the account's language or earlier places?",
            for: [.accountOld, .nothingElse, .once],
            against: [.otherFacts, .often]),
        InnocentCase(
            "quotation", [.policy],
            "What was reported was quoted, studied, translated or told: research, a newspaper, fiction, help for a "
                + "victim.",
            ask: "What was the work about? Nothing private is needed.",
            check: "Have a person read what was flagged, in its language and as a whole.",
            for: [.accountOld, .nothingElse, .once],
            against: [.often]),
        InnocentCase(
            "wrong_classifier", [.policy],
            "The classifier is wrong, as it often is in languages and dialects that it knows little of.",
            ask: nil,
            check: "Would a person who speaks the language have reported it? How often is this classifier wrong?",
            for: [.nothingElse, .once, .accountOld],
            against: [.often]),
        InnocentCase(
            "held_off", [.takeover],
            "The login was the owner's own, from a place where others attack from: a carrier's address, a shared "
                + "network.",
            ask: "Was the login yours? From where?",
            check: "Is the address one that many people share? Has the account been there before?",
            for: [.cellular, .sameDevice, .accountOld],
            against: [.hosting, .relayNetwork]),
        InnocentCase(
            "acquaintance", [.tie],
            "The owner knows, or once knew, whoever was banned, and had no part in it.",
            ask: "Who else had the device, the card or the number?",
            check: "Has the account done anything itself? A tie alone is no deed, and the ban that it rests on could "
                + "be wrong: look at it too.",
            for: [.nothingElse, .accountOld, .fewShare],
            against: [.otherFacts, .registeredTogether]),
        InnocentCase(
            "language", [.language],
            "What language somebody writes says where he comes from, and nothing about what he does.",
            ask: nil,
            check: "Leave it out: would the score be high without it? If not, there is no case.",
            for: [.nothingElse], against: []),
        InnocentCase(
            "chance", [.other],
            "A rule of your own spoke; somebody who did nothing wrong can have met it by chance.",
            ask: "What were you doing then?",
            check: "Who else meets this rule? Count the innocent among them.",
            for: [.nothingElse, .accountOld, .once, .othersClean],
            against: [.otherFacts, .often]),
    ]
}
