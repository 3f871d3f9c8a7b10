import { isRecord } from "../protocol/json.ts";
import { looks } from "./choice-looks.ts";
import { kindOf } from "./questions.ts";
import { constantsIn, resolve, type Schema, toFieldKind } from "./schema.ts";

/** What a choice needs to know before it can be given. */
export interface Field {
  name: string;
  label: string;
  /** `text`: as typed; `number`; `any`: JSON, or text where it is none; `yaml`: written in an editor. */
  kind: "text" | "number" | "any" | "yaml";
  isOptional: boolean;
  initial?: unknown;
  /** The form or editor of its own that fills it, where there is one. */
  editor?: "plan" | "steps";
}

/** One way to answer a question. */
export interface Choice {
  /** Its name on the wire, such as `approve`. */
  name: string;
  /** The key that chooses it; unique among the choices of a question. */
  key: string;
  label: string;
  hint?: string;
  /** What is asked once more before it is given. */
  confirm?: string;
  fields: Field[];
  /** The answer as it is sent. Fields that are left out are not in it. */
  toAnswer(values: Readonly<Record<string, unknown>>): unknown;
}

export interface Asked {
  value: unknown;
  response_schema?: unknown;
}

type Draft = Omit<Choice, "key" | "label"> & {
  label?: string;
  /** Its `type` on the wire, where that is not its name. */
  type?: string;
  /** One of a few values: its key is a digit. */
  isValue?: boolean;
};

/**
 * Every way to answer a question. What may be said comes from the question's own schema, whatever its type; a
 * table adds words and keys for the types it knows. A question that says nothing about its answer takes any.
 */
export function choicesOf({ value, response_schema: schema }: Asked): Choice[] {
  const found = fromSchema(schema, value) ?? fromRequests(value) ?? [anything];
  const allowed = isRecord(value) && Array.isArray(value.allowed) ? value.allowed : undefined;
  const narrowed =
    allowed === undefined ? found : found.filter(({ name, type = name }) => allowed.includes(type));
  const drafts = narrowed.length > 0 ? narrowed : found;
  return withKeys(kindOf(value), value, drafts);
}

const anything: Draft = {
  name: "answer",
  fields: [{ name: "value", label: "Your answer, as text or JSON", kind: "any", isOptional: false }],
  toAnswer: ({ value }) => value,
};

/** Undefined when the schema does not say enough. */
function fromSchema(schema: unknown, value: unknown): Draft[] | undefined {
  if (!isRecord(schema)) return undefined;
  const root = resolve(schema, schema);
  const branches = root.oneOf ?? root.anyOf;
  if (Array.isArray(branches)) {
    const all = branches.flatMap((branch) => (isRecord(branch) ? [resolve(branch, schema)] : []));
    const constants = all.map((branch) => constantsIn(branch));
    if (all.length === 0) return undefined;
    if (constants.every((one) => one.length > 0)) {
      return all.flatMap((branch, index) => (constants[index] ?? []).map((one) => ofConstant(one, branch)));
    }
    if (all.every((branch) => branch.type === "object" || isRecord(branch.properties))) {
      return all.flatMap((branch, index) => ofObject(branch, { schema, value, index }));
    }
    return undefined;
  }
  const constants = constantsIn(root);
  if (constants.length > 0) return constants.map((one) => ofConstant(one, {}));
  if (root.type === "object" || isRecord(root.properties)) return ofObject(root, { schema, value, index: 0 });
  const kind = toFieldKind(root);
  if (kind === undefined) return undefined;
  const label = typeof root.description === "string" ? root.description : "Your answer";
  const field: Field = { name: "value", label, kind, isOptional: false };
  return [{ name: "answer", fields: [field], toAnswer: ({ value: given }) => given }];
}

function ofConstant(constant: unknown, { title }: Schema): Draft {
  const text = typeof constant === "string" ? constant : JSON.stringify(constant);
  const label = constant === true ? "yes" : constant === false ? "no" : undefined;
  return {
    name: text,
    label: typeof title === "string" ? title : (label ?? text),
    isValue: typeof constant !== "boolean",
    fields: [],
    toAnswer: () => constant,
  };
}

/**
 * An object, such as `{type: "reject", digest, feedback}`: what is constant is filled in, the rest is asked.
 * Where all there is to say is one of a few values, each is a choice of its own.
 */
