// The Internet checksum (RFC 1071) in pieces: sums of parts that begin at even offsets add up.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace agile::esp {

inline uint32_t FoldSum(uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint32_t>(sum);
}

/// One's complement sum of big-endian 16 bit words, folded to 16 bits, not inverted.
inline uint32_t SumOctets(const uint8_t* data, size_t length) {
  // Summed in the machine's order, four octets at a time into eight: no carry is lost below 2^32 words. Turned round at
  // the end.
  uint64_t sum = 0;
  size_t i = 0;
  for (; i + 4 <= length; i += 4) {
    uint32_t word;
    memcpy(&word, data + i, 4);
    sum += word;
  }
  if (i < length) {
    uint32_t word = 0;
    memcpy(&word, data + i, length - i);
    sum += word;
  }
  const uint32_t folded = FoldSum(sum);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return (folded & 0xff) << 8 | folded >> 8;
#else
  return folded;
#endif
}

inline uint16_t InternetChecksum(const uint8_t* data, size_t length, uint64_t initial = 0) {
  return static_cast<uint16_t>(~FoldSum(initial + SumOctets(data, length)));
}

}  // namespace agile::esp
