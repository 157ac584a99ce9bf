// Big-endian fields at any alignment.
#pragma once
#include <cstdint>

namespace agile::esp {

inline uint16_t GetUint16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
inline uint32_t GetUint32(const uint8_t* at) {
  return static_cast<uint32_t>(at[0]) << 24 | static_cast<uint32_t>(at[1]) << 16 | static_cast<uint32_t>(at[2]) << 8 |
         at[3];
}
inline void PutUint16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
inline void PutUint32(uint8_t* at, uint32_t value) {
  PutUint16(at, static_cast<uint16_t>(value >> 16));
  PutUint16(at + 2, static_cast<uint16_t>(value));
}
inline void PutUint64(uint8_t* at, uint64_t value) {
  PutUint32(at, static_cast<uint32_t>(value >> 32));
  PutUint32(at + 4, static_cast<uint32_t>(value));
}

}  // namespace agile::esp
