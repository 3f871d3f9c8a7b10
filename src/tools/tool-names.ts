/** What models and providers take for the name of a tool: `^[a-zA-Z0-9_-]{1,64}$`. */
const maxLength = 64;

/**
 * Gives every tool a name that models take and that is its own. A tool keeps the name its server gave it; when
 * an earlier one has that name, it becomes `server__name`.
 */
export function createNames(): (server: string, tool: string) => string {
  const taken = new Set<string>();
  return (server, tool) => {
    const plain = sanitize(tool);
    const name = taken.has(plain) ? free(sanitize(`${server}__${tool}`), taken) : plain;
    taken.add(name);
    return name;
  };
}

function sanitize(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, maxLength) || "_";
}

function free(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number++) {
    const suffix = `_${number}`;
    const numbered = name.slice(0, maxLength - suffix.length) + suffix;
    if (!taken.has(numbered)) return numbered;
  }
}
