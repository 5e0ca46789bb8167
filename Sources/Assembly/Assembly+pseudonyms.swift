import Enrichment
import Foundation
package import Settings

/// The keys of pseudonyms.
extension Assembly {
    /// The credential that the service manager hands over (`LoadCredential=`, systemd.exec(5)).
    private static let credential = "pseudonym-key"

    /// Where the keys are to be found; `nil` where there are none.
    package static func pseudonymKeyPath(_ configuration: Configuration) -> String? {
        if let path = configuration.privacy.keyFile { return path }
        guard let folder = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] else { return nil }
        let path = folder + "/" + credential
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// `nil` where there is no key, or nothing that is to be replaced.
    static func loadPseudonyms(_ configuration: Configuration, _ faults: inout [String]) -> Pseudonymizer? {
        guard let path = pseudonymKeyPath(configuration) else { return nil }
        do throws(PseudonymKeyFaults) {
            let keys = try PseudonymKeys(path: path)
            let subjects = Set(configuration.privacy.pseudonymize.compactMap(Pseudonymizer.Subject.init))
            return subjects.isEmpty ? nil : Pseudonymizer(keys: keys, subjects: subjects)
        } catch {
            faults += error.faults
            return nil
        }
    }

    /// What of people becomes a pseudonym, in a sentence without a full stop.
    package var pseudonymsSentence: String {
        if let pseudonyms = sources.pseudonyms {
            let old = pseudonyms.keyIDs.dropFirst()
            return "pseudonyms for \(pseudonyms.summary)"
                + (old.isEmpty ? "" : "; older keys: " + old.joined(separator: ", "))
        }
        if configuration.privacy.pseudonymize.isEmpty { return "pseudonyms are off: the configuration asks for none" }
        return "pseudonyms are off: there is no key; make one with banrisk pseudonym --new-key, and name its file as "
            + "privacy.key_file or hand it over as the credential \(Self.credential)"
    }
}
