/// The version of both programs, of the package and of the API: the only place that has it. Scripts read it from here.
package enum Version {
    package static let number = "0.1.0"
}
