/**
 * Finds a sum in a question such as "what is 12*7+3?", "15% of 80" or "3 plus 4", and works it out.
 *
 * @returns The sum as it was read and its value (not finite after a division by zero), or undefined when the
 * text is anything but a sum.
 */
export function findArithmetic(text: string): { expression: string; value: number } | undefined {
  const asked = text
    .trim()
    .replace(/^(?:(?:what(?:'s|’s| is)|calculate|compute|evaluate|work out|solve|how much is|and)\s+)+/i, "")
    .replace(/[\s=?.!]+$/, "");
  const [, one, other] = /^add (\S+) (?:and|to) (\S+)$/i.exec(asked) ?? [];
  if (one !== undefined) return findArithmetic(`${one} + ${other}`);
  const expression = words.reduce((sum, [pattern, sign]) => sum.replace(pattern, sign), asked).trim();
  if (expression.length > 200 || !/\d/.test(expression) || !/[+\-*/^%]/.test(expression)) return undefined;
  if (!/^[\d\s.+\-*/^%()]+$/.test(expression) || isDate(expression)) return undefined;
  const value = evaluate(expression);
  return value === undefined ? undefined : { expression: asked, value };
}

/** As many digits as are certain: 0.1 + 0.2 is 0.3. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(12)));
}

/** Like {@link formatNumber}, but with cents where there are any among the values it comes from. */
export function formatAmount(value: number, from: readonly number[]): string {
  return from.every(Number.isInteger) && Number.isInteger(value) ? String(value) : value.toFixed(2);
}

const words: [RegExp, string][] = [
  [/(?<=\d),(?=\d{3}\b)/g, ""],
  [/\s*(?:%|percent) of\s*/gi, " /100* "],
  [/\bplus\b/gi, "+"],
  [/\bminus\b|[−–]/gi, "-"],
  [/\btimes\b|\bmultiplied by\b|×|(?<=\d\s?)x(?=\s?\d)/gi, "*"],
  [/\bdivided by\b|÷/gi, "/"],
  [/\bto the power of\b|\*\*/gi, "^"],
  [/\bsquared\b/gi, "^2"],
];

function isDate(text: string): boolean {
  return /^\d{4}-\d{1,2}-\d{1,2}$/.test(text);
}

/**
 * Works out `+ - * / % ^` and parentheses by recursive descent; nothing of the text is ever run as code.
 *
 * @returns undefined when it is not a well-formed sum.
 */
export function evaluate(expression: string): number | undefined {
  const tokens = expression.match(/\d+(?:\.\d+)?|\.\d+|[+\-*/^%()]|[^\s]/g) ?? [];
  let at = 0;
  const take = (...signs: string[]): string | undefined => {
    const token = tokens[at];
    if (token === undefined || !signs.includes(token)) return undefined;
    at += 1;
    return token;
  };

  function sum(): number {
    let value = product();
    for (let sign = take("+", "-"); sign; sign = take("+", "-")) {
      value = sign === "+" ? value + product() : value - product();
    }
    return value;
  }

  function product(): number {
    let value = signed();
    for (let sign = take("*", "/", "%"); sign; sign = take("*", "/", "%")) {
      const right = signed();
      value = sign === "*" ? value * right : sign === "/" ? value / right : value % right;
    }
    return value;
  }

  function signed(): number {
    if (take("-")) return -signed();
    if (take("+")) return signed();
    return power();
  }

  function power(): number {
    const base = atom();
    return take("^") ? base ** signed() : base;
  }

  function atom(): number {
    if (take("(")) {
      const value = sum();
      if (!take(")")) throw malformed;
      return value;
    }
    const token = tokens[at];
    if (token === undefined || !/^[\d.]/.test(token)) throw malformed;
    at += 1;
    return Number(token);
  }

  try {
    const value = sum();
    return at === tokens.length ? value : undefined;
  } catch (error) {
    if (error !== malformed) throw error;
    return undefined;
  }
}

const malformed = new Error("This is not a sum.");
