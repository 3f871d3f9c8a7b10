/** Which parts of a state are asked for. */
export interface Selection {
  /** All of its values, these alone, or none. */
  values: "all" | "none" | readonly string[];
  /** The other fields that are shown. */
  of<T extends object>(fields: T): Partial<T>;
}

/** @param select - Names of fields, and of values as `values.messages`; undefined for all. */
export function toSelection(select: readonly string[] | undefined): Selection {
  if (select === undefined) return { values: "all", of: (fields) => fields };
  const keys = select.filter((one) => one.startsWith("values.")).map((one) => one.slice("values.".length));
  const some = keys.length > 0 ? keys : "none";
  return {
    values: select.includes("values") ? "all" : some,
    of: (fields) =>
      Object.fromEntries(Object.entries(fields).filter(([field]) => select.includes(field))) as Partial<
        typeof fields
      >,
  };
}
