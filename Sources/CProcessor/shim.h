// What processors have and Swift has no name for: the instruction for CRC-32C. Without system headers, as CLinux.
#pragma once

#if defined(__x86_64__)
#define BANRISK_CRC32C __attribute__((target("sse4.2")))
#define BANRISK_CRC32C_WORD(crc, word) ((unsigned int)__builtin_ia32_crc32di(crc, word))
#define BANRISK_CRC32C_BYTE(crc, byte) __builtin_ia32_crc32qi(crc, byte)

static inline int has_crc32c(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") != 0;
}
#elif defined(__aarch64__)
#define BANRISK_CRC32C __attribute__((target("crc")))
#define BANRISK_CRC32C_WORD(crc, word) __builtin_arm_crc32cd(crc, word)
#define BANRISK_CRC32C_BYTE(crc, byte) __builtin_arm_crc32cb(crc, byte)

unsigned long auxiliary_value(unsigned long type) __asm__("getauxval");

static inline int has_crc32c(void) { return auxiliary_value(16) >> 7 & 1; } // AT_HWCAP, HWCAP_CRC32
#else
#define BANRISK_CRC32C
#define BANRISK_CRC32C_WORD(crc, word) (crc)
#define BANRISK_CRC32C_BYTE(crc, byte) (crc)

static inline int has_crc32c(void) { return 0; }
#endif

// Continues a CRC-32C, without the complements at either end. Only where has_crc32c() is not 0.
BANRISK_CRC32C static inline unsigned int crc32c(unsigned int crc, const unsigned char *bytes, unsigned long count) {
    for (; count >= 8; bytes += 8, count -= 8) {
        unsigned long long word;
        __builtin_memcpy(&word, bytes, 8);
        crc = BANRISK_CRC32C_WORD(crc, word);
    }
    for (; count > 0; bytes++, count--) crc = BANRISK_CRC32C_BYTE(crc, *bytes);
    return crc;
}
