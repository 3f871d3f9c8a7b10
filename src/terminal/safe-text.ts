/**
 * Text of models, tools and other people on its way to a terminal. Whatever it holds, a terminal gets no
 * command from it: no moved cursor, no changed title, no clipboard, no forged prompt. Both functions look at
 * one line at a time, so that lines which are already on the screen stay right when more text follows.
 */

const esc = "\\u001b";
/** CSI; then OSC, DCS, SOS, PM and APC with what they carry; then two-byte sequences. */
const sequences = new RegExp(
  [
    `(?:${esc}\\[|\\u009b)[0-?]*[ -/]*[@-~]?`,
    `(?:${esc}[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\n\\u0007${esc}\\u009c]*(?:\\u0007|${esc}\\\\|\\u009c)?`,
    `${esc}[ -/]*[0-~]?`,
  ].join("|"),
  "g",
);

/** All controls but the line feed, what reverses or isolates text, and what is there and cannot be seen. */
const controls = /(?!\n)\p{Cc}|[\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** As `controls`, with everything else that has no look of its own; what joins emoji is no secret. */
const unseen =
  /(?!\n)\p{Cc}|(?<!\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]*)\u200d|(?!\u200d)[\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu;

/** Without control sequences and control characters: for what is only told. A tab is four blanks. */
export function toPlain(text: string): string {
  return text.replace(/\r\n?/g, "\n").replaceAll("\t", "    ").replace(sequences, "").replace(controls, "");
}

/**
 * With everything that cannot be seen written out, as `\x1b` or `\u{202e}`: for what a person decides on,
 * where nothing may be left out.
 */
export function toVisible(text: string): string {
  return text.replaceAll("\t", "    ").replace(unseen, spell);
}

/** JSON in which also those controls are escaped that `JSON.stringify` leaves as they are. */
export function toSafeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function spell(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === "\r") return "\\r";
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}
