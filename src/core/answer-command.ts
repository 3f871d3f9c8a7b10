import { CountersignError } from "../protocol/errors.ts";
import { asText, isRecord, type Json, type JsonObject } from "../protocol/json.ts";
import {
  type CommandDeps,
  type CommandResult,
  type RunOptions,
  setOff,
  toNewRun,
  writesState,
} from "./accepted-run.ts";
import { checkAnswer, refusedAnswers } from "./answers.ts";
import { type Beginning, beginningOf, hasBegun } from "./beginning.ts";
import { toResolutions } from "./doubts.ts";
import type { Engine } from "./graph.ts";
import { inputAnswered, rootLifecycle } from "./lifecycle.ts";
import { findPending } from "./pending.ts";
import type { Actor, InterruptRecord, RunRecord, Store } from "./ports.ts";
import { namesOf, toNames, withNames } from "./question-names.ts";

export interface AnswerCommand extends RunOptions {
  threadId: string;
  actor: Actor;
  answers: { interruptId: string; value: Json }[];
  idempotencyKey?: string;
  /** The answer chosen for the case that nobody answers in time. */
  isExpiry?: boolean;
}

export function createAnswer(deps: CommandDeps): (command: AnswerCommand) => Promise<CommandResult> {
  const { store, graphs, assistants, worker, bridge, now } = deps;

  return async (command) => {
    const { threadId, actor, idempotencyKey } = command;
    const given = await withStops(store, command);
    const ids = given.map(({ interruptId }) => interruptId);
    refuseTwice(ids);
    const rows = await store.interrupts.find(threadId, ids);
    const [first] = rows;
    if (first === undefined) throw await unknown(deps, threadId, ids);

    const answers = given.map(({ interruptId, value }) => {
      const row = rows.find((one) => one.interruptId === interruptId);
      return { interruptId, value: row === undefined ? value : bridge.answerTo(row, value) };
    });
    const engine = graphs.get(first.graphId);
    const open = rows.filter(({ status }) => status === "open");
    if (!command.isExpiry) refuseOthers(actor, open);
    await refuseChanged(
      deps,
      engine,
      open.filter(({ source }) => source === "graph"),
    );
    for (const { interruptId, value } of answers) {
      const row = open.find((one) => one.interruptId === interruptId);
      if (row) checkAnswer({ engine, bridge }, row, value);
    }

    const at = now();
    const asking = await store.runs.find(threadId, first.runId);
    const assistant = await assistants.ofRun(asking, engine);
    const kwargs = await toKwargs(deps, open, answers);
    const options = { ...inherited(asking, command, first), ...command };
    const run = toNewRun(deps, assistant, kwargs, {
      ...options,
      ...(await atHead(store, command)),
      kind: "resume",
    });
    const claim = worker.claim();
    const outcome = await store.interrupts.answer({
      threadId,
      actor,
      at,
      answers,
      run,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(claim ? { claim } : {}),
      voidsReceipts: writesState(command),
      answered: inputAnswered(run.runId, ids, command.isExpiry ? "expired" : "answered", at),
      running: rootLifecycle(run, "running", at),
      status: command.isExpiry ? "expired" : "answered",
      resolve: toResolutions(open, answers),
    });
    if (outcome.type === "refused") throw refusedAnswers(outcome.refusals, outcome.openIds);
    if (outcome.type === "repeated") return { run: outcome.run, seq: outcome.seq, repeated: true };
    setOff(deps, outcome);
    return { run: outcome.run, seq: outcome.seq, repeated: false };
  };
}

/** Nobody who answers for want of an answer, or about an effect, brings a config: that of the run that asked stays. */
function inherited(
  asking: RunRecord | undefined,
  { isExpiry }: AnswerCommand,
  { source }: InterruptRecord,
): Pick<RunOptions, "config" | "context" | "user"> {
  if (asking === undefined || (!isExpiry && source !== "effect")) return {};
  const { config, context } = asking.kwargs as Record<string, JsonObject | undefined>;
  return {
    ...(config ? { config: withoutCheckpoint(config) } : {}),
    ...(context ? { context } : {}),
    user: asking.user ?? null,
  };
}

/**
 * An answer goes on where the question stands, which is the head: from another checkpoint it would reach nobody.
 *
 * @throws `invalid_argument` when the config names another.
 */
async function atHead(
  store: Store,
  { threadId, config }: AnswerCommand,
): Promise<Pick<RunOptions, "config">> {
  const id = (config?.configurable as JsonObject | undefined)?.checkpoint_id;
  if (config === undefined || id == null) return {};
  const head = await store.checkpoints.find(threadId, "");
  if (head?.checkpointId === id) return { config: withoutCheckpoint(config) };
  throw new CountersignError(
    "invalid_argument",
    `config.configurable.checkpoint_id is ${asText(id)}, and the question is open at ${head?.checkpointId}. Leave it out to answer; to go back to an earlier checkpoint, start a run from it.`,
  );
}

function withoutCheckpoint(config: JsonObject): JsonObject {
  const {
    checkpoint_id: _id,
    checkpoint_ns: _ns,
    ...configurable
  } = (config.configurable ?? {}) as JsonObject;
  return { ...config, configurable };
}

