import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import type { AgentContext, NodeConfig } from "./context.ts";
import { listen } from "./listen.ts";
import { fillingPrompt } from "./prompts.ts";
import type { StepTask } from "./run-step.ts";
import type { Meter } from "./usage.ts";

const fillName = "fill_arguments";
/** Calls to the model until it fills exactly what was asked. */
const maxTries = 3;

/**
 * Has the model write the late arguments of a step from the outputs before it (docs/model-contract.md, 2).
 * The call is kept out of the chat: what was written is shown with the step.
 *
 * @throws when the model does not come up with exactly these arguments.
 */
export async function fillLate(
  { model, specs }: AgentContext,
  { step, request, outputs }: StepTask,
  config: NodeConfig,
  meter: Meter,
): Promise<Record<string, unknown>> {
  const late = step.late ?? {};
  const names = Object.keys(late);
  const schema = specs.find(({ name }) => name === step.tool)?.inputSchema.properties as Record<
    string,
    unknown
  >;
  const tool = {
    type: "function",
    function: {
      name: fillName,
      description: "The late arguments of the step, written by their rules.",
      parameters: {
        type: "object",
        properties: Object.fromEntries(names.map((name) => [name, schema?.[name] ?? { type: "string" }])),
        required: names,
        additionalProperties: false,
      },
    },
  };
  if (model.bindTools === undefined) throw new Error("The model cannot call tools. Choose one that can.");
  const filler = model.bindTools([tool], { tool_choice: fillName });
  const { id, title, tool: toolName, args } = step;
  const task = JSON.stringify({ request, step: { id, title, tool: toolName, args }, late, outputs });
  const hidden = { ...config, tags: [...(config.tags ?? []), "nostream"] };
  for (let attempt = 0; attempt < maxTries; attempt += 1) {
    const stream = await filler.stream([new SystemMessage(fillingPrompt), new HumanMessage(task)], hidden);
    const { message } = await listen(stream, { meter });
    const filled = message.tool_calls?.find(({ name }) => name === fillName)?.args;
    if (filled && isExactly(names, filled)) return filled;
  }
  throw new Error(
    `The model did not write ${names.join(" and ")} for this step. Try again, or choose another model.`,
  );
}

function isExactly(names: string[], filled: Record<string, unknown>): boolean {
  const given = Object.keys(filled);
  return given.length === names.length && names.every((name) => typeof filled[name] === "string");
}
