#include "CMessagePack.h"

#include <msgpack.h>
#include <stddef.h>
#include <string.h>

#define SAME(ours, our_member, theirs, their_member) \
    _Static_assert(offsetof(ours, our_member) == offsetof(theirs, their_member), #our_member)
#define SAME_KIND(ours, theirs) _Static_assert((int)(ours) == (int)(theirs), #ours)

_Static_assert(sizeof(mp_value) == sizeof(msgpack_object), "mp_value");
_Static_assert(sizeof(mp_pair) == sizeof(msgpack_object_kv), "mp_pair");
SAME(mp_value, kind, msgpack_object, type);
SAME(mp_value, boolean, msgpack_object, via.boolean);
SAME(mp_value, unsigned_integer, msgpack_object, via.u64);
SAME(mp_value, signed_integer, msgpack_object, via.i64);
SAME(mp_value, number, msgpack_object, via.f64);
SAME(mp_value, array.count, msgpack_object, via.array.size);
SAME(mp_value, array.values, msgpack_object, via.array.ptr);
SAME(mp_value, map.count, msgpack_object, via.map.size);
SAME(mp_value, map.pairs, msgpack_object, via.map.ptr);
SAME(mp_value, text.count, msgpack_object, via.str.size);
SAME(mp_value, text.bytes, msgpack_object, via.str.ptr);
SAME(mp_value, text.count, msgpack_object, via.bin.size);
SAME(mp_value, text.bytes, msgpack_object, via.bin.ptr);
SAME(mp_value, extension.type, msgpack_object, via.ext.type);
SAME(mp_value, extension.count, msgpack_object, via.ext.size);
SAME(mp_value, extension.bytes, msgpack_object, via.ext.ptr);
SAME(mp_pair, value, msgpack_object_kv, val);
SAME_KIND(MP_NIL, MSGPACK_OBJECT_NIL);
SAME_KIND(MP_BOOLEAN, MSGPACK_OBJECT_BOOLEAN);
SAME_KIND(MP_POSITIVE_INTEGER, MSGPACK_OBJECT_POSITIVE_INTEGER);
SAME_KIND(MP_NEGATIVE_INTEGER, MSGPACK_OBJECT_NEGATIVE_INTEGER);
SAME_KIND(MP_FLOAT32, MSGPACK_OBJECT_FLOAT32);
SAME_KIND(MP_FLOAT64, MSGPACK_OBJECT_FLOAT64);
SAME_KIND(MP_STRING, MSGPACK_OBJECT_STR);
SAME_KIND(MP_BINARY, MSGPACK_OBJECT_BIN);
SAME_KIND(MP_ARRAY, MSGPACK_OBJECT_ARRAY);
SAME_KIND(MP_MAP, MSGPACK_OBJECT_MAP);
SAME_KIND(MP_EXTENSION, MSGPACK_OBJECT_EXT);

mp_zone *mp_zone_new(void) { return msgpack_zone_new(MSGPACK_ZONE_CHUNK_SIZE); }

void mp_zone_free(mp_zone *zone) { msgpack_zone_free(zone); }

int mp_read(mp_zone *zone, const unsigned char *bytes, unsigned long count, mp_value *value)
{
    msgpack_object object;
    size_t end = 0;
    msgpack_zone_clear(zone);
    if (msgpack_unpack((const char *)bytes, count, &end, zone, &object) != MSGPACK_UNPACK_SUCCESS || end != count)
        return 0;
    memcpy(value, &object, sizeof object);
    return 1;
}
