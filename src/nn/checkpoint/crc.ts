// Cyclic redundancy checks of 32 bits: CRC-32C in event files and checkpoints, CRC-32 in zip files. Eight bytes at a time by eight tables
// ("slicing by eight": Kounavis & Berry, "A systematic approach to building high performance software-based CRC generators", 2005).

/** A check: bytes, and the check of what came before them, → the check of all, an unsigned 32-bit number. */
export type Crc = (bytes: Uint8Array, before?: number) => number;

/** The check whose polynomial has these bits, lowest power first. */
const crcOf = (polynomial: number): Crc => {
  const tables = tablesOf(polynomial);
  return (bytes, before = 0) => {
    let crc = ~before;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const whole = bytes.length - (bytes.length % 8); // not by bits, which lengths may exceed
    for (let at = 0; at < whole; at += 8) {
      const low = crc ^ view.getInt32(at, true);
      const high = view.getInt32(at + 4, true);
      crc =
        entry(tables, 7, low) ^
        entry(tables, 6, low >>> 8) ^
        entry(tables, 5, low >>> 16) ^
        entry(tables, 4, low >>> 24) ^
        entry(tables, 3, high) ^
        entry(tables, 2, high >>> 8) ^
        entry(tables, 1, high >>> 16) ^
        entry(tables, 0, high >>> 24);
    }
    for (let at = whole; at < bytes.length; at++)
      crc = (crc >>> 8) ^ entry(tables, 0, crc ^ (bytes[at] as number));
    return ~crc >>> 0;
  };
};

const entry = (tables: Int32Array, table: number, byte: number): number =>
  tables[table * 256 + (byte & 255)] as number;

/** Table k: the check of a byte that k zero bytes follow. */
const tablesOf = (polynomial: number): Int32Array => {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? polynomial : 0);
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] as number;
    tables[i] = (before >>> 8) ^ entry(tables, 0, before);
  }
  return tables;
};

/**
 * CRC-32C, the Castagnoli polynomial (RFC 3720, appendix B.4).
 *
 * @example
 * crc32c(new TextEncoder().encode("123456789")).toString(16) // e3069283
 */
export const crc32c: Crc = crcOf(0x82f63b78);

/**
 * CRC-32 as in zip files and Ethernet (ISO 3309).
 *
 * @example
 * crc32(new TextEncoder().encode("123456789")).toString(16) // cbf43926
 */
export const crc32: Crc = crcOf(0xedb88320);
