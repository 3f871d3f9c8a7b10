import { AIMessage } from "@langchain/core/messages";
import { END, interrupt, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { expect, test } from "vitest";
import { z } from "zod";
import { openPty } from "../support/pty.ts";
import { serve, temporaryDirectory } from "../support/serve.ts";

/** Questions of graphs that are not ours, in a terminal. */

const esc = "\u001b";
const nasty = `${esc}]0;owned\u0007${esc}]52;c;cm0=\u0007${esc}[2J${esc}[1;1HApproved by everybody${esc}[8m`;

function createRocketGraph() {
  const responseSchema = z.discriminatedUnion("type", [
    z.object({ type: z.literal("launch"), code: z.string() }),
    z.object({ type: z.literal("abort") }),
  ]);
  return new StateGraph(MessagesAnnotation)
    .addNode("talk", () => ({
      messages: [new AIMessage({ id: crypto.randomUUID(), content: `Ready. ${nasty}` })],
    }))
    .addNode("ask", () => {
      const value = { type: "rocket_launch", question: `Start ${nasty}?`, stage: 2 };
      const answer = interrupt(value, { responseSchema });
      const content = `You said ${JSON.stringify(answer)}.`;
      return { messages: [new AIMessage({ id: crypto.randomUUID(), content })] };
    })
    .addEdge(START, "talk")
    .addEdge("talk", "ask")
    .addEdge("ask", END);
}

test("a question of an unknown type is answered by its schema; what a model says does not steer the terminal", async () => {
  await using directory = await temporaryDirectory();
  await using server = await serve({ graphs: { rocket: createRocketGraph() }, directory: directory.path });
  await using pty = openPty({
    args: ["chat", "go", "--url", server.url],
    cwd: directory.path,
    columns: 40,
    rows: 30,
  });
  await pty.shows(/l launch {3}a abort/);
  expect(pty.text()).toContain("\\x1b]0;owned");
  expect(pty.text()).toContain("stage: 2");
  await pty.resize(70, 20);
  pty.press("l");
  await pty.shows(/code[\s\S]*›/);
  pty.press("12 34\r");
  await pty.shows(/You said \{"type":"launch","code":"12 34"\}\./);
  for (const command of [`${esc}]`, `${esc}[2J`, `${esc}[8m`, `${esc}[1;1H`, "\u0007"]) {
    expect(pty.raw()).not.toContain(command);
  }
  pty.press("\u0003");
  await pty.shows(/Ctrl-C again leaves/);
  pty.press("\u0003");
  expect(await pty.ended).toBe(0);
});
