import { useId } from "react";
import type { ChoiceFormProps } from "./answer-bar.tsx";
import { toTexts } from "./argument-texts.ts";
import { FormButtons } from "./choice-forms.tsx";
import type { JsonRecord } from "./json.ts";
import { useDraft } from "./use-draft.ts";
import { words } from "./words.ts";

interface AllowFormProps extends ChoiceFormProps {
  place: string;
  tool: string;
  args: JsonRecord;
}

interface AllowDraft {
  scope: "thread" | "actor" | "server";
  /** By argument: what it must look like. */
  patterns: Record<string, string>;
  hours: number;
}

const scopes = ["thread", "actor", "server"] as const satisfies AllowDraft["scope"][];

/** In hours; 0 is without end. */
const lifetimes = [1, 24, 720, 0] as const;

/** The pattern that every value fits. */
const anything = "*";

const hourMs = 3_600_000;

/** What is allowed from now on: the tool, with which arguments, where, and how long. */
export function AllowForm({ place, tool, args, isSending, onSend, onBack }: AllowFormProps) {
  const names = Object.keys(args);
  const [before, name, after] = words.allow.fromNowOn(tool);
  const [onlyWith, standsFor] = words.allow.onlyWith;
  const [draft = { scope: "thread", patterns: toTexts(args), hours: 24 }, setDraft] =
    useDraft<AllowDraft>(place);
  const id = useId();
  const select = "rounded-lg border border-strong bg-bg px-2 py-1.5 text-sm";
  function send(): void {
    const pinned = Object.fromEntries(
      Object.entries(draft.patterns).filter(([, pattern]) => pattern !== anything),
    );
    onSend({
      type: "approve",
      allow: {
        tool,
        ...(Object.keys(pinned).length > 0 ? { args: pinned } : {}),
        scope: draft.scope,
        ...(draft.hours > 0 ? { expires_at: new Date(Date.now() + draft.hours * hourMs).toISOString() } : {}),
      },
    });
  }
  return (
    <form
      aria-label={words.allow.label}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !isSending) onBack();
      }}
    >
      <p className="text-sm">
        {before} <code className="font-mono text-xs">{name}</code> {after}
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        <select
          aria-label={words.allow.where}
          // biome-ignore lint/a11y/noAutofocus: the person has just asked for this form
          autoFocus
          className={select}
          value={draft.scope}
          onChange={(event) => setDraft({ ...draft, scope: event.target.value as AllowDraft["scope"] })}
        >
          {scopes.map((scope) => (
            <option key={scope} value={scope}>
              {words.allow.scopes[scope]}
            </option>
          ))}
        </select>
        <select
          aria-label={words.allow.howLong}
          className={select}
          value={draft.hours}
          onChange={(event) => setDraft({ ...draft, hours: Number(event.target.value) })}
        >
          {lifetimes.map((hours) => (
            <option key={hours} value={hours}>
              {words.allow.lifetimes[hours]}
            </option>
          ))}
        </select>
      </div>
      {names.length > 0 ? (
        <fieldset className="mt-2 text-sm">
          <legend className="text-muted">
            {onlyWith}
            <code className="font-mono">{anything}</code> {standsFor}
          </legend>
          {names.map((name) => (
            <label key={name} className="mt-1 flex items-baseline gap-2" htmlFor={`${id}-${name}`}>
              <span className="w-20 shrink-0 truncate font-mono text-muted text-xs">{name}</span>
              <input
                id={`${id}-${name}`}
                dir="auto"
                className="min-w-0 flex-1 rounded-lg border border-strong bg-bg px-2.5 py-1 font-mono text-sm"
                value={draft.patterns[name] ?? anything}
                onChange={(event) =>
                  setDraft({ ...draft, patterns: { ...draft.patterns, [name]: event.target.value } })
                }
              />
            </label>
          ))}
        </fieldset>
      ) : null}
      <FormButtons submit={words.allow.submit} isReady isSending={isSending} onBack={onBack} />
    </form>
  );
}
