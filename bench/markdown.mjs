// Numbers and tables for people.

/** Three significant digits. */
export function figure(value) {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(size >= 100 ? 3 : 2)));
}

export const ratio = (value) => (Number.isFinite(value) ? `${figure(value)}x` : "-");

export const megabytes = (bytes) => `${figure(bytes / 1e6)} MB`;

export function table(heads, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** A target with what was measured for it, and whether that meets it. */
export function judge(number, what, { value, atLeast, atMost, unmeasured }) {
  if (unmeasured !== undefined) return { number, what, value, verdict: `not measured here (${unmeasured})` };
  const isMet = atLeast === undefined ? value <= atMost : value >= atLeast;
  const target = atLeast === undefined ? `<= ${figure(atMost)}` : `>= ${figure(atLeast)}`;
  return { number, what, value, target, verdict: isMet ? "met" : "not met" };
}
