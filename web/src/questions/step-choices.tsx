import { Button } from "../components/button.tsx";
import type { JsonRecord } from "../conversation/json.ts";
import type { Choice, ChoiceFormProps } from "./answer-bar.tsx";
import { ArgumentsForm, ConfirmForm, TextForm } from "./choice-forms.tsx";

/** The choices that questions about a step share; places of drafts end with the interrupt's id. */

export function skipChoice(dependents: readonly string[]): Choice {
  const choice = { id: "skip", letter: "s", label: "Skip it" };
  if (dependents.length === 0) return { ...choice, answer: { type: "skip" } };
  return { ...choice, form: (form) => <DependentsForm {...form} dependents={dependents} /> };
}

function DependentsForm({
  dependents,
  isSending,
  onSend,
  onBack,
}: ChoiceFormProps & { dependents: readonly string[] }) {
  const isOne = dependents.length === 1;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape goes back from anywhere in it
    <div
      className="flex flex-wrap items-center gap-2"
      onKeyDown={(event) => {
        if (event.key === "Escape" && !isSending) onBack();
      }}
    >
      <span className="w-full text-sm">
        {isOne ? "A later step waits for it" : `${dependents.length} later steps wait for it`} (
        {dependents.join(", ")}).
      </span>
      <Button autoFocus disabled={isSending} onClick={() => onSend({ type: "skip", dependents: "skip" })}>
        {isOne ? "Skip that one too" : "Skip those too"}
      </Button>
      <Button disabled={isSending} onClick={() => onSend({ type: "skip", dependents: "run" })}>
        {isOne ? "Run that one anyway" : "Run those anyway"}
      </Button>
      <Button kind="quiet" onClick={onBack} disabled={isSending}>
        Back
      </Button>
    </div>
  );
}

export function editChoice(
  interruptId: string,
  args: JsonRecord,
  words: { label: string; submit: string },
): Choice {
  return {
    id: "edit",
    letter: "e",
    label: words.label,
    form: (form) => (
      <ArgumentsForm
        {...form}
        place={`edit.${interruptId}`}
        args={args}
        submit={words.submit}
        toAnswer={(edited) => ({ type: "edit", args: edited })}
      />
    ),
  };
}

export function replanChoice(interruptId: string): Choice {
  return {
    id: "replan",
    letter: "p",
    label: "Plan again from here",
    form: (form) => (
      <TextForm
        {...form}
        place={`replan.${interruptId}`}
        label="What should be different?"
        placeholder="What is done stays done; the rest is planned anew"
        submit="Plan again"
        toAnswer={(feedback) => ({ type: "replan", feedback: feedback.trim() })}
      />
    ),
  };
}

export function cancelChoice(interruptId: string, text: string): Choice {
  return {
    id: "cancel",
    letter: "q",
    label: "Stop",
    kind: "quiet",
    isAside: true,
    form: (form) => (
      <ConfirmForm
        {...form}
        text={text}
        submit="Stop here"
        reasonPlace={`reason.${interruptId}`}
        toAnswer={(reason) => ({ type: "cancel", ...(reason === "" ? {} : { reason }) })}
      />
    ),
  };
}
