import Glibc

/// Which files there are, and opening them.
extension FollowServer {
    /// Folders that are looked through at most.
    private static let maximumFolders = 16_384

    /// Looks through the folders, if one has changed.
    func scan() {
        isScanDue = false
        if isScanWhole || listings.values.contains(where: { $0.isOutdated }) {
            listings = [:]
            missing = []
            let seen = sightings()
            // What was not looked through is not gone.
            if isStopping { return }
            for file in files.values where file.isNamed && seen[file.identity] == nil {
                if isReloaded {
                    file.remembered?.isFoundByInode = true
                    end(file)
                } else {
                    loseName(file)
                }
            }
            take(seen)
            watchFolders()
            isScanWhole = false
            isReloaded = false
            let new = paths.map(\.path.pattern).filter { knownPatterns.insert($0).inserted }
            if !new.isEmpty { mustSave = true }
        }
        // However large the folders are, looking through them is not all that is done.
        let end = ContinuousClock.now
        nextScan = end + (end - now) * 10
    }

    private func list(_ path: String, room: Int) -> FolderListing? {
        if let listing = listings[path] { return listing }
        guard listings.count < room, !hasToStop() else { return nil }
        guard let folder = TrustedPath.open(path) else {
            missing.insert(path)
            return nil
        }
        guard !isForbidden(folder.raw) else { return nil }
        let listing = FolderListing(path, folder)
        if listing == nil { missing.insert(path) }
        listings[path] = listing
        return listing
    }

    /// The files that the paths stand for, with one of their names each.
    private func sightings() -> [FileIdentity: FileSighting] {
        var seen: [FileIdentity: FileSighting] = [:]
        for (path, pattern) in paths {
            let isNew = !knownPatterns.contains(path.pattern)
            // Who makes folders below one path leaves the other paths theirs.
            let room = listings.count + Self.maximumFolders / paths.count
            let list = { [self] (path: String) in self.list(path, room: room) }
            pattern.forEachFolder(list: list) { folder in
                for (count, entry) in (list(folder)?.entries ?? []).enumerated() where !entry.isFolder {
                    if count % 256 == 0, hasToStop() { return }
                    let isMatch = pattern.matches(entry.name)
                    guard isMatch || pattern.matchesSibling(entry.name) else { continue }
                    let full = folder == "/" ? "/\(entry.name)" : "\(folder)/\(entry.name)"
                    guard let identity = identity(of: entry, at: full) else { continue }
                    let readsWhole = path.readsRotated || (isMatch && !LogName(entry.name).isPutAside)
                    if let before = seen[identity] {
                        seen[identity]?.readsWhole = before.readsWhole || readsWhole
                    } else {
                        seen[identity] = FileSighting(
                            pattern: path.pattern, path: full, readsWhole: readsWhole,
                            startsAtEnd: isNew && path.start == .end, isLink: entry.isSymbolicLink)
                    }
                }
            }
        }
        return seen
    }

    /// Which file an entry of a folder stands for; `nil` for what is none, or must not be followed.
    private func identity(of entry: FolderListing.Entry, at path: String) -> FileIdentity? {
        if entry.isRegular, let known = identities[path], known.inode == entry.inode { return known }
        guard let status = FileStatus(path: path), status.isRegular else { return nil }
        guard let named = FileStatus(path: path, followsLinks: false) else { return nil }
        // Who may make links in a folder that is followed must not have others' files read by them.
        guard !named.isSymbolicLink || [0, geteuid(), status.owner].contains(named.owner) else { return nil }
        return status.identity
    }

    private func take(_ seen: [FileIdentity: FileSighting]) {
        var new: [(sighting: FileSighting, status: FileStatus)] = []
        for (identity, sighting) in seen {
            identities[sighting.path] = identity
            if let file = files[identity], file.isCompressed != LogName(path: sighting.path).isCompressed {
                // The inode is another file's by now.
                end(file)
            }
            if let file = files[identity] {
                let path = file.path
                if file.see(sighting) {
                    statistics.rotations += 1
                    if identities[path] == identity { identities[path] = nil }
                    // It could not be opened under the name that it had.
                    if case .copy = file.state { enqueueToIdentify(file) }
                }
            } else if let status = FileStatus(path: sighting.path), status.identity == identity {
                new.append((sighting, status))
            } else {
                isScanDue = true
            }
        }
        // The newest, where there is not room for all; the oldest first.
        new.sort { $0.status.modified > $1.status.modified }
        var room = FileRoom(files: limits.files, paths: paths.count, taken: files.values.lazy.map(\.pattern))
        let taken = new.filter { room.take($0.sighting.pattern) }
        statistics.ignoredFiles = new.count - taken.count
        for (sighting, status) in taken.reversed() {
            let file = FollowedFile(sighting: sighting, status: status, now: now)
            files[status.identity] = file
            toIdentify.append(file)
        }
        if identities.count > 2 * files.count + 1024 {
            identities = identities.filter { files[$0.value]?.path == $0.key }
        }
    }

