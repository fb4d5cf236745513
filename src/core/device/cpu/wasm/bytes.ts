// A growing sequence of bytes with the number formats of WebAssembly binaries: LEB128 integers and little-endian floats.

/** Bytes that are being written. */
export class Bytes {
  #array = new Uint8Array(1024);
  #view = new DataView(this.#array.buffer);
  length = 0;

  /** What was written so far. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#array.subarray(0, this.length);
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#array.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#array.length, this.length + count));
    larger.set(this.written);
    this.#array = larger;
    this.#view = new DataView(larger.buffer);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#array[this.length++] = value;
  }

  bytes(values: Uint8Array): void {
    this.#reserve(values.length);
    this.#array.set(values, this.length);
    this.length += values.length;
  }

  /** An unsigned integer below 2^53. */
  unsigned(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  /** A signed integer between −2^53 and 2^53. */
  signed(value: number): void {
    let rest = value;
    while (rest < -0x40 || rest >= 0x40) {
      this.byte((((rest % 0x80) + 0x80) % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest & 0x7f);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.length, value >>> 0, true);
    this.length += 4;
  }

  f32(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.length, value, true);
    this.length += 4;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** A name: its length and its characters, all ASCII. */
  name(text: string): void {
    this.unsigned(text.length);
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }
}
