import Foundation
package import RiskModel

extension Configuration {
    /// Reads the configuration file, and the rules file if it names one; `nil` gives the embedded defaults.
    ///
    /// - Throws: all faults of both files. A file that cannot be read is a fault too.
    package static func load(path: String?) throws(ConfigurationFaults) -> Configuration {
        guard let path else { return embedded() }
        let yaml = try TextFile.read(path)
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return try parse(yaml: yaml, file: path, baseDirectory: folder)
    }

    private static func embedded() -> Configuration {
        do throws(ConfigurationFaults) {
            let yaml = String(decoding: PackageResources.banrisk_yaml, as: UTF8.self)
            return try parse(yaml: yaml, file: "banrisk.yaml", baseDirectory: "/")
        } catch {
            preconditionFailure("the embedded configuration has faults:\n\(error)")
        }
    }
}

extension RulesFile {
    /// Reads a rules file.
    ///
    /// - Throws: all of its faults.
    package static func load(path: String) throws(ConfigurationFaults) -> RulesFile {
        try parse(yaml: try TextFile.read(path), file: path)
    }

    /// The rules that ship with the program, with what the ban report made of them.
    package static func embedded() -> RulesFile {
        do throws(ConfigurationFaults) {
            return try parse(yaml: String(decoding: PackageResources.rules_yaml, as: UTF8.self), file: "rules.yaml")
        } catch {
            preconditionFailure("the embedded rules have faults:\n\(error)")
        }
    }
}

extension RuleSet {
    /// The rules of a file, where nobody asks for their places.
    ///
    /// - Throws: all faults of the file.
    package static func load(path: String) throws(ConfigurationFaults) -> RuleSet {
        try RulesFile.load(path: path).ruleSet
    }

    /// The rules that ship with the program.
    package static func embedded() -> RuleSet { RulesFile.embedded().ruleSet }
}

/// Configuration files as text.
enum TextFile {
    /// At most one byte more than ``Document/maximumBytes`` is read, so that the excess is noticed.
    static func read(_ path: String) throws(ConfigurationFaults) -> String {
        let bytes: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            bytes = try file.read(upToCount: Document.maximumBytes + 1) ?? Data()
        } catch {
            throw fault(path, reason(error))
        }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        throw fault(path, "the file is not UTF-8 text; save it as UTF-8")
    }

    private static func reason(_ error: any Error) -> String {
        switch (error as? CocoaError)?.code {
        case .fileReadNoSuchFile, .fileNoSuchFile:
            "there is no such file; create it, or leave it out to use the defaults"
        case .fileReadNoPermission: "the file may not be read; give this user or its group the right to"
        default: "the file cannot be read; give a regular file"
        }
    }

    private static func fault(_ path: String, _ message: String) -> ConfigurationFaults {
        ConfigurationFaults(faults: [Fault(file: path, line: 0, column: 0, message: message)])
    }
}
