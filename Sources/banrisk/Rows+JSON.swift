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
        return object
    }
}
