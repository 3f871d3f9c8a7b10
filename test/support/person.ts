import { expect } from "vitest";
import type { Plan } from "../../src/agent/index.ts";
import { getJson, openInterrupts, readEvents, sendCommand, type WireThread } from "./command.ts";

/** A person on one thread, who changes their mind. */
export function openPerson(url: () => string, assistantId: string, headers: Record<string, string> = {}) {
  const threadId = crypto.randomUUID();
  const json = { "content-type": "application/json", ...headers };
  const get = <T>(path: string) => getJson<T>(`${url()}/threads/${threadId}${path}`, headers);
  const post = async (path: string, body?: unknown) => {
    const init = body === undefined ? { headers } : { headers: json, body: JSON.stringify(body) };
    const response = await fetch(`${url()}/threads/${threadId}${path}`, { method: "POST", ...init });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  async function until(status: string): Promise<WireThread> {
    const patience = { timeout: 20_000, interval: 20 };
    await expect.poll(async () => (await get<WireThread>("")).status, patience).toBe(status);
    return get<WireThread>("");
  }
  return {
    threadId,
    get,
    post,
    async start(input: unknown): Promise<string> {
      const params = { assistant_id: assistantId, input };
      const { result } = await sendCommand(url(), threadId, { method: "run.start", params, headers });
      return String(result?.run_id);
    },
    async questions() {
      return openInterrupts(await until("interrupted"));
    },
    async question() {
      const [question] = await this.questions();
      return question as { id: string; value: { type?: string; plan: Plan } };
    },
    async answer(id: string, response: unknown, more: object = {}): Promise<string> {
      const params = { interrupt_id: id, response, ...more };
      const reply = await sendCommand(url(), threadId, { method: "input.respond", params, headers });
      expect(reply).toMatchObject({ type: "success" });
      return String(reply.result?.run_id);
    },
    undo: (id: string) => post(`/interrupts/${id}/undo`),
    idle: () => until("idle"),
    thread: () => get<WireThread>(""),
    run: (id: string) => get<{ status: string }>(`/runs/${id}`),
    state: () =>
      get<{
        values: Record<string, never>;
        next: string[];
        tasks: { id: string; interrupts: { id: string }[] }[];
      }>("/state"),
    events: (channels?: string[]) =>
      readEvents(url(), threadId, { headers, ...(channels ? { channels } : {}) }),
    async inbox(): Promise<string[]> {
      const body = JSON.stringify({ thread_id: threadId });
      const found = await fetch(`${url()}/interrupts/search`, { method: "POST", headers: json, body });
      const { interrupts } = (await found.json()) as { interrupts: { id: string }[] };
      return interrupts.map(({ id }) => id);
    },
  };
}

export type Person = ReturnType<typeof openPerson>;

/** The same questions are open everywhere (invariant 9). */
export async function isOpenEverywhere(person: Person, ids: string[]): Promise<void> {
  const [thread, state, inbox] = [await person.thread(), await person.state(), await person.inbox()];
  const stream = new Set<string>();
  for (const { method, params } of await person.events(["input"])) {
    if (method === "input.requested") stream.add(String(params.data.interrupt_id));
    for (const id of (params.data.interrupt_ids as string[] | undefined) ?? []) stream.delete(id);
  }
  const sorted = (all: Iterable<string>) => [...new Set(all)].sort();
  expect({
    status: thread.status,
    thread: sorted(openInterrupts(thread).map(({ id }) => id)),
    tasks: sorted(state.tasks.flatMap(({ interrupts }) => interrupts.map(({ id }) => id))),
    stream: sorted(stream),
    inbox: sorted(inbox),
  }).toEqual({
    status: "interrupted",
    ...{ thread: sorted(ids), tasks: sorted(ids), stream: sorted(ids), inbox: sorted(ids) },
  });
}

/** A state but for the names of its questions. */
export async function withoutIds(person: Person) {
  const { tasks, ...state } = (await person.state()) as Record<string, unknown> & { tasks: object[] };
  const unnamed = (list: unknown) => (list as object[]).map((one) => ({ ...one, id: "an id" }));
  return {
    ...state,
    interrupts: unnamed(state.interrupts),
    tasks: tasks.map((task) => ({
      ...task,
      interrupts: unnamed((task as { interrupts: unknown }).interrupts),
    })),
  };
}
