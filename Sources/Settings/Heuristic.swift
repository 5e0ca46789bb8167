/// The rows of the ban report, and `custom` for what an operator adds.
enum Heuristic: String, CaseIterable {
    case batchRegistration = "batch_registration"
    case regionHopping = "region_hopping"
    case sharedAccount = "shared_account"
    case unsupportedRegion = "unsupported_region"
    case apiAbuse = "api_abuse"
    case sharedIP = "shared_ip"
    case sharedDevice = "shared_device"
    case disposableContact = "disposable_contact"
    case paymentRisk = "payment_risk"
    case anonymizer
    case policyStrikes = "policy_strikes"
    case credentialAttack = "credential_attack"
    case association
    case contentLanguage = "content_language"
    case custom
}
