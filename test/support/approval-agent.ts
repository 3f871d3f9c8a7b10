import { createAgent, humanInTheLoopMiddleware, tool } from "langchain";
import { z } from "zod";
import { ScriptedModel } from "../../src/testing/index.ts";

/** A call of a tool, as it really ran. */
export interface Ran {
  name: string;
  args: Record<string, unknown>;
}

export const letter = { to: "bob@example.com", body: "Hello Bob" };

/**
 * LangChain's own agent with its own middleware: it wants to write one letter, or `count` of them, and a
 * person decides about each.
 */
export function createApprovalAgent({ ran, count = 1 }: { ran: Ran[]; count?: number }) {
  const sendEmail = tool(
    (args: Record<string, unknown>) => {
      ran.push({ name: "send_email", args });
      return `Sent to ${String(args.to)}.`;
    },
    {
      name: "send_email",
      description: "Sends a letter.",
      schema: z.object({ to: z.string(), body: z.string() }),
    },
  );
  const model = new ScriptedModel({
    script: (messages) => {
      const last = messages.at(-1);
      return last?.getType() === "human"
        ? { calls: Array.from({ length: count }, () => ({ name: "send_email", args: letter })) }
        : { text: `The tool said: ${String(last?.content)}` };
    },
  });
  // LangChain's types do not pass our `exactOptionalPropertyTypes`.
  const middleware = [humanInTheLoopMiddleware({ interruptOn: { send_email: true } } as never)];
  return createAgent({ model, tools: [sendEmail], middleware } as never);
}
