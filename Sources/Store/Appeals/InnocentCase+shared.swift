extension InnocentCase {
    /// Where accounts share something.
    static let shared: [InnocentCase] = [
        InnocentCase(
            "school", [.network, .likeness],
            "A class, a campus or a training signed up together, behind the one address of the place.",
            ask: "Where did you sign up, and was it in a class, a course or a training? Which institution, and who "
                + "led it?",
            check: "Do the accounts' e-mail domains or names belong to an institution? Do they use devices of their "
                + "own, and go on from other networks afterwards? Does the address's owner run a school?",
            for: [.registeredTogether, .othersClean, .nothingElse, .othersCleared, .manyShare],
            against: [.sharesStrongTie, .othersBanned, .hosting, .relayNetwork]),
        InnocentCase(
            "office", [.network, .api],
            "People of one company share its address; new ones come when people are hired or a tool is brought in.",
            ask: "Do you use the account at work? For which company, and does it send all its people through one "
                + "network?",
            check: "Is the traffic in working hours? Are the other accounts older and spread over time? Does the "
                + "network belong to a company?",
            for: [.othersOld, .registeredApart, .entityOld, .othersClean, .nothingElse, .accountOld],
            against: [.registeredTogether, .sharesStrongTie, .othersBanned, .relayNetwork]),
        InnocentCase(
            "carrier_nat", [.network],
            "A mobile or home carrier puts thousands of customers behind one address; neighbours in it know nothing "
                + "of each other.",
            ask: "Which carrier do you use, and was it your telephone's connection?",
            check: "Is the network a carrier's? Does the account come back from many addresses of it? Do the others "
                + "have devices of their own?",
            for: [.cellular, .othersOld, .registeredApart, .manyShare, .entityOld, .othersClean, .nothingElse],
            against: [.hosting, .relayNetwork, .registeredTogether, .sharesStrongTie]),
        InnocentCase(
            "public_network", [.network],
            "A café, a hotel, a library or a conference, whose guests share its address for some hours.",
            ask: "Were you in a public place or at an event then? Which, and what day?",
            check: "Did the account use the address for a short time only, and others before and after it? Was there "
                + "an event?",
            for: [.over, .accountOld, .othersClean, .nothingElse, .othersOld],
            against: [.goesOn, .registeredTogether, .sharesStrongTie, .hosting]),
        InnocentCase(
            "relay_exit", [.network, .hopping, .region],
            "The account went out through a VPN or a relay, whose exit it shares with strangers, and which stands "
                + "elsewhere.",
            ask: "Do you use a VPN, a privacy relay, or a browser that has one? Which, and since when?",
            check: "Does the address belong to such a service? Do the other accounts there differ in everything else?",
            for: [.relayNetwork, .relaySeen, .hosting, .sameDevice, .othersClean],
            against: [.noRelaySeen, .sharesStrongTie, .registeredTogether]),
        InnocentCase(
            "household", [.network, .device, .card, .contact, .tie],
            "A family or people who live together share what the account shares.",
            ask: "Who else in your household uses the service, and on what?",
            check: "Are there few of them? Do they use it at different times, each in an own way?",
            for: [.fewShare, .registeredApart, .othersOld, .accountOld, .nothingElse, .othersCleared],
            against: [.manyShare, .registeredTogether, .othersRisky]),
        InnocentCase(
            "bulk_enrolment", [.network, .likeness, .contact],
            "An institution or a company set up accounts for its people, one after the other, by a list.",
            ask: "Did somebody set the account up for you? Who, and for whom else?",
            check: "Do the names follow a staff list, the addresses one domain? Were the accounts then used by "
                + "different people?",
            for: [.registeredTogether, .othersClean, .over, .othersCleared],
            against: [.othersBanned, .sharesStrongTie, .relayNetwork, .hosting]),
        InnocentCase(
            "public_computer", [.device, .tie],
            "A computer that many people use: in a library, a school, an internet café, a shop.",
            ask: "Whose device was it, and where does it stand?",
            check: "Do the accounts follow each other over days rather than minutes? Has each of them other devices "
                + "too?",
            for: [.registeredApart, .othersOld, .othersClean, .accountOld, .entityOld],
            against: [.registeredTogether, .othersRisky, .othersBanned]),
        InnocentCase(
            "second_hand", [.device, .tie, .contact],
            "The device or the number belonged to somebody else before: bought used, repaired, lent, or given out "
                + "again by the carrier.",
            ask: "Since when do you have the device or the number, and from whom?",
            check: "Do the other accounts end before this one begins?",
            for: [.fewShare, .registeredApart, .nothingElse],
            against: [.registeredTogether, .manyShare, .goesOn]),
        InnocentCase(
            "same_identifier", [.device],
            "The client gives different machines the same identifier: a fault of the client, or an image copied to "
                + "many machines.",
            ask: "Which device, system and version of the client do you use? Is the machine one of many set up alike?",
            check: "Do the accounts with this identifier come from different networks, places and clients at the same "
                + "time? Then the identifier is worth nothing: tell those who make the client.",
            for: [.manyShare, .othersOld, .registeredApart, .othersClean],
            against: [.registeredTogether, .fewShare]),
        InnocentCase(
            "shared_mailbox", [.contact],
            "A team's or a family's mailbox, or a domain whose mail all goes to one box.",
            ask: "Who reads this mailbox, and who else signed up with it?",
            check: "Does the domain belong to a company or a family? Do plus-suffixes or dots make many addresses of "
                + "one box?",
            for: [.fewShare, .othersOld, .registeredApart, .othersClean],
            against: [.manyShare, .registeredTogether, .othersBanned]),
        InnocentCase(
            "company_card", [.card],
            "A company or an organisation pays for several people with one card.",
            ask: "Whose card is it, and for whom does it pay?",
            check: "Are the names or domains of the accounts one company's? Do they pay without refusals?",
            for: [.registeredApart, .othersClean, .othersOld, .accountOld],
            against: [.othersBanned, .othersRisky, .registeredTogether]),
        InnocentCase(
            "company_key", [.apiKey, .api],
            "One company's key runs on many machines or in several regions, or an agency works for clients with their "
                + "keys.",
            ask: "What does the key serve, on which machines, and for whom?",
            check: "Are the machines in one owner's networks? Is the load steady and of one kind? Is there a contract?",
            for: [.hosting, .accountOld, .nothingElse, .entityOld],
            against: [.othersRisky, .relayNetwork]),
        InnocentCase(
            "leaked_key", [.apiKey, .api],
            "The key was stolen or published: the load is strangers', and the account is their victim.",
            ask: "Has the key been in a repository, an app or a chat? Do you recognise this use?",
            check: "Did the use change at once, in place, hour or kind? Have the key replaced; then see whether it "
                + "ends.",
            for: [.accountOld, .often, .goesOn, .compromised],
            against: [.accountYoung, .othersBanned]),
        InnocentCase(
            "naming_scheme", [.likeness],
            "Names look alike because a rule made them: student numbers, first name and surname, or the service's own "
                + "proposals.",
            ask: "How did you come to your user name?",
            check: "Does the scheme belong to an institution or to our own form? Is it common among accounts that "
                + "nobody doubts?",
            for: [.othersClean, .nothingElse, .othersOld],
            against: [.sharesStrongTie, .othersBanned, .registeredTogether]),
        InnocentCase(
            "popular_client", [.likeness],
            "Many people have the same new telephone or the same client, and came on the same day: an advertisement, "
                + "a launch.",
            ask: "How did you hear of the service, and what device do you use?",
            check: "Was there a launch, an article or an advertisement that day? Did registrations rise everywhere?",
            for: [.manyShare, .othersClean, .nothingElse],
            against: [.sharesStrongTie, .othersBanned, .fewShare]),
    ]
}