function ofObject(branch: Schema, at: { schema: Schema; value: unknown; index: number }): Draft[] {
  const properties = Object.entries(isRecord(branch.properties) ? branch.properties : {}).flatMap(
    ([name, property]): [string, Schema][] =>
      isRecord(property) ? [[name, resolve(property, at.schema)]] : [],
  );
  const required = new Set(Array.isArray(branch.required) ? branch.required : []);
  const fixed = Object.fromEntries(
    properties.flatMap(([name, property]) => ("const" in property ? [[name, property.const]] : [])),
  );
  const open = properties.filter(([, property]) => !("const" in property));
  const [only, second] = open.filter(([name]) => required.has(name));
  const few = only === undefined || second !== undefined ? [] : constantsIn(only[1]);
  const type = [fixed.type, fixed.action, fixed.decision, branch.title].find(
    (one) => typeof one === "string",
  );
  if (only !== undefined && few.length > 0) {
    return few.map((constant) => ({
      name: `${only[0]}: ${constant === true ? "yes" : constant === false ? "no" : String(constant)}`,
      ...(typeof constant === "string" ? { label: constant } : {}),
      ...(typeof type === "string" ? { type } : {}),
      isValue: typeof constant !== "boolean",
      fields: [],
      toAnswer: () => ({ ...fixed, [only[0]]: constant }),
    }));
  }
  const fields = open
    .map(([name, property]) => toField(name, property, at.value, !required.has(name)))
    // What may be left out and takes an editor to write is left out.
    .filter(({ isOptional, kind }) => !isOptional || kind !== "yaml");
  return [
    {
      name: typeof type === "string" ? type : at.index === 0 ? "answer" : `answer ${at.index + 1}`,
      fields,
      toAnswer: (values) => ({
        ...fixed,
        ...Object.fromEntries(
          fields.flatMap(({ name }) => (values[name] === undefined ? [] : [[name, values[name]]])),
        ),
      }),
    },
  ];
}

function toField(name: string, property: Schema, value: unknown, isOptional: boolean): Field {
  const initial = initialOf(name, value, property);
  return {
    name,
    label: typeof property.description === "string" ? property.description : name,
    kind: toFieldKind(property) ?? (Object.keys(property).length === 0 ? "any" : "yaml"),
    isOptional,
    ...(initial === undefined ? {} : { initial }),
  };
}

/** What is asked about is usually in the question: in it, or in its step, its plan or its proposal. */
function initialOf(name: string, value: unknown, property: Schema): unknown {
  if (property.default !== undefined) return property.default;
  if (!isRecord(value)) return undefined;
  const places = [value, value.step, value.proposed, value.plan, value.about].filter(isRecord);
  return places.find((place) => place[name] !== undefined)?.[name];
}

/** Approval requests of LangChain's middleware carry no schema (src/protocol/hitl.ts). */
function fromRequests(value: unknown): Draft[] | undefined {
  if (!isRecord(value)) return undefined;
  const requests = value.actionRequests ?? value.action_requests;
  if (!Array.isArray(requests) || requests.length === 0) return undefined;
  const forEach = (decision: object) => ({ decisions: requests.map(() => decision) });
  const suffix = requests.length > 1 ? ` all ${requests.length}` : "";
  return [
    { name: "approve", label: `approve${suffix}`, fields: [], toAnswer: () => forEach({ type: "approve" }) },
    {
      name: "reject",
      label: `reject${suffix}`,
      fields: [{ name: "message", label: "Why", kind: "text", isOptional: true }],
      toAnswer: ({ message }) => forEach({ type: "reject", ...(message ? { message } : {}) }),
    },
    { ...anything, label: "answer in JSON" },
  ];
}

/** Adds words and keys: those of the table first, then a letter of the name, then a digit. */
function withKeys(kind: string, value: unknown, drafts: Draft[]): Choice[] {
  const known = (Object.hasOwn(looks, kind) ? looks[kind] : undefined) ?? {};
  const order = Object.keys(known);
  const rank = ({ name }: Draft) => (order.includes(name) ? order.indexOf(name) : order.length);
  const sorted = drafts.toSorted((a, b) => rank(a) - rank(b));
  const all = sorted.flatMap((draft) => {
    const look = order.includes(draft.name) ? known[draft.name] : undefined;
    const also = look?.also?.(draft, value) ?? [];
    return [{ ...draft, ...look?.change(draft) }, ...also];
  });
  const taken = new Set<string>(all.flatMap(({ key }: Partial<Choice>) => (key === undefined ? [] : [key])));
  return all.map((draft, index): Choice => {
    const key = (draft as Partial<Choice>).key ?? freeKey(draft, index, taken);
    taken.add(key);
    return { ...draft, key, label: draft.label ?? draft.name };
  });
}

function freeKey({ name, label, isValue }: Draft, index: number, taken: ReadonlySet<string>): string {
  const word = label ?? name.split(": ").at(-1) ?? name;
  const letters = [...word.toLowerCase()].filter((letter) => /[a-z]/.test(letter));
  const digits = Array.from({ length: 9 }, (_, digit) => String(digit + 1));
  const wanted = isValue ? [...digits, ...letters] : [...letters, ...digits];
  return wanted.find((one) => !taken.has(one)) ?? String.fromCodePoint(0x41 + (index % 26));
}
