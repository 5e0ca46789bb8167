// Reading MessagePack by msgpack-c. Its own headers include the system's, which a second Clang module must not
// (CLinux says why), so what is used of it is declared anew here; message_pack.c proves that it is the same.
#pragma once

enum mp_kind {
    MP_NIL = 0x00,
    MP_BOOLEAN = 0x01,
    MP_POSITIVE_INTEGER = 0x02,
    MP_NEGATIVE_INTEGER = 0x03,
    MP_FLOAT64 = 0x04,
    MP_STRING = 0x05,
    MP_ARRAY = 0x06,
    MP_MAP = 0x07,
    MP_BINARY = 0x08,
    MP_EXTENSION = 0x09,
    MP_FLOAT32 = 0x0a,
};

// As msgpack_object: what member of the union counts is told by the kind.
typedef struct mp_value {
    unsigned int kind;
    union {
        _Bool boolean;
        unsigned long long unsigned_integer;
        long long signed_integer;
        double number; // of both kinds of floats
        struct {
            unsigned int count;
            const struct mp_value *values;
        } array;
        struct {
            unsigned int count;
            const struct mp_pair *pairs;
        } map;
        struct {
            unsigned int count;
            const unsigned char *bytes; // in the message that was read
        } text; // and binary
        struct {
            signed char type;
            unsigned int count;
            const unsigned char *bytes;
        } extension;
    };
} mp_value;

typedef struct mp_pair {
    mp_value key;
    mp_value value;
} mp_pair;

// The memory of values; NULL where there is none.
typedef struct msgpack_zone mp_zone;
mp_zone *mp_zone_new(void);
void mp_zone_free(mp_zone *zone);

// Forgets the values read before, and reads one that takes all of the bytes. It stands in `zone` and in `bytes`.
// Returns 0 if they are not one value.
int mp_read(mp_zone *zone, const unsigned char *bytes, unsigned long count, mp_value *value);
