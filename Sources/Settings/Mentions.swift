import RiskModel

/// What the rules of a file name that is not in the file: gathered while they are read.
final class Mentions {
    /// The attributes in order of first mention: an attribute's index is its slot.
    private(set) var attributes: [String] = []
    /// Where each list is named first.
    private(set) var lists: [String: Position] = [:]

    func addList(_ name: String, at position: Position?) {
        if lists[name] == nil { lists[name] = position }
    }

    /// The field of an attribute; `nil` where all slots are taken by others.
    func field(ofAttribute name: String) -> Field? {
        if let slot = attributes.firstIndex(of: name) { return Field(attributeSlot: slot) }
        guard let field = Field(attributeSlot: attributes.count) else { return nil }
        attributes.append(name)
        return field
    }
}
