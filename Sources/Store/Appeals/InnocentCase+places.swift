extension InnocentCase {
    /// Where the account was used from.
    static let places: [InnocentCase] = [
        InnocentCase(
            "roaming", [.hopping, .region],
            "A telephone abroad: its data goes home first, so it seems to be there, while Wi-Fi shows where its owner "
                + "is.",
            ask: "Were you abroad then, and did your telephone use roaming or a travel SIM?",
            check: "Is one of the two places a mobile network? Do Wi-Fi and mobile alternate?",
            for: [.cellular, .sameDevice, .over],
            against: [.differentDevices, .hosting]),
        InnocentCase(
            "wrong_place", [.hopping, .region],
            "The database is wrong about one of the places: a network that moved, a carrier's gateway, a border.",
            ask: "Where were you then, and which provider do you use?",
            check: "What do other databases say of the addresses? Does the same network show elsewhere on other days?",
            for: [.sameCountry, .nearlyPossible, .sameDevice, .once, .nothingElse],
            against: [.differentDevices, .often]),
        InnocentCase(
            "two_devices", [.hopping, .concurrent],
            "The owner travels with one device, and another at home or at work stays logged in and goes on by itself.",
            ask: "Which devices are logged in, and where are they?",
            check: "Are the devices ones that the account has had for long? Is the one at home idle but for automatic "
                + "requests?",
            for: [.differentDevices, .accountOld, .nothingElse, .noRelaySeen],
            against: [.accountYoung]),
        InnocentCase(
            "traveller", [.hopping, .region],
            "The owner travelled, by air, or lives near a border.",
            ask: "Did you travel then? From where to where, and when? A booking is not needed.",
            check: "Do language and hours go with the places? Does the account come home again?",
            for: [.sameDevice, .accountOld, .over, .nothingElse, .nearlyPossible, .once],
            against: [.often, .goesOn, .differentDevices]),
        InnocentCase(
            "someone_else", [.hopping, .concurrent, .takeover, .policy, .region, .payment],
            "Somebody else got in: the account is a victim, and what was done is not its owner's doing.",
            ask: "Do you recognise these logins? Did you reuse the password, click a link, or get a message of a new "
                + "login?",
            check: "Are place, device and hours new to the account? Did password, e-mail address or payments change? "
                + "If so, give the verdict compromised, not cleared.",
            for: [.compromised, .differentDevices, .accountOld, .goesOn],
            against: [.accountYoung, .sameDevice]),
        InnocentCase(
            "family_or_team", [.concurrent],
            "A family or a small team uses one account, perhaps against the terms, but not to sell it.",
            ask: "Who besides you uses the account?",
            check: "Are there few places, always the same? That is a matter for the terms, not for a ban.",
            for: [.fewShare, .accountOld, .nothingElse],
            against: [.often, .relaySeen]),
        InnocentCase(
            "own_automation", [.concurrent, .relay, .api],
            "The owner's own program or server uses the account beside him.",
            ask: "Do you run something with the account on a server? What does it do?",
            check: "Is one of the places a data centre, always the same, with regular requests?",
            for: [.hosting, .accountOld, .nothingElse],
            against: [.relayNetwork, .otherFacts]),
        InnocentCase(
            "resident_abroad", [.region, .payment],
            "The owner is a citizen of one country and lives, works or studies in another.",
            ask: "In which country do you live, and where does your card come from? A document is not needed.",
            check: "Was the account opened from a supported region, and did it move once? Where the law or the terms "
                + "leave no choice, say so instead of accusing.",
            for: [.accountOld, .nothingElse],
            against: [.relaySeen, .often]),
        InnocentCase(
            "company_vpn", [.relay, .hopping],
            "The employer sends its people through a VPN, whose exits stand elsewhere or in a data centre.",
            ask: "Do you use the account at work, and does your employer have a VPN?",
            check: "Is it in working hours only? Are the exits always the same few?",
            for: [.hosting, .sameDevice, .accountOld, .nothingElse],
            against: [.otherFacts]),
        InnocentCase(
            "privacy", [.relay],
            "The owner protects himself, or must: privacy, censorship, a public network. That is no offence.",
            ask: nil,
            check: "Is there anything else against the account? Without it there is no case; nobody has to justify a "
                + "VPN.",
            for: [.nothingElse, .accountOld],
            against: [.otherFacts]),
        InnocentCase(
            "remote_desktop", [.relay],
            "The owner works on a machine in a data centre: a cloud workspace, a remote desktop.",
            ask: "Do you work on a remote machine?",
            check: "Is it the same network each day?",
            for: [.hosting, .accountOld, .nothingElse],
            against: [.relayNetwork, .otherFacts]),
    ]
}
