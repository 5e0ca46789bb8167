/// Why an innocent account is hard to tell from an abusive one; see `docs/simulation.md` for each.
package enum InnocentClass: String, CaseIterable, Sendable {
    case ordinary, household
    case carrierNAT = "carrier_nat"
    case campus, office, onboarding, classroom, conference, kiosk, traveller
    case roamingPhone = "roaming_phone"
    case vpnUser = "vpn_user"
    case relayUser = "relay_user"
    case satellite, commuter
    case borderCommuter = "border_commuter"
    case wrongGeoIP = "wrong_geoip"
    case expatriate, forgetful
    case triedButHeld = "tried_but_held"
    case farmNeighbour = "farm_neighbour"
    case ciFleet = "ci_fleet"
    case keyOwner = "key_owner"
    case aliasUser = "alias_user"
    case maskedMail = "masked_mail"
    case familyCard = "family_card"
    case declinedCard = "declined_card"
    case holidayUnsupported = "holiday_unsupported"
    case policyWarning = "policy_warning"
    case secondHandDevice = "second_hand_device"
    case shiftTerminal = "shift_terminal"
    case supportStaff = "support_staff"
    case ngoVPN = "ngo_vpn"

    /// The class's share of the innocents, before all are scaled to 1.
    var weight: Double {
        switch self {
        case .ordinary: 14
        case .carrierNAT: 12
        case .household: 10
        case .campus, .office: 6
        case .onboarding, .classroom, .conference: 5
        case .kiosk, .vpnUser, .commuter, .triedButHeld, .farmNeighbour: 3
        default: 2
        }
    }
}

/// What an abusive campaign does; see `docs/simulation.md` for each.
package enum AbuseKind: String, CaseIterable, Sendable {
    case batchOneAddress = "batch_one_address"
    case batchPrefix = "batch_prefix"
    case batchProxied = "batch_proxied"
    case batchSlow = "batch_slow"
    case deviceFarm = "device_farm"
    case aliasFarm = "alias_farm"
    case smsFarm = "sms_farm"
    case sharedAccount = "shared_account"
    case apiResale = "api_resale"
    case keyGathering = "key_gathering"
    case unsupportedRegion = "unsupported_region"
    case regionHopping = "region_hopping"
    case cardTesting = "card_testing"
    case sharedCard = "shared_card"
    case stuffing, spraying
    case slowStuffing = "slow_stuffing"
    case banEvasion = "ban_evasion"
    case policyAbuse = "policy_abuse"
    case warmedFarm = "warmed_farm"

    /// The kind's share of the abusive accounts and victims, before all are scaled to 1.
    var weight: Double {
        switch self {
        case .batchOneAddress, .batchPrefix, .batchProxied, .batchSlow: 8
        case .deviceFarm, .aliasFarm, .smsFarm, .warmedFarm, .keyGathering, .sharedCard: 6
        case .unsupportedRegion, .regionHopping, .banEvasion, .policyAbuse: 4
        case .sharedAccount, .apiResale, .cardTesting: 3
        case .stuffing, .spraying, .slowStuffing: 3
        }
    }
}

/// What an account truly is.
enum Label: Sendable, Equatable {
    case innocent(InnocentClass)
    case abuse(AbuseKind, campaign: Int)
    case victim(AbuseKind, campaign: Int)
}
