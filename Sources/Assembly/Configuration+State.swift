package import Settings

extension Configuration {
    /// Puts spool and database under another folder; a database that was configured by itself stays where it is.
    package mutating func moveState(to folder: String) {
        if databasePath == stateDirectory + "/banrisk.db" { databasePath = folder + "/banrisk.db" }
        stateDirectory = folder
    }
}
