import { baseName, extensionOf, isHidden, joinWords, type WorkspaceFile } from "./offline-workspace.ts";

/** A kind or property of files that a phrase names, and the files that have it. */
interface Kind {
  paths: string[];
  /** For titles: `every .md file`, `every empty file`, `the largest file`. */
  what: string;
}

const kinds: [RegExp, string[], string][] = [
  [/\bmark ?downs?\b/i, ["md", "markdown", "mdx"], "every markdown file"],
  [/\b(?:plain )?text (?:files?|documents?|ones?)\b/i, ["txt", "text"], "every .txt file"],
  [/\b(?:csv|spreadsheet|comma[- ]separated)s?\b/i, ["csv", "tsv"], "every CSV file"],
  [/\bjson\b/i, ["json"], "every .json file"],
  [/\bya?mls?\b/i, ["yaml", "yml"], "every YAML file"],
  [
    /\b(?:images?|pictures?|photos?) ?(?:files?)?\b/i,
    ["png", "jpg", "jpeg", "gif", "webp", "svg"],
    "every image",
  ],
  [/\btemp(?:orary)? files?\b/i, ["tmp", "temp", "bak~"], "every .tmp file"],
  [/\blogs?(?:files?| files?)\b/i, ["log"], "every .log file"],
  [/\bpdfs?\b/i, ["pdf"], "every .pdf file"],
  [/\bpython (?:files?|scripts?)\b/i, ["py"], "every .py file"],
  [/\bjavascript (?:files?)\b/i, ["js", "mjs", "cjs", "jsx"], "every JavaScript file"],
  [/\btypescript (?:files?)\b/i, ["ts", "tsx", "mts"], "every TypeScript file"],
  [/\bhtml (?:files?|pages?)\b/i, ["html", "htm"], "every .html file"],
];

/** Which of the files have the kind or property that a phrase names; undefined when it names none. */
export function selectByProperty(phrase: string, files: readonly WorkspaceFile[]): Kind | undefined {
  const bare = phrase.replace(/“[^”]*”/g, (quoted) => quoted.replace(/\s/g, "_"));
  const kind = byKind(bare, files);
  const pool = kind === undefined ? files : files.filter(({ path }) => kind.paths.includes(path));
  return byName(bare, pool) ?? bySize(bare, pool) ?? kind;
}

/** Several kinds are taken together: "markdown and CSV files". */
function byKind(phrase: string, files: readonly WorkspaceFile[]): Kind | undefined {
  const present = new Set(files.map(({ path }) => extensionOf(path)));
  const dotted = [...phrase.matchAll(/(?<![\w/])\*?\.([A-Za-z0-9]{1,9})\b(?=\s|$|[",”])/g)];
  const bare = [...phrase.matchAll(/\b([A-Za-z0-9]{1,5}) files?\b/g)];
  const known = bare.filter(([, extension = ""]) => present.has(extension.toLowerCase()));
  const named = [...dotted, ...known].map(([, extension = ""]) => extension.toLowerCase());
  const called = kinds.filter(
    ([pattern, extensions]) => pattern.test(phrase) && !extensions.some((one) => named.includes(one)),
  );
  const extensions = [...named, ...called.flatMap(([, all]) => all)];
  if (extensions.length === 0) return undefined;
  const chosen = files.filter(({ path }) => extensions.includes(extensionOf(path)) && !isHidden(path));
  const what = [
    ...new Set(named.map((extension) => `every .${extension} file`)),
    ...called.map(([, , words]) => words),
  ];
  return { paths: chosen.map(({ path }) => path), what: joinWords(what) };
}

function byName(phrase: string, files: readonly WorkspaceFile[]): Kind | undefined {
  const pattern =
    /\b(?:(?:files?|documents?|ones?)\s+(?:that\s+|which\s+|whose names?\s+)?|names?\s+)(called|named|with the name|starts? with|starting with|begin(?:s|ning)? with|ends? with|ending with|contains?|includes?)\s+(?:the (?:word|name)\s+)?“?([^\s”,]+)”?/i;
  const [, how = "", part = ""] = pattern.exec(phrase) ?? [];
  if (part === "" || (/contain|include/i.test(how) && !/\bnames?\b/i.test(phrase))) return undefined;
  const wanted = part.replaceAll("_", " ").toLowerCase();
  const matches = (name: string) => {
    if (/start|begin/i.test(how)) return name.startsWith(wanted);
    if (/end/i.test(how)) return name.endsWith(wanted) || name.replace(/\.[^.]*$/, "").endsWith(wanted);
    return name.includes(wanted) || name.includes(part.toLowerCase());
  };
  const chosen = files.filter(({ path }) => matches(baseName(path).toLowerCase()));
  return { paths: chosen.map(({ path }) => path), what: `every file called “${wanted}”` };
}

const units: Record<string, number> = { k: 1000, m: 1_000_000 };

function bySize(phrase: string, files: readonly WorkspaceFile[]): Kind | undefined {
  const shown = files.filter(({ path, bytes }) => bytes !== undefined && !isHidden(path));
  const paths = (chosen: readonly WorkspaceFile[]) => chosen.map(({ path }) => path);
  if (/\bempty\b.*\b(?:files?|documents?|ones)\b/i.test(phrase)) {
    return { paths: paths(shown.filter(({ bytes }) => bytes === 0)), what: "every empty file" };
  }
  const limit =
    /\b(larger|bigger|longer|more|over|above|smaller|shorter|less|under|below)(?: than)?\s+(\d[\d,.]*)\s*(?:(k|m)i?b|bytes?|b|(k|m))\b/i;
  const [words, how = "", number = "", unit, short] = limit.exec(phrase) ?? [];
  if (words !== undefined) {
    const bound = Number(number.replaceAll(",", "")) * (units[(unit ?? short ?? "").toLowerCase()] ?? 1);
    const isAbove = /larger|bigger|longer|more|over|above/i.test(how);
    const chosen = shown.filter(({ bytes = 0 }) => (isAbove ? bytes > bound : bytes < bound));
    return { paths: paths(chosen), what: `every file ${words}` };
  }
  const [, most] = /\b(longest|largest|biggest|shortest|smallest)\b/i.exec(phrase) ?? [];
  if (most === undefined) return undefined;
  const sign = /longest|largest|biggest/i.test(most) ? -1 : 1;
  const [first] = [...shown].sort((a, b) => sign * ((a.bytes ?? 0) - (b.bytes ?? 0)));
  return { paths: first ? [first.path] : [], what: `the ${most.toLowerCase()} file` };
}

/** What is to be in the files: "files that mention budget", "notes containing “milk”". */
export function searchedText(phrase: string): string | undefined {
  const pattern =
    /\b(?:files?|documents?|notes?|ones|everything|those|anything)\s+(?:that\s+|which\s+)?(?:mention(?:s|ing)?|contain(?:s|ing)?|talk(?:s|ing)? about|includ(?:es?|ing)|refer(?:s|ring)? to|with the (?:word|text|phrase))\s+(?:the (?:word|text|phrase|words)\s+)?(?:“([^”]+)”|([^\s,?]+))/i;
  const [, quoted, word] = pattern.exec(phrase) ?? [];
  return quoted ?? word?.replace(/[.!?]$/, "");
}
