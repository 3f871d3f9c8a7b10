import type { Choice, ChoiceFormProps } from "./answer-bar.tsx";
import { Button } from "./button.tsx";
import { ArgumentsForm, ConfirmForm, TextForm } from "./choice-forms.tsx";
import type { JsonRecord } from "./json.ts";
import { words } from "./words.ts";

/** The choices that questions about a step share; places of drafts end with the interrupt's id. */

export function skipChoice(dependents: readonly string[]): Choice {
  const choice = { id: "skip", letter: "s", label: words.stepChoices.skip };
  if (dependents.length === 0) return { ...choice, answer: { type: "skip" } };
  return { ...choice, form: (form) => <DependentsForm {...form} dependents={dependents} /> };
}

function DependentsForm({
  dependents,
  isSending,
  onSend,
  onBack,
}: ChoiceFormProps & { dependents: readonly string[] }) {
  const { stepChoices } = words;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape goes back from anywhere in it
    <div
      className="flex flex-wrap items-center gap-2"
      onKeyDown={(event) => {
        if (event.key === "Escape" && !isSending) onBack();
      }}
    >
      <span className="w-full text-sm">{stepChoices.waiting(dependents)}</span>
      <Button autoFocus disabled={isSending} onClick={() => onSend({ type: "skip", dependents: "skip" })}>
        {stepChoices.skipToo(dependents.length)}
      </Button>
      <Button disabled={isSending} onClick={() => onSend({ type: "skip", dependents: "run" })}>
        {stepChoices.runAnyway(dependents.length)}
      </Button>
      <Button kind="quiet" onClick={onBack} disabled={isSending}>
        {words.forms.back}
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
    label: words.stepChoices.replan,
    form: (form) => (
      <TextForm
        {...form}
        place={`replan.${interruptId}`}
        label={words.answers.different}
        placeholder={words.stepChoices.replanExample}
        submit={words.stepChoices.replanIt}
        toAnswer={(feedback) => ({ type: "replan", feedback: feedback.trim() })}
      />
    ),
  };
}

export function cancelChoice(interruptId: string, text: string): Choice {
  return {
    id: "cancel",
    letter: "q",
    label: words.stepChoices.stop,
    kind: "quiet",
    isAside: true,
    form: (form) => (
      <ConfirmForm
        {...form}
        text={text}
        submit={words.stepChoices.stopHere}
        reasonPlace={`reason.${interruptId}`}
        toAnswer={(reason) => ({ type: "cancel", ...(reason === "" ? {} : { reason }) })}
      />
    ),
  };
}
