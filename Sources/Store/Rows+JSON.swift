package import RiskModel

/// Rows of the database as JSON objects, with the names of the columns.
extension AccountRow {
    package var json: JSONObject {
        var object = JSONObject()
        object.add("account", account)
        object.add("score", score)
        object.add("level", level)
        object.add("compromised", compromised)
        object.add("first_seen", firstSeen)
        object.add("scored_at", scoredAt)
        object.add("seq", seq)
        object.add("peak_level", peakLevel)
        object.add("peak_score", peakScore)
        object.add("peak_at", peakAt)
        object.add("verdict", verdict)
        object.add("shadow_score", shadowScore)
        object.add("campaign", campaign)
        object.add("top_rule", topRule)
        object.add("top_explanation", topExplanation)
        return object
    }
}

extension AlertRow {
    package var json: JSONObject {
        var object = JSONObject()
        object.add("id", id)
        object.add("event_time", eventTime)
        object.add("level", level)
        object.add("previous_level", previousLevel)
        object.add("score", score)
        object.add("account", account)
        object.add("seq", seq)
        object.add("reason", reason)
        object.add("explanation", json: explanation)
        object.add("configuration", configuration)
        object.add("campaign", campaign)
        object.add("members", members)
        return object
    }
}

extension ConfigurationRow {
    package var json: JSONObject {
        var object = JSONObject()
        object.add("id", id)
        object.add("first_seq", firstSeq)
        object.add("rules", rules)
        object.add("databases", json: databases)
        object.add("lists", json: lists)
        object.add("mappings", json: mappings)
        return object
    }
}

extension QuarantineRow {
    /// The bytes are under `text` where they are UTF-8, else under `hex`.
    package var json: JSONObject {
        var object = JSONObject()
        object.add("seq", seq)
        object.add("source", source)
        object.add("reason", reason)
        object.add("field", field)
        object.add("position", position)
        object.add("length", length)
        object.add("complete", isComplete)
        object.add("mapping", mapping)
        let text = String(validating: bytes, as: UTF8.self)
        object.add("text", text)
        object.add("hex", text == nil ? Self.hexadecimal(bytes) : nil)
        return object
    }

    /// Two digits a byte.
    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension EntityRow {
    package var json: JSONObject {
        var object = JSONObject()
        object.add("kind", kind)
        object.add("key", key)
        object.add("rule", rule)
        object.add("strength", strength)
        object.add("count", count)
        object.add("first_seen", firstSeen)
        object.add("updated", updated)
        object.add("seq", seq)
        return object
    }
}

extension ContributionRow {
    package var json: JSONObject {
        var object = JSONObject()
        object.add("rule", rule)
        object.add("family", family)
        object.add("heuristic", heuristic)
        object.add("points", points)
        object.add("evidence_value", evidenceValue)
        object.add("family_cap", familyCap)
        object.add("strength", strength)
        object.add("since", since)
        object.add("updated", updated)
        object.add("evidence", json: evidence)
        object.add("explanation", explanation)
        object.add("basis", basis)
        return object
    }
}

extension VerdictRow {
    package var json: JSONObject {
        var object = JSONObject()
        object.add("id", id)
        object.add("account", account)
        object.add("verdict", verdict)
        object.add("until", until)
        object.add("by", by)
        object.add("why", why)
        object.add("event_time", eventTime)
        object.add("seq", seq)
        object.add("in_force", isInForce)
        return object
    }
}

extension CampaignRow {
    package var json: JSONObject {
        var object = JSONObject()
        object.add("id", id)
        object.add("level", level)
        object.add("cause", cause)
        object.add("entity_kind", entityKind)
        object.add("entity_key", entityKey)
        object.add("entities", entities)
        object.add("members", members)
        object.add("recent", recent)
        object.add("first_seen", firstSeen)
        object.add("last_seen", lastSeen)
        object.add("born", born)
        object.add("merged_into", mergedInto)
        object.add("seq", seq)
        return object
    }
}

extension CampaignMemberRow {
    package var json: JSONObject {
        var object = JSONObject()
        object.add("account", account)
        object.add("score", score)
        object.add("level", level)
        object.add("compromised", compromised)
        object.add("verdict", verdict)
        object.add("entity_kind", entityKind)
        object.add("entity_key", entityKey)
        object.add("rule", rule)
        object.add("joined", joined)
        return object
    }
}

extension CampaignReport {
    /// The campaign's members by column, and what belongs to it as arrays of objects.
    package var json: JSONObject {
        var object = campaign.json
        object.add("merged", json: "\(merged)")
        object.add(
            "ties",
            ties.map {
                var tie = JSONObject()
                tie.add("entity_kind", $0.entityKind)
                tie.add("entity_key", $0.entityKey)
                tie.add("rule", $0.rule)
                tie.add("members", $0.members)
                return tie
            })
        object.add(
            "growth",
            growth.map {
                var day = JSONObject()
                day.add("day", $0.day)
                day.add("joined", $0.joined)
                day.add("total", $0.total)
                return day
            })
        object.add(
            "rules",
            rules.map {
                var share = JSONObject()
                share.add("rule", $0.rule)
                share.add("members", $0.members)
                share.add("mean_points", $0.meanPoints)
                return share
            })
        object.add("accounts", members.map(\.json))
        return object
    }
}

extension RuleHealthRow {
    package var json: JSONObject {
        var object = JSONObject()
        object.add("rule", rule)
        object.add("heuristic", heuristic)
        object.add("kind", kind)
        object.add("family", family)
        object.add("basis", basis)
        object.add("key", key)
        object.add("member", member)
        object.add("window_seconds", windowSeconds)
        object.add("weight", weight)
        object.add("half_life_seconds", halfLifeSeconds)
        object.add("active", isActive)
        object.add("inactive_because", inactiveBecause)
        object.add("shadow", isShadow)
        object.add("ties", tiesAccounts)
        object.add("reason", reason)
        object.add("signals", signals)
        object.add("alerts", alerts)
        object.add("accounts", accounts)
        object.add("mean_points", meanPoints)
        return object
    }
}

extension AuditRow {
    package var json: JSONObject {
        var object = JSONObject()
        object.add("id", id)
        object.add("time", time)
        object.add("uid", uid)
        object.add("user", user)
        object.add("roles", roles)
        object.add("way", way)
        object.add("action", action)
        object.add("subject", subject)
        object.add("outcome", outcome)
        return object
    }
}