/** To stop at one effect in doubt is to stop: the other open questions about effects get the same answer. */
async function withStops(
  store: Store,
  { threadId, answers }: AnswerCommand,
): Promise<AnswerCommand["answers"]> {
  const stop = answers.find(({ value }) => isRecord(value) && value.type === "stop");
  if (stop === undefined) return answers;
  const doubts = (await store.interrupts.listOpen([threadId])).filter(({ source }) => source === "effect");
  if (!doubts.some(({ interruptId }) => interruptId === stop.interruptId)) return answers;
  const given = new Set(answers.map(({ interruptId }) => interruptId));
  const others = doubts.filter(({ interruptId }) => !given.has(interruptId));
  return [...answers, ...others.map(({ interruptId }) => ({ interruptId, value: stop.value }))];
}

/**
 * What the run carries, by the engine's ids. Where core had asked about effects, it goes on with what the run that asked was about
 * to do: that one's own answers travel along.
 */
async function toKwargs(
  { store }: CommandDeps,
  open: InterruptRecord[],
  answers: AnswerCommand["answers"],
): Promise<JsonObject> {
  const engineIds = new Map(open.map((row) => [row.interruptId, row.engineId]));
  const toEngine = (id: string) => engineIds.get(id) ?? id;
  const given = Object.fromEntries(answers.map(({ interruptId, value }) => [toEngine(interruptId), value]));
  const names = toNames(open);
  const ofEffects = open.filter(({ source }) => source === "effect");
  if (ofEffects.length === 0) return { answers: given, ...withNames(names) };
  const asking = await Promise.all(
    [...new Set(ofEffects.map(({ runId }) => runId))].map((runId) =>
      store.runs.find(ofEffects[0]?.threadId ?? "", runId),
    ),
  );
  const carried = asking.map((run) => (run?.kind === "resume" ? (run.kwargs.answers as JsonObject) : {}));
  const begins = await notBegun(store, asking);
  const command = asking.find((run) => run?.kind === "resume" && run.kwargs.command)?.kwargs.command;
  const carriedNames = asking.map((run) => (run?.kind === "resume" ? namesOf(run) : {}));
  return {
    answers: Object.assign({}, ...carried, given) as JsonObject,
    ...withNames(Object.assign({}, ...carriedNames, names)),
    ...(begins ? { begins } : {}),
    ...(command ? { command } : {}),
    settles: ofEffects.map(({ interruptId }) => interruptId),
  };
}

/** What the run that asked was to begin with, when it asked before it did. */
async function notBegun(
  store: Store,
  asking: (RunRecord | undefined)[],
): Promise<(Beginning & JsonObject) | undefined> {
  for (const run of asking) {
    const beginning = run && beginningOf(run);
    if (beginning && !(await hasBegun(store, run, beginning))) return { ...beginning };
  }
  return undefined;
}

/** Only those may answer to whom a question was put. */
function refuseOthers(actor: Actor, open: InterruptRecord[]): void {
  const mine = new Set([actor.id, ...(actor.roles ?? [])]);
  const foreign = open.find(({ assignees }) => assignees !== null && !assignees.some((one) => mine.has(one)));
  if (foreign === undefined) return;
  throw new CountersignError(
    "permission_denied",
    `Interrupt ${foreign.interruptId} is for ${foreign.assignees?.join(", ")} to answer. The question stays open.`,
    { interrupt_id: foreign.interruptId, assignees: foreign.assignees },
  );
}

function refuseTwice(ids: string[]): void {
  const twice = ids.find((id, index) => ids.indexOf(id) < index);
  if (twice === undefined) return;
  throw new CountersignError(
    "invalid_argument",
    `Interrupt ${twice} is answered twice in one command. Send one answer for each.`,
  );
}

async function unknown({ store }: CommandDeps, threadId: string, ids: string[]): Promise<CountersignError> {
  const open = await store.interrupts.listOpen([threadId]);
  return refusedAnswers(
    ids.map((interruptId) => ({ interruptId, reason: "unknown" })),
    open.map(({ interruptId }) => interruptId),
  );
}

/** Before an answer is accepted, its interrupt must be pending in the graph as it is loaded now (invariant 4). */
async function refuseChanged(
  { store, states }: CommandDeps,
  engine: Engine,
  open: InterruptRecord[],
): Promise<void> {
  const [first] = open;
  if (first === undefined) return;
  const { threadId } = first;
  const { pending } = await findPending(store, engine, states.reader(threadId), threadId);
  const pendingIds = new Set(pending.map(({ id }) => id));
  const gone = open.filter(({ engineId }) => !pendingIds.has(engineId)).map(({ interruptId }) => interruptId);
  if (gone.length === 0) return;
  // Somebody was first, and the graph went on since the rows were read: then the store says who.
  const now = await store.interrupts.find(threadId, gone);
  if (!now.some(({ status }) => status === "open")) return;
  throw new CountersignError(
    "graph_changed",
    `The graph as it is loaded now does not wait for interrupt ${gone.join(", ")}: it was changed after the question was asked. The question stays open; start a new run, or cancel it.`,
    { reason: "graph_changed", interrupt_ids: gone },
  );
}