    /// Watches the folders that were looked through, and no others.
    private func watchFolders() {
        for (path, watch) in folderWatches where listings[path] == nil {
            self.watch.remove(watch)
            watched[watch] = nil
            folderWatches[path] = nil
        }
        // A watch is of the folder that had the path when it was made; the same folder gives the same watch again.
        for path in listings.keys {
            let before = folderWatches[path]
            let watch = self.watch.watch(folder: path)
            if let before, before != watch { watched[before] = nil }
            folderWatches[path] = watch
            if let watch { watched[watch] = .some(nil) }
        }
    }

    // MARK: Opening

    /// Opens a file, if it is not open.
    ///
    /// - Returns: whether it is open now. If not, it is tried again when it changes, or is looked at.
    func open(_ file: FollowedFile) -> Bool {
        opens += 1
        file.lastOpen = opens
        if file.descriptor != nil { return true }
        if statistics.openFiles >= openFilesToClose { closeSome() }
        // Not for reading yet: to close what was open for reading would drop the locks that SQLite has on a file of the
        // daemon's own.
        guard let place = TrustedPath.open(file.path) else {
            noteFailure(errno, of: file)
            return false
        }
        guard let status = FileStatus(descriptor: place.raw), status.isRegular, status.identity == file.identity else {
            isScanDue = true
            return false
        }
        guard !isForbidden(place.raw), !isOwn(status.identity) else {
            note("it is one of the daemon's or the system's own; leave it out", of: file)
            return false
        }
        // SAFETY: the path is a C string for the length of the call.
        let raw = unsafe Glibc.open("/proc/self/fd/\(place.raw)", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard raw >= 0 else {
            noteFailure(errno, of: file)
            return false
        }
        file.descriptor = Descriptor(raw)
        file.fault = nil
        if file.watch == nil {
            file.watch = watch.watch(file: raw)
            if let watch = file.watch { watched[watch] = file }
            // What was written before the watch.
            file.status = status
        }
        statistics.openFiles += 1
        return true
    }

    private func noteFailure(_ code: CInt, of file: FollowedFile) {
        switch code {
        case ENOENT: isScanDue = true
        case EMFILE, ENFILE, ENOMEM: note("no more files can be opened; raise the limit (LimitNOFILE=)", of: file)
        case ELOOP: note("a link that leads there belongs to somebody else; make it as root, or leave it out", of: file)
        default:
            // SAFETY: strerror's text is copied.
            note("\(unsafe String(cString: strerror(code))); give the daemon's user or group the right to", of: file)
        }
    }

    func close(_ file: FollowedFile) {
        guard file.descriptor != nil else { return }
        file.descriptor = nil
        statistics.openFiles -= 1
    }

    /// Closes the files that were needed the longest ago, of those that can be opened again.
    ///
    /// A file without a name cannot, so it stays open even beyond the limit.
    private func closeSome() {
        let open = files.values.filter {
            $0.descriptor != nil && $0.isNamed && $0.status.links > 0 && $0 !== beingIdentified
        }
        let step = max(1, limits.openFiles / 8)
        for file in open.sorted(by: { $0.lastOpen < $1.lastOpen }).prefix(step) { close(file) }
        // Where none can be closed, they are not all looked through again for each that is opened.
        openFilesToClose = max(limits.openFiles, statistics.openFiles + step)
    }

    /// Whether an open file or folder is, or lies in, a folder of the daemon's own or of the kernel, by whichever name it was
    /// opened.
    private func isForbidden(_ raw: CInt) -> Bool {
        guard let path = TrustedPath.resolved(raw) else { return true }
        return (ownFolders + ["/proc", "/sys"]).contains { folder in
            path == folder || path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
        }
    }

    /// Whether it is a file of the daemon's own that may lie anywhere, and have other names.
    private func isOwn(_ identity: FileIdentity) -> Bool {
        ownFiles.contains { FileStatus(path: $0)?.identity == identity }
    }
}
