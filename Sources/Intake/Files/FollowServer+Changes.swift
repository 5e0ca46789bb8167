/// What has changed: by the watches, and by the clock.
extension FollowServer {
    func readWatch() {
        var changed: [FollowedFile] = []
        watch.read { change in
            guard let target = watched[change.watch] else { return }
            if let file = target {
                changed.append(file)
                if change.isOfNames { isScanDue = true }
            } else {
                isScanDue = true
            }
        }
        if watch.hasOverflown {
            nextFullPoll = now
            isScanDue = true
        }
        for file in changed { look(at: file) }
    }

    /// Looks at what no watch tells of.
    func poll() {
        guard now >= nextPoll else { return }
        let isFull = now >= nextFullPoll
        for file in Array(files.values) {
            if isFull || file.watch == nil || file.isLink { look(at: file) }
            if file.fault != nil { retry(file) }
            settle(file)
        }
        if isFull {
            isScanDue = true
            isScanWhole = true
            noticesLeft = Self.noticesPerPoll
        } else if !isScanDue {
            isScanDue = listings.values.contains { $0.isOutdated }
            isScanWhole = missing.contains { TrustedPath.open($0) != nil }
            if isScanWhole { isScanDue = true }
        }
        // However many files there are, looking at them is not all that is done.
        let end = ContinuousClock.now
        nextPoll = end + max(limits.pollInterval, (end - now) * 20)
        if isFull { nextFullPoll = end + max(limits.fullPollInterval, (end - now) * 20) }
    }

    /// Takes in how long the file is now.
    func look(at file: FollowedFile) {
        if file.isLink, let status = FileStatus(path: file.path), status.identity != file.identity {
            isScanDue = true
            isScanWhole = true
        }
        let raw = file.descriptor?.raw
        let status = raw.map { FileStatus(descriptor: $0) } ?? FileStatus(path: file.path)
        guard let status, status.identity == file.identity else {
            // Another file has its name; the scan says what became of this one.
            isScanDue = true
            return
        }
        let before = file.status
        file.status = status
        if before.links != status.links, status.links == 0 { loseName(file) }
        guard before.size != status.size || before.modified != status.modified else { return }
        file.lastChange = now
        file.gzip.isComplete = false
        switch file.state {
        case .following:
            if file.isCompressed { restartGzip(file) } else if status.size != file.position { enqueue(file) }
            // As long as before, and written: it may have been written anew.
            if status.size == before.size { enqueue(file) }
        case .unknown, .copy, .dormant: enqueueToIdentify(file)
        }
    }

    /// Tries again to read what could not be read.
    private func retry(_ file: FollowedFile) {
        switch file.state {
        case .following: enqueue(file)
        case .unknown: enqueueToIdentify(file)
        case .copy, .dormant: file.fault = nil
        }
    }

    func loseName(_ file: FollowedFile) {
        guard file.isNamed else { return }
        file.isNamed = false
        statistics.rotations += 1
    }

    /// Deals with a file that was put aside and has come to rest.
    private func settle(_ file: FollowedFile) {
        // Closed and without a name: its content can come only under another one.
        if !file.isNamed, file.descriptor == nil { return end(file) }
        if file.track != nil || file.gzip.claim != nil, !file.isReady {
            // It could not be opened under the name that it had then.
            let isUnread = file.isCompressed ? !file.gzip.isComplete : file.status.size > file.examined
            if isUnread { enqueue(file) }
        }
        let rest = now - file.lastChange
        guard rest >= limits.settling, !file.isReady else { return }
        switch file.state {
        case .following where !file.isCompressed:
            if file.isPutAside, file.status.size > file.position, file.examined == file.status.size { enqueue(file) }
        case .following: break
        case .unknown: enqueueToIdentify(file)
        case .copy: break
        case .dormant(let generation): if generation != self.generation { enqueueToIdentify(file) }
        }
        if !file.isNamed, rest >= limits.release, !file.isReady, !file.isToIdentify { end(file) }
    }

    /// Lets a file go. What was read of it is remembered.
    func end(_ file: FollowedFile) {
        if let track = file.remembered { lose(track) }
        file.state = .unknown
        if let watch = file.watch {
            self.watch.remove(watch)
            watched[watch] = nil
        }
        close(file)
        files[file.identity] = nil
        if identities[file.path] == file.identity { identities[file.path] = nil }
    }

    /// Remembers a track whose file is no longer known.
    func lose(_ track: FileTrack) {
        track.file = nil
        pool.append(track)
        if pool.count > Self.keptTracks { pool.removeFirst(pool.count - Self.keptTracks) }
        generation += 1
        lost.append(track)
    }

    func enqueue(_ file: FollowedFile) {
        guard !file.isReady else { return }
        file.isReady = true
        ready.append(file)
    }

    func enqueueToIdentify(_ file: FollowedFile) {
        guard !file.isToIdentify else { return }
        file.isToIdentify = true
        toIdentify.append(file)
    }
}
