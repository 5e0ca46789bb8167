import Foundation
import RiskModel

extension Configuration {
    /// The mappings in force where the configuration names none: those that ship with the program.
    static let embeddedMappings = EmbeddedMapping.all.map(\.mapping)
}

extension Cursor {
    /// Stands in front of the name of a mapping that ships with the program.
    private static let builtin = "builtin:"

    /// The mappings of files, folders and the program, in this order; `none` for none at all.
    ///
    /// - Parameter faults: gets those of the files.
    func mappings(relativeTo base: String, faults: inout [Fault]) -> [Mapping] {
        if scalar == "none" { return [] }
        let items = items()
        if items.isEmpty { return Configuration.embeddedMappings }
        var mappings: [Mapping] = []
        for item in items {
            for mapping in item.mappingsOfItem(relativeTo: base, faults: &faults) {
                if mappings.contains(where: { $0.name == mapping.name }) {
                    item.note("a mapping named \(JSONText.quote(mapping.name)) stands before; names are unique")
                }
                mappings.append(mapping)
            }
        }
        if mappings.count > Mapping.maximumCount {
            note("more than \(Mapping.maximumCount) mappings; leave some out")
        }
        return mappings
    }

    private func mappingsOfItem(relativeTo base: String, faults: inout [Fault]) -> [Mapping] {
        if let text = scalar, text.hasPrefix(Self.builtin) {
            let name = String(text.dropFirst(Self.builtin.count))
            if let mapping = Configuration.embeddedMappings.first(where: { $0.name == name }) { return [mapping] }
            note(
                "there is no mapping \(JSONText.quote(text)); "
                    + Suggestion.text(for: name, among: EmbeddedMapping.all.map(\.name)))
            return []
        }
        guard let path = existingPath(relativeTo: base) else { return [] }
        var mappings: [Mapping] = []
        for file in mappingFiles(path) {
            do throws(ConfigurationFaults) {
                mappings.append(try Mapping.load(path: file))
            } catch {
                faults += error.faults
            }
        }
        return mappings
    }

    /// The file itself, or the mapping files of a folder by name.
    private func mappingFiles(_ path: String) -> [String] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return [path] }
        let found = names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.sorted()
        if found.isEmpty {
            note("the folder \(JSONText.quote(path)) has no mapping in it; a mapping's name ends in .yaml")
        }
        return found.map { "\(path)/\($0)" }
    }
}
