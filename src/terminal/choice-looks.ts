import type { Choice, Field } from "./choices.ts";

type Draft = Omit<Choice, "key" | "label"> & { label?: string };

/** Words and a key for one choice. */
interface Look {
  change: (draft: Draft) => Partial<Choice>;
  /** Choices that lead to the same answer another way. */
  also?: (draft: Draft, value: unknown) => (Draft & Partial<Choice>)[];
}

interface Words {
  hint?: string;
  confirm?: string;
  /** Which of its fields are asked for, and how; the others, if they may be, are left out. */
  ask?: Record<string, Partial<Field>>;
}

function look(key: string, label: string, { hint, confirm, ask }: Words = {}): Look {
  return {
    change: ({ fields }) => ({
      key,
      label,
      ...(hint === undefined ? {} : { hint }),
      ...(confirm === undefined ? {} : { confirm }),
      fields: fields.flatMap((field) => {
        const how = ask?.[field.name];
        return how === undefined && field.isOptional ? [] : [{ ...field, ...how }];
      }),
    }),
  };
}

/** Leaving out steps of a plan is one more way to edit it. */
const editPlan: Look = {
  ...look("e", "edit", { ask: { plan: { editor: "plan" } } }),
  also: (draft) => [
    {
      ...draft,
      key: "d",
      label: "leave out steps",
      fields: draft.fields.map(
        (field): Field => (field.name === "plan" ? { ...field, editor: "steps" } : field),
      ),
    },
  ],
};

const stop = (confirm: string): Look => look("q", "stop", { confirm });
const result = { result: { label: "What did it return? (may be left empty)", kind: "text" } } as const;
const output = { output: result.result };
const args = { args: { label: "The arguments of the call" } };
const feedback = { feedback: { label: "What should be different?" } };

/**
 * By type of question and name of the answer, in the order in which they are shown. What is not in it, be it a
 * type or an answer, is shown with what its schema says.
 */
export const looks: Readonly<Record<string, Readonly<Record<string, Look>>>> = {
  plan_review: {
    approve: look("a", "approve"),
    edit: editPlan,
    reject: look("r", "request changes", { ask: feedback }),
    ask: look("?", "ask", { ask: { question: { label: "What do you want to know?" } } }),
    cancel: stop("Drop this plan? Nothing of it will run."),
  },
  effect_in_doubt: {
    retry: look("r", "run it again", { hint: "If it did happen, running it again makes it happen twice." }),
    done: look("d", "it was done", { ask: result }),
    skip: look("s", "skip it", { hint: "Skipping it goes on without it." }),
    stop: stop("Stop here? Nothing more runs, and this is asked again when you go on."),
  },
  step_failed: {
    retry: look("r", "try again"),
    edit: look("e", "edit and try again", { ask: args }),
    skip: look("s", "skip it"),
    done: look("d", "it was done", { ask: output }),
    replan: look("p", "plan anew from here", { ask: feedback }),
    cancel: stop("Stop here? Nothing more of this plan runs."),
  },
  step_review: {
    approve: look("a", "approve this call"),
    edit: look("e", "edit it", { ask: args }),
    skip: look("s", "skip it"),
    replan: look("p", "plan anew from here", { ask: feedback }),
    cancel: stop("Stop here? Nothing more of this plan runs."),
  },
  deviation_review: {
    approve: look("a", "approve what is different"),
    skip: look("s", "skip it"),
    replan: look("p", "plan anew from here", { ask: feedback }),
    cancel: stop("Stop here? Nothing more of this plan runs."),
  },
  clarification: {
    answer: look("w", "say it in words", { ask: { text: { label: "Your answer" } } }),
    cancel: stop("Drop this request?"),
  },
};
