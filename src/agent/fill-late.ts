import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import type { AgentContext, NodeConfig } from "./context.ts";
import { endingWords } from "./ending.ts";
import type { StepTask } from "./run-step.ts";
import { createSpeaker } from "./speak.ts";
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
  { model, specs, prompts }: AgentContext,
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
  const { id, title, tool: toolName, args } = step;
  const task = JSON.stringify({ request, step: { id, title, tool: toolName, args }, late, outputs });
  const messages = [new SystemMessage(prompts.filling), new HumanMessage(task)];
  const hidden = { ...config, tags: [...(config.tags ?? []), "nostream"] };
  const fill = createSpeaker(model, [tool], { choice: fillName });
  let why = `The model did not write ${names.join(" and ")} for this step.`;
  for (let attempt = 0; attempt < maxTries; attempt += 1) {
    const { message, ending } = await fill(messages, { config: hidden, meter });
    if (ending !== undefined) why = endingWords[ending];
    const filled = message.tool_calls?.find(({ name }) => name === fillName)?.args;
    if (filled && isExactly(names, filled)) return filled;
  }
  throw new Error(`${why} Try again, or choose another model.`);
}

function isExactly(names: string[], filled: Record<string, unknown>): boolean {
  const given = Object.keys(filled);
  return given.length === names.length && names.every((name) => typeof filled[name] === "string");
}
