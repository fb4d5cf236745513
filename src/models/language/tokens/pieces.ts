// How a text is cut before bytes are joined, and which no token crosses: words with the space before them, numbers, other signs, blanks.

// GPT-2's pattern (https://github.com/openai/gpt-2/blob/master/src/encoder.py). It has \s, which is Unicode's White_Space in Python's regex and in Rust's;
// in JavaScript \s has U+FEFF besides and lacks U+0085.
const piece =
  /'(?:[stmd]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/**
 * A text in GPT-2's pieces: joined they are the text. A surrogate without its other half is a sign as others are.
 *
 * @example
 * piecesOf("I'll go  home.") // ["I", "'ll", " go", " ", " home", "."]
 */
export const piecesOf = (text: string): readonly string[] => text.match(piece) ?? [];

/**
 * A text cut at tokens that stand for themselves: what is between them at even places, and they at odd ones. Of two that begin at one place the longer is taken.
 *
 * @example
 * cutAt(["<|endoftext|>"])("one<|endoftext|>two") // ["one", "<|endoftext|>", "two"]
 */
export const cutAt = (special: readonly string[]): ((text: string) => readonly string[]) => {
  if (special.length === 0) return (text) => [text];
  const longestFirst = [...special].sort((a, b) => b.length - a.length);
  const plain = longestFirst.map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const pattern = new RegExp(`(${plain.join("|")})`);
  return (text) => text.split(pattern);
};
