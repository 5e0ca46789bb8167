internal import Store

/// Rows of the database as JSON objects, with the names of the columns.
extension AccountRow {
    var json: JSONObject {
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
    var json: JSONObject {
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
    var json: JSONObject {
        var object = JSONObject()
        object.add("id", id)
        object.add("first_seq", firstSeq)
        object.add("rules", rules)
        object.add("databases", json: databases)
        object.add("lists", json: lists)
        return object
    }
}

extension QuarantineRow {
    /// The bytes are under `text` where they are UTF-8, else under `hex`.
    var json: JSONObject {
        var object = JSONObject()
        object.add("seq", seq)
        object.add("source", source)
        object.add("reason", reason)
        object.add("field", field)
        object.add("position", position)
        object.add("length", length)
        object.add("complete", isComplete)
        let text = String(validating: bytes, as: UTF8.self)
        object.add("text", text)
        object.add("hex", text == nil ? bytes.map(\.hexadecimal).joined() : nil)
        return object
    }
}

extension EntityRow {
    var json: JSONObject {
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
    var json: JSONObject {
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
    var json: JSONObject {
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
    var json: JSONObject {
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
    var json: JSONObject {
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
    var json: JSONObject {
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
